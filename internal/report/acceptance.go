package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// AcceptanceState is an accepted risk with its effect as of the posture's time.
type AcceptanceState struct {
	evidence.RiskAcceptance
	// State is "in effect" or "lapsed"; Why says why it lapsed.
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
	// Severity is that of the check; empty when the catalog has no such check.
	Severity evidence.Severity `json:"severity,omitempty"`
	// Renewals counts the acceptances that it follows.
	Renewals int `json:"renewals,omitempty"`
	// Until is when its effect ends at the latest, exclusive, UntilDay the last day before that.
	Until    time.Time `json:"until,omitzero"`
	UntilDay string    `json:"until_day,omitempty"`
	// DaysLeft are the days until then, a begun one counted; 0 when it has lapsed.
	DaysLeft int `json:"days_left"`
	// Failing counts the failures that it speaks of, Matched all its subjects that were looked at.
	Failing int `json:"failing"`
	Matched int `json:"matched"`
	// Looked are the verdicts on its subjects; one that nobody looked at is not there.
	Looked map[string]evidence.Verdict `json:"looked,omitempty"`
}

// Effective is the acceptance with the end that its effect has, for those who reckon with the end.
func (a AcceptanceState) Effective() evidence.RiskAcceptance {
	one := a.RiskAcceptance
	one.End = a.Until
	return one
}

// target is where observations are made and acceptances apply.
type target struct{ scope, check, subject string }

// covering finds for each target the acceptances that speak of it.
func covering(list []evidence.RiskAcceptance) map[target][]int {
	out := map[target][]int{}
	for i, a := range list {
		for _, s := range a.Subjects {
			p := target{a.Scope, a.Check, s}
			if !slices.Contains(out[p], i) {
				out[p] = append(out[p], i)
			}
		}
	}
	return out
}

// look notes an observation for the acceptances that speak of it.
func (b *builder) look(o evidence.Observation) {
	for _, i := range b.covered[target{o.Scope, o.Check, o.Subject}] {
		if b.looked[i] == nil {
			b.looked[i] = map[string]evidence.Verdict{}
		}
		b.looked[i][o.Subject] = o.Verdict
	}
}

// accept overlays the acceptances that are in effect, the one that ends last where several are.
func (b *builder) accept() []AcceptanceState {
	renewals := evidence.Renewals(b.in.Acceptances)
	out := make([]AcceptanceState, len(b.in.Acceptances))
	for i, a := range b.in.Acceptances {
		out[i] = b.acceptance(a, renewals[a.ID], b.looked[i])
	}
	open := map[target]evidence.Exposure{}
	for _, e := range b.in.Exposures {
		if e.Ended == "" {
			open[target{e.Scope, e.Check, e.Subject}] = e
		}
	}
	for i := range b.failures {
		f := &b.failures[i]
		at := target{f.Scope, f.Check, f.Subject}
		if e, ok := open[at]; ok {
			f.Since, f.NeverGood = e.Narrowed().FirstBad, e.LastGood.IsZero()
		}
		for _, j := range b.covered[at] {
			a := &out[j]
			a.Failing++
			if a.Why == "" && a.Until.After(f.Until) {
				f.Accepted, f.Until, f.UntilDay = a.ID, a.Until, a.UntilDay
			}
		}
		if f.Accepted != "" {
			b.score(f.Check, f.Scope, f.Owner, func(s *Score) { s.Fail--; s.Accepted++ })
		}
	}
	slices.SortStableFunc(out, func(x, y AcceptanceState) int {
		return cmp.Or(strings.Compare(y.State, x.State), x.End.Compare(y.End), strings.Compare(x.ID, y.ID))
	})
	return out
}

// acceptance tells the effect of one as of the posture's time.
func (b *builder) acceptance(a evidence.RiskAcceptance, renewals int,
	looked map[string]evidence.Verdict) AcceptanceState {
	severity := b.checks[a.Check].Severity
	s := AcceptanceState{RiskAcceptance: a, State: "in effect", Severity: severity, Renewals: renewals,
		Matched: len(looked),
		Looked:  looked, Until: a.Until(severity)}
	s.UntilDay = lastDay(s.Until)
	if s.Until.Equal(a.End) && a.LastDay != "" {
		s.UntilDay = a.LastDay // as its zone has it
	}
	s.Why = a.Lapse(b.in.At, evidence.Standing{Severity: severity, Renewals: renewals, Passing: func(check string) bool {
		p := b.byPlace[[2]string{check, a.Scope}]
		return p != nil && p.status() == evidence.Satisfied
	}})
	if s.Why != "" {
		s.State = "lapsed"
		return s
	}
	const day = 24 * time.Hour
	s.DaysLeft = int((s.Until.Sub(b.in.At) + day - 1) / day)
	return s
}

// categories counts the accepted failures by the category of what accepts them.
func (b *builder) categories() map[string]int {
	of := map[string]string{}
	for _, a := range b.in.Acceptances {
		of[a.ID] = a.Category
	}
	out := map[string]int{}
	for _, f := range b.failures {
		if f.Accepted != "" {
			out[of[f.Accepted]]++
		}
	}
	return out
}
