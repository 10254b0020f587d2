package evidence

import "time"

// RiskAcceptance is an approved exception. It never changes an observation: it is applied when a report is made, and only
// while Effective says so.
type RiskAcceptance struct {
	ID        string `json:"id"`
	Requester string `json:"requester"`
	Approver  string `json:"approver,omitempty"` // effective only when set and other than requester and owner
	Owner     string `json:"owner"`
	Reason    string `json:"reason"`
	// Category is "waiver" (the risk is taken), "mitigated" (met another way; needs Compensating) or "false-positive".
	Category string `json:"category"`
	Check    string `json:"check"`
	// Scope and Subjects bind the acceptance to ids, never to names or tags.
	Scope        string    `json:"scope"`
	Subjects     []string  `json:"subjects"`
	Compensating []string  `json:"compensating,omitempty"` // check ids that must pass in the same scope
	Start        time.Time `json:"start"`
	End          time.Time `json:"end"` // exclusive; a date alone means the end of that day in its zone
}

// Covers reports whether the acceptance speaks of the observation at all.
func (a RiskAcceptance) Covers(o Observation) bool {
	if a.Check != o.Check || a.Scope != o.Scope {
		return false
	}
	for _, id := range a.Subjects {
		if id == o.Subject {
			return true
		}
	}
	return false
}

// Lapse returns why the acceptance has no effect at t, or "" when it has. passing tells whether a check passes everywhere
// in the acceptance's scope.
func (a RiskAcceptance) Lapse(t time.Time, passing func(check string) bool) string {
	switch {
	case a.Approver == "":
		return "not approved"
	case a.Approver == a.Requester:
		return "approved by its requester"
	case a.Approver == a.Owner:
		return "approved by the owner"
	case t.Before(a.Start):
		return "not started"
	case !t.Before(a.End):
		return "ended"
	case a.Category == "mitigated" && len(a.Compensating) == 0:
		return "mitigated by nothing"
	}
	for _, c := range a.Compensating {
		if !passing(c) {
			return "compensating check " + c + " does not pass"
		}
	}
	return ""
}

// Attestation is a person's signed statement for what no API proves.
type Attestation struct {
	ID          string            `json:"id"`
	Control     string            `json:"control"`
	Scope       string            `json:"scope,omitempty"`
	Author      string            `json:"author"`
	Statement   string            `json:"statement"`
	Period      Window            `json:"period"`
	Expires     time.Time         `json:"expires"`
	Attachments map[string]Digest `json:"attachments,omitempty"` // file name to object
}
