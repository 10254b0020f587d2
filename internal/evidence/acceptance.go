package evidence

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// RiskAcceptance is an approved exception. It never changes an observation: it is applied when a report is made, and only
// while Lapse says so.
type RiskAcceptance struct {
	ID        string `json:"id"`
	Requester string `json:"requester"`
	Approver  string `json:"approver,omitempty"` // effective only when set and other than requester and owner
	Owner     string `json:"owner"`
	Reason    string `json:"reason"`
	// Category is "waiver" (the risk is taken), "mitigated" (met another way; needs Compensating) or "false-positive".
	Category string `json:"category"`
	Check    string `json:"check"`
	// Scope and Subjects bind the acceptance to ids, never to names, tags or patterns.
	Scope        string   `json:"scope"`
	Subjects     []string `json:"subjects"`
	Compensating []string `json:"compensating,omitempty"` // check ids that must pass in the same scope
	Ticket       string   `json:"ticket,omitempty"`       // an address
	// Renews is the id of the acceptance that this one follows; it is a record of its own, to be approved anew.
	Renews string    `json:"renews,omitempty"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"` // exclusive; a date alone means the end of that day in its zone
	// LastDay is the last day as its file names it, "2026-03-31"; empty when End was given as a time.
	LastDay string `json:"last_day,omitempty"`
	// Limits are what the configuration allowed when this text was committed, so that a later one changes no past report.
	Limits *AcceptanceLimits `json:"limits,omitempty"`
	// Withdrawn is when its file was found gone: history tells until when it applied.
	Withdrawn time.Time `json:"withdrawn,omitzero"`
}

// AcceptanceLimits bound how long a risk can be accepted.
type AcceptanceLimits struct {
	// Latest is the latest end for each severity of the check, in whole days of the acceptance's zone from its start. A
	// severity that it does not name has none.
	Latest map[Severity]time.Time `json:"latest"`
	// Renewals is how often a risk can be accepted again.
	Renewals int `json:"renewals"`
}

// Standing is what the effect of an acceptance depends on besides its text and the time.
type Standing struct {
	// Severity is that of the check in the catalog that was judged by.
	Severity Severity
	// Renewals is how many acceptances it follows.
	Renewals int
	// Passing tells whether a check passes everywhere in the acceptance's scope.
	Passing func(check string) bool
}

// Covers reports whether the acceptance speaks of the observation at all.
func (a RiskAcceptance) Covers(o Observation) bool {
	return a.Check == o.Check && a.Scope == o.Scope && slices.Contains(a.Subjects, o.Subject)
}

// Until returns when its effect ends at the latest, exclusive: at its end, at the latest end that its limits allow for
// the severity, or when it was withdrawn.
func (a RiskAcceptance) Until(s Severity) time.Time {
	end := a.End
	if latest := a.latest(s); !latest.IsZero() && latest.Before(end) {
		end = latest
	}
	if !a.Withdrawn.IsZero() && a.Withdrawn.Before(end) {
		end = a.Withdrawn
	}
	return end
}

func (a RiskAcceptance) latest(s Severity) time.Time {
	if a.Limits == nil {
		return time.Time{}
	}
	return a.Limits.Latest[s]
}

// TooLong says by how much the acceptance is longer than its severity allows: "longer than 90d, the most for high". It
// is empty when it is not.
func (a RiskAcceptance) TooLong(s Severity) string {
	latest := a.latest(s)
	if latest.IsZero() || !latest.Before(a.End) {
		return ""
	}
	days := math.Round(latest.Sub(a.Start).Hours() / 24) // a day of a zone may have 23 hours
	return fmt.Sprintf("longer than %.0fd, the most for %s", days, s)
}

// Lapse returns why the acceptance has no effect at t, or "" when it has.
func (a RiskAcceptance) Lapse(t time.Time, s Standing) string {
	switch {
	case !a.Withdrawn.IsZero() && !t.Before(a.Withdrawn):
		return "withdrawn"
	case a.Unapproved() != "":
		return a.Unapproved()
	case t.Before(a.Start):
		return "not started"
	case !t.Before(a.End):
		return "ended"
	case !t.Before(a.Until(s.Severity)):
		return a.TooLong(s.Severity)
	case a.Limits != nil && s.Renewals > a.Limits.Renewals:
		return fmt.Sprintf("renewed more than %d times", a.Limits.Renewals)
	case a.Category == "mitigated" && len(a.Compensating) == 0:
		return "mitigated by nothing"
	}
	for _, c := range a.Compensating {
		if !s.Passing(c) {
			return "compensating check " + c + " does not pass"
		}
	}
	return ""
}

// Unapproved returns why the approval is none, or "" when another person than requester and owner gave it.
func (a RiskAcceptance) Unapproved() string {
	switch {
	case strings.TrimSpace(a.Approver) == "":
		return "not approved"
	case SamePerson(a.Approver, a.Requester):
		return "approved by its requester"
	case SamePerson(a.Approver, a.Owner):
		return "approved by the owner"
	}
	return ""
}

// SamePerson reports whether two names are one person's: case and space around them do not make another.
func SamePerson(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// Renewals counts for each acceptance, by id, how many it follows. One that was never committed counts, too.
func Renewals(list []RiskAcceptance) map[string]int {
	follows := map[string]string{}
	for _, a := range list {
		follows[a.ID] = a.Renews
	}
	out := map[string]int{}
	for _, a := range list {
		seen := map[string]bool{a.ID: true}
		for id := a.Renews; id != "" && !seen[id]; id = follows[id] {
			seen[id] = true
		}
		out[a.ID] = len(seen) - 1
	}
	return out
}
