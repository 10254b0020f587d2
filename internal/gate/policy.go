package gate

import (
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// Policy says what blocks a pipeline. The first rule that matches decides; the built-in rules come after those given.
type Policy struct {
	Rules []Rule `json:"rules"`
	// Unknown is what becomes of an observation that could not be judged where a failure would block: "block" or "warn".
	Unknown string `json:"unknown"`
	// Public are the checks whose failure says that their subject can be reached from everywhere; * stands for any
	// letters.
	Public []string `json:"public"`
}

// Rule is one rule.
type Rule struct {
	Name  string `json:"name"`
	Match Match  `json:"match"`
	// Action is "block", "warn", "ticket" or "ignore"; Reason and Until belong to ignore: after its end the rule is no
	// more.
	Action string    `json:"action"`
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"` // exclusive
	// Accept says which acceptances in effect the rule honours; nil for none.
	Accept *Accept `json:"accept,omitempty"`
}

// Match are conditions that all must hold; several values of one are alternatives, and none is no condition. In all but
// severity and exposure, * stands for any letters.
type Match struct {
	Severity []evidence.Severity `json:"severity,omitempty"`
	Check    []string            `json:"check,omitempty"`
	Control  []string            `json:"control,omitempty"`
	Type     []string            `json:"type,omitempty"`
	Scope    []string            `json:"scope,omitempty"`
	Owner    []string            `json:"owner,omitempty"` // "" is nobody
	// Exposure is "public" or "internal": whether one of the policy's public checks fails on the same subject, or cannot
	// tell.
	Exposure string `json:"exposure,omitempty"`
}

// Accept says what an acceptance must be, to be honoured.
type Accept struct {
	// Compensating asks for checks that make good for it, and that pass.
	Compensating bool `json:"compensating,omitempty"`
	// Within is how soon it must end; zero is any time.
	Within evidence.Duration `json:"within,omitempty"`
}

// Default returns the policy that holds where none is configured: what fails critically or highly blocks unless it is
// accepted, the rest warns, and what is unknown blocks.
func Default() Policy {
	return Policy{Unknown: evidence.GateBlock, Public: []string{"*-not-public", "*-public", "*.public", "*-no-public*"},
		Rules: builtIn()}
}

// builtIn are the rules that come last.
func builtIn() []Rule {
	return []Rule{
		{Name: "critical and high", Match: Match{Severity: []evidence.Severity{evidence.Critical, evidence.High}},
			Action: evidence.GateBlock, Accept: &Accept{}},
		{Name: "the rest", Action: evidence.GateWarn, Accept: &Accept{}},
	}
}

// With returns the policy with rules before its own.
func (p Policy) With(rules []Rule) Policy {
	p.Rules = slices.Concat(rules, p.Rules)
	return p
}

// meets reports whether an item meets the conditions.
func (m Match) meets(i Item, public bool) bool {
	return (len(m.Severity) == 0 || slices.Contains(m.Severity, i.Severity)) &&
		oneOf(m.Check, i.Check) && oneOf(m.Control, i.Control) && oneOf(m.Type, i.Type) && oneOf(m.Scope, i.Scope) &&
		oneOf(m.Owner, i.Owner) && (m.Exposure == "" || (m.Exposure == "public") == public)
}

// oneOf reports whether text is like one of the patterns, or there is none.
func oneOf(patterns []string, text string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool {
		return evidence.Like(p, text)
	})
}

// honours returns why an acceptance that has so long to go is not enough for the rule, "" when it is.
func (a *Accept) honours(r evidence.RiskAcceptance, left time.Duration) string {
	switch {
	case a == nil:
		return "the rule honours no acceptance"
	case a.Compensating && len(r.Compensating) == 0:
		return "acceptance " + r.ID + " names no compensating check"
	case a.Within > 0 && left > time.Duration(a.Within):
		return "acceptance " + r.ID + " ends later than within " + a.Within.String()
	}
	return ""
}
