package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// DigestRule is a drift report that is told again and again, each time from where the last one ended.
type DigestRule struct {
	// Report is its name, which no other rule has: what was told is kept under it.
	Report string
	// Threshold makes it a report that tells at once what newly fails and is so grave or graver, and nothing else.
	Threshold evidence.Severity
	// To returns where the report on an owner's things goes: "" asks for that on everybody's. Nowhere is an answer.
	To func(owner string) []DigestTarget
	// Quiet leaves out reports without news.
	Quiet   bool
	OwnerOf OwnerOf // as in a DigestRequest
	Next    time.Time
	Page    string
}

// DigestTarget is where a report goes. By mail and to Slack it is one message; a tracker gets one for each ticket.
type DigestTarget struct {
	Channel  string // evidence.ChannelMail and so on
	To       string
	Assignee string
}

// digestNotes names the notes of what was told.
const digestNotes = "digest|"

// digestState is what is remembered of a report.
type digestState struct {
	// Told is the assessment up to which was told. Telling is that up to which is being told: set before the first
	// message and cleared after the last, so that what was interrupted is told again with the same keys.
	Told    int64 `json:"told,omitempty"`
	Telling int64 `json:"telling,omitempty"`
	// Readers are the owners who had a report; "" is who is told of everybody's things.
	Readers []string `json:"readers,omitempty"`
}

// TellDigest puts the messages of a report: what the assessments since the last time tell. Without a new assessment
// there is nothing to tell. Nothing is told twice, though the program ends in the middle, and nothing is lost: put
// must keep a message before it returns, and take one that it has under the same key for done. One rule is told by
// one goroutine at a time.
func (a *App) TellDigest(r DigestRule, put func(evidence.Message) (bool, error)) error {
	state, err := a.digestState(r.Report)
	if err != nil {
		return err
	}
	if state.Telling == 0 {
		newest, err := a.newestEntry()
		if err != nil || newest == state.Told {
			return err
		}
		state.Telling = newest
		if r.Threshold != "" && state.Told != 0 {
			if fails, err := a.failsSince(state.Told); err != nil || !fails {
				return errors.Join(err, a.keepDigestState(r.Report, digestState{Told: newest, Readers: state.Readers}))
			}
		}
		if err := a.keepDigestState(r.Report, state); err != nil {
			return err
		}
	}
	var messages []evidence.Message
	var readers []string
	err = a.Store.View(func(v *store.View) error {
		d, err := a.Digest(v, DigestRequest{Report: r.Report, Since: state.Told, Until: state.Telling,
			OwnerOf: r.OwnerOf, Next: r.Next, Page: r.Page})
		if err != nil {
			return err
		}
		messages, readers, err = r.messages(d, state)
		return err
	})
	if err != nil {
		return fmt.Errorf("report %s: %w", r.Report, err)
	}
	for _, m := range messages {
		// The configuration may have changed since it was interrupted: what was queued under the key stands.
		if _, err := put(m); err != nil && !errors.Is(err, outbox.ErrOtherMessage) {
			return fmt.Errorf("report %s: %w", r.Report, err)
		}
	}
	return a.keepDigestState(r.Report, digestState{Told: state.Telling, Readers: readers})
}

// failsSince reports whether anything fails that did not at the assessment of an entry: without that, a report that tells what
// newly fails has nothing to tell, and need not be made.
func (a *App) failsSince(entry int64) (fails bool, err error) {
	err = a.Store.View(func(v *store.View) error {
		told, err := Body[evidence.Assessment](v, entry)
		if err != nil {
			return err
		}
		for s, err := range v.States(store.StateFilter{}) {
			if err != nil {
				return err
			}
			if fails = s.Verdict == evidence.Fail && s.First.After(told.AsOf); fails {
				break
			}
		}
		return nil
	})
	return fails, err
}

// messages are what the report tells, and who has had one then.
func (r DigestRule) messages(d *report.Digest, state digestState) (out []evidence.Message, readers []string,
	err error) {
	readers = state.Readers
	if r.Threshold != "" && state.Told == 0 { // everything is new to it; the other reports say what is open
		return nil, nil, nil
	}
	for _, owner := range append(d.Readers(), "") {
		one, targets := d, r.To(owner)
		if owner != "" {
			one = d.Of(owner)
		}
		if len(targets) == 0 {
			continue
		}
		if !slices.Contains(readers, owner) {
			readers = append(slices.Clip(readers), owner)
			if r.Threshold == "" {
				one = one.AsBaseline()
			}
		}
		if r.Threshold != "" {
			one = one.AtLeast(r.Threshold)
		}
		if (r.Quiet || r.Threshold != "") && !one.News() {
			continue
		}
		for _, to := range targets {
			more, err := DigestMessages(one, state.Telling, to)
			if err != nil {
				return nil, nil, err
			}
			out = append(out, more...)
		}
	}
	return out, readers, nil
}

// DigestMessages are a report as a channel tells it, up to the assessment of an entry. The same report, entry and
// target give the same messages.
func DigestMessages(d *report.Digest, entry int64, to DigestTarget) ([]evidence.Message, error) {
	m := evidence.Message{Channel: to.Channel, To: to.To, Owner: d.Owner, Subject: d.Subject(), Created: d.To.UTC(),
		Key: strings.Join([]string{"digest", d.Report, to.Channel, to.To, d.Owner, strconv.FormatInt(entry, 10)}, "|")}
	switch to.Channel {
	case evidence.ChannelGitHub, evidence.ChannelJira:
		return ticketMessages(d, m, to), nil
	case evidence.ChannelSlack:
		m.Text = report.DigestSlack(d)
		return []evidence.Message{m}, nil
	}
	var text, html bytes.Buffer
	if err := errors.Join(report.DigestText(&text, d), report.DigestHTML(&html, d, nil)); err != nil {
		return nil, err
	}
	m.Text, m.HTML = text.String(), html.String()
	pictures, err := d.Pictures()
	if err != nil {
		return nil, err
	}
	for _, p := range pictures {
		if m.Images == nil {
			m.Images = map[string][]byte{}
		}
		m.Images[p.CID] = p.PNG
	}
	return []evidence.Message{m}, nil
}

func ticketMessages(d *report.Digest, m evidence.Message, to DigestTarget) []evidence.Message {
	var out []evidence.Message
	prefix := m.Key
	for _, t := range d.Tickets() {
		m.Key, m.Subject, m.Text = prefix+"|"+t.Action+"|"+t.Key, t.Title, t.Body
		m.Ticket = &evidence.Ticket{Key: t.Key, Action: t.Action, Assignee: to.Assignee}
		if t.Severity.Rank() > 0 {
			m.Ticket.Labels = []string{"exhibit", string(t.Severity)}
		}
		out = append(out, m)
	}
	return out
}

func (a *App) digestState(name string) (s digestState, err error) {
	err = a.Store.View(func(v *store.View) error {
		note := v.Note(digestNotes + name)
		if note == nil {
			return nil
		}
		return json.Unmarshal(note, &s)
	})
	if err != nil {
		return s, fmt.Errorf("read what report %s told: %w", name, err)
	}
	return s, nil
}

func (a *App) keepDigestState(name string, s digestState) error {
	note, err := json.Marshal(s)
	if err == nil {
		err = a.Store.PutNotes(map[string][]byte{digestNotes + name: note})
	}
	if err != nil {
		return fmt.Errorf("keep what report %s told: %w", name, err)
	}
	return nil
}

// newestEntry is that of the newest assessment; 0 when there is none.
func (a *App) newestEntry() (entry int64, err error) {
	err = a.Store.View(func(v *store.View) error {
		newest, err := newestAssessment(v)
		entry = newest.Entry
		return err
	})
	return entry, err
}
