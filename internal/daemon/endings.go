package daemon

import (
	"fmt"
	"net/mail"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/store"
)

// endingsNote is up to when people were warned of ends.
const endingsNote = "endings"

// WarnOfEnds puts a mail for each acceptance and statement whose end has come near since the last time: 30, 7 and 1 days
// before it, to who owns it. Where nobody is reached by that name, the fallback addresses are told. Without mail nothing is
// done.
func (a *App) WarnOfEnds(box *outbox.Box) error {
	if a.Config.Notify.Mail == nil {
		return nil
	}
	now := a.Now()
	var ends []evidence.Ending
	err := a.Store.View(func(v *store.View) error {
		newest, err := newestAssessment(v)
		if err != nil || newest.AsOf.IsZero() {
			return err
		}
		text, err := a.catalogText(v, newest.Assessment)
		if err != nil {
			return err
		}
		accepted, attested, err := decided(v, recordedBy(now))
		if err != nil {
			return err
		}
		from := now.AddDate(0, 0, -1)
		if t, err := time.Parse(time.RFC3339, string(v.Note(endingsNote))); err == nil {
			from = t
		}
		severity := func(check string) evidence.Severity {
			_, k := text.Check(check)
			return k.Severity
		}
		ends = append(evidence.AcceptanceEndings(accepted, severity, from, now), evidence.AttestationEndings(attested, from, now)...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("find what is about to end: %w", err)
	}
	for _, e := range ends {
		for _, to := range a.addresses(e.Owner) {
			if _, err := box.Put(endingMessage(e, to)); err != nil {
				return err
			}
		}
	}
	return a.Store.PutNotes(map[string][]byte{endingsNote: []byte(now.Format(time.RFC3339))})
}

// addresses are where somebody is reached by mail: a person of the configuration, or an address, else the fallback.
func (a *App) addresses(who string) []string {
	if p := a.Config.People[who]; p.Email != "" {
		return []string{p.Email}
	}
	if address, err := mail.ParseAddress(who); err == nil {
		return []string{address.Address}
	}
	return a.Config.Notify.Fallback
}

// endingMessage is the same however often it is made.
func endingMessage(e evidence.Ending, to string) evidence.Message {
	what, then, how := "accepted risk", "the failure is back", "exhibit accept renew "
	if e.Kind == evidence.KindAttestation {
		what, then, how = "statement", "what it says is open again", "exhibit attest "
		how += e.About
	} else {
		how += e.ID
	}
	days := fmt.Sprintf("%d days", e.Days)
	if e.Days == 1 {
		days = "a day"
	}
	where := ""
	if e.Scope != "" {
		where = " in " + e.Scope
	}
	return evidence.Message{Key: e.Key() + "|" + to, Channel: evidence.ChannelMail, To: to, Owner: e.Owner, Created: e.Due.UTC(),
		Subject: fmt.Sprintf("exhibit: the %s %s ends in %s", what, e.ID, days),
		Text: fmt.Sprintf("The %s %s, about %s%s, ends on %s. After that %s.\n\nTo go on:\n\n    %s\n", what, e.ID, e.About, where,
			e.End.UTC().Format("2006-01-02 15:04 MST"), then, how)}
}
