package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Ending warns that an acceptance or an attestation is about to end.
type Ending struct {
	Kind Kind   `json:"kind"` // KindAcceptance or KindAttestation
	ID   string `json:"id"`
	// Owner is who is to be told: the owner of the risk, or the author of the statement.
	Owner string `json:"owner"`
	// About is the check, control or requirement; Scope is empty where it is about everywhere.
	About string    `json:"about"`
	Scope string    `json:"scope,omitempty"`
	Days  int       `json:"days"` // left at Due: 30, 7 or 1
	Due   time.Time `json:"due"`
	End   time.Time `json:"end"` // exclusive
}

// Key names the warning for ever: whoever sends each key once warns once of each end and each number of days.
func (e Ending) Key() string {
	return fmt.Sprintf("ending|%s|%s|%s|%d", e.Kind, e.ID, e.End.UTC().Format(time.RFC3339), e.Days)
}

// warnDays are how long before an end there is a warning.
func warnDays() []int { return []int{1, 7, 30} }

// AcceptanceEndings returns the warnings that became due after from and by to, for acceptances that are approved and
// that no approved one renews. Where several of one acceptance did, only the last stands. severity is that of a check.
func AcceptanceEndings(list []RiskAcceptance, severity func(check string) Severity, from, to time.Time) []Ending {
	renewed := map[string]bool{}
	for _, a := range list {
		if a.Renews != "" && a.Withdrawn.IsZero() && a.Unapproved() == "" {
			renewed[a.Renews] = true
		}
	}
	var out []Ending
	for _, a := range list {
		if renewed[a.ID] || a.Unapproved() != "" || !a.Withdrawn.IsZero() {
			continue
		}
		out = warn(out, Ending{Kind: KindAcceptance, ID: a.ID, Owner: a.Owner, About: a.Check, Scope: a.Scope,
			End: a.Until(severity(a.Check))}, a.Start, from, to)
	}
	return inOrder(out)
}

// AttestationEndings returns the warnings that became due after from and by to, for statements that have not ended
// early and after which no other on the same thing expires.
func AttestationEndings(list []Attestation, from, to time.Time) []Ending {
	type thing struct{ control, requirement, scope string }
	of := func(a Attestation) thing { return thing{a.Control, a.Requirement, a.Scope} }
	last := map[thing]time.Time{}
	for _, a := range list {
		if a.Ended.IsZero() && a.Expires.After(last[of(a)]) {
			last[of(a)] = a.Expires
		}
	}
	var out []Ending
	for _, a := range list {
		if !a.Ended.IsZero() || a.Expires.Before(last[of(a)]) {
			continue
		}
		out = warn(out, Ending{Kind: KindAttestation, ID: a.ID, Owner: a.Author, About: cmp.Or(a.Control, a.Requirement),
			Scope: a.Scope, End: a.Expires}, a.Period.From, from, to)
	}
	return inOrder(out)
}

// warn appends the last warning of e that became due after from and by to, if it has begun by then and not ended at to.
func warn(out []Ending, e Ending, begins, from, to time.Time) []Ending {
	if !to.Before(e.End) {
		return out
	}
	for _, days := range warnDays() {
		due := e.End.AddDate(0, 0, -days)
		if due.After(to) || due.Before(begins) {
			continue
		}
		if due.After(from) {
			e.Days, e.Due = days, due
			out = append(out, e)
		}
		return out
	}
	return out
}

func inOrder(list []Ending) []Ending {
	slices.SortFunc(list, func(a, b Ending) int {
		return cmp.Or(a.End.Compare(b.End), cmp.Compare(a.ID, b.ID))
	})
	return list
}
