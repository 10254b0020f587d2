package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// maxUnknowns bounds the groups of unknowns that are kept: each has another check, scope or reason.
const maxUnknowns = 10_000

// Build makes a posture. It fails only when an observation or finding cannot be read.
func Build(in Input) (*Posture, error) {
	b := builder{in: in, byCheck: map[string]*Score{}, byPlace: map[[2]string]*Score{}, checks: map[string]evidence.Check{},
		owners: map[string]*OwnerPosture{}, unknowns: map[string]*Unknown{}, covered: covering(in.Acceptances),
		looked: make([]map[string]evidence.Verdict, len(in.Acceptances))}
	b.in.OwnerOf = ownerOf(in.Controls, in.OwnerOf)
	if b.in.At.IsZero() {
		b.in.At = in.Assessment.AsOf
	}
	for _, c := range in.Controls {
		for _, k := range c.Checks {
			b.checks[k.ID] = k
		}
	}
	for o, err := range in.Observations {
		if err != nil {
			return nil, fmt.Errorf("read observations: %w", err)
		}
		b.observation(o)
	}
	findings := map[string][]evidence.Finding{}
	for f, err := range in.Findings {
		if err != nil {
			return nil, fmt.Errorf("read findings: %w", err)
		}
		findings[f.Control] = append(findings[f.Control], still(f, in.Attestations, b.in.At))
	}
	a := in.Assessment
	p := &Posture{Title: in.Title, Simulated: in.Simulated, Tool: in.Tool, AsOf: a.AsOf, At: b.in.At, Period: in.Period,
		Catalog:   a.Catalog,
		Evaluator: a.Evaluator, View: a.View, Statuses: map[evidence.Status]int{}, Scopes: slices.Clone(in.Scopes),
		Exposures: slices.Clone(in.Exposures), Changes: narrow(in.Changes, in.Exposures), Gaps: in.Gaps, History: history(in.History)}
	p.Acceptances = b.accept()
	p.Attestations = b.attest()
	p.Accepted = b.categories()
	p.Failures = b.sortFailures()
	p.Unknowns = b.sortUnknowns()
	p.Controls = b.controls(findings, p.Attestations)
	for _, c := range p.Controls {
		p.Statuses[c.Status]++
		p.Score.add(c.Score)
	}
	for _, f := range in.Frameworks {
		p.Frameworks = append(p.Frameworks, framework(f, p.Controls, p.Attestations))
	}
	p.Omissions = omissions(in.Snapshots, in.Controls)
	p.Populations = populations(in.Snapshots)
	for _, name := range sortedKeys(b.owners) {
		p.Owners = append(p.Owners, *b.owners[name])
	}
	slices.SortStableFunc(p.Scopes, func(x, y evidence.ScopeOutcome) int {
		return cmp.Or(strings.Compare(x.Source, y.Source), strings.Compare(x.Scope.ID(), y.Scope.ID()))
	})
	slices.SortStableFunc(p.Exposures, func(x, y evidence.Exposure) int {
		return cmp.Or(cmp.Compare(y.Severity.Rank(), x.Severity.Rank()), cmp.Compare(y.Most, x.Most),
			strings.Compare(x.Check+"|"+x.Scope+"|"+x.Subject, y.Check+"|"+y.Scope+"|"+y.Subject), x.FirstBad.Compare(y.FirstBad))
	})
	p.fill()
	return p, nil
}

// ownerOf returns given, or what answers with the controls' own owners.
func ownerOf(controls []evidence.Control, given func(control, scope, subjectType, subject string) string,
) func(control, scope, subjectType, subject string) string {
	if given != nil {
		return given
	}
	roles := map[string]string{}
	for _, c := range controls {
		roles[c.ID] = c.Owner
	}
	return func(control, _, _, _ string) string { return roles[control] }
}

// fill makes every list one that is there, so that its JSON is never null.
func (p *Posture) fill() {
	p.Frameworks, p.Controls = list(p.Frameworks), list(p.Controls)
	p.Failures, p.Unknowns, p.Omissions = list(p.Failures), list(p.Unknowns), list(p.Omissions)
	p.Acceptances, p.Attestations, p.Scopes = list(p.Acceptances), list(p.Attestations), list(p.Scopes)
	p.Exposures, p.Changes, p.Gaps = list(p.Exposures), list(p.Changes), list(p.Gaps)
	p.Populations, p.Owners, p.Metrics = list(p.Populations), list(p.Owners), list(p.Metrics)
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

type builder struct {
	in       Input
	checks   map[string]evidence.Check
	owners   map[string]*OwnerPosture
	byCheck  map[string]*Score
	byPlace  map[[2]string]*Score // check, scope
	failures []Failure
	unknowns map[string]*Unknown
	covered  map[target][]int              // acceptances that speak of a target, by their index
	looked   []map[string]evidence.Verdict // what each acceptance speaks of, by subject
}

func (b *builder) observation(o evidence.Observation) {
	owner := b.in.OwnerOf(o.Control, o.Scope, o.Type, o.Subject)
	b.score(o.Check, o.Scope, owner, func(s *Score) { s.count(o.Verdict) })
	b.owners[owner].places[spot{o.Type, o.Scope}] = true
	b.look(o)
	switch o.Verdict {
	case evidence.Pass, evidence.NotApplicable:
	case evidence.Fail:
		k := b.checks[o.Check]
		b.failures = append(b.failures, Failure{Observation: o, Title: k.Title, Severity: k.Severity, Owner: owner,
			Remediation: k.Remediation})
	default:
		key := o.Check + "|" + o.Scope + "|" + owner + "|" + o.Reason
		u := b.unknowns[key]
		if u == nil {
			if len(b.unknowns) == maxUnknowns {
				key, o.Reason, o.Scope, owner = "", "further reasons", "", ""
				u = b.unknowns[key]
			}
			if u == nil {
				u = &Unknown{Control: o.Control, Check: o.Check, Scope: o.Scope, Reason: o.Reason, Missing: o.Missing,
					Owner: owner, Example: o.Subject}
				b.unknowns[key] = u
			}
		}
		u.Count++
		if o.Subject < u.Example {
			u.Example = o.Subject
		}
	}
}

func (b *builder) score(check, scope, owner string, fn func(*Score)) {
	s, p, who := b.byCheck[check], b.byPlace[[2]string{check, scope}], b.owners[owner]
	if s == nil {
		s = &Score{}
		b.byCheck[check] = s
	}
	if p == nil {
		p = &Score{}
		b.byPlace[[2]string{check, scope}] = p
	}
	if who == nil {
		who = &OwnerPosture{Owner: owner, places: map[spot]bool{}}
		b.owners[owner] = who
	}
	fn(s)
	fn(p)
	fn(&who.Score)
}

func (b *builder) sortFailures() []Failure {
	slices.SortStableFunc(b.failures, func(x, y Failure) int {
		return cmp.Or(cmp.Compare(min(len(x.Accepted), 1), min(len(y.Accepted), 1)),
			cmp.Compare(y.Severity.Rank(), x.Severity.Rank()), strings.Compare(x.Check, y.Check), strings.Compare(x.Key(), y.Key()))
	})
	return b.failures
}

func (b *builder) sortUnknowns() []Unknown {
	out := make([]Unknown, 0, len(b.unknowns))
	for _, u := range b.unknowns {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(x, y Unknown) int {
		return cmp.Or(strings.Compare(x.Control, y.Control), strings.Compare(x.Check, y.Check),
			strings.Compare(x.Scope, y.Scope), strings.Compare(x.Owner, y.Owner), strings.Compare(x.Reason, y.Reason))
	})
	return out
}

// narrow bounds when a verdict changed by the looks between which its exposure began or ended, where the two sides that were
// compared stand further apart.
func narrow(changes []evidence.Change, exposures []evidence.Exposure) []evidence.Change {
	by := map[target][]evidence.Exposure{}
	for _, e := range exposures {
		p := target{e.Scope, e.Check, e.Subject}
		by[p] = append(by[p], e)
	}
	out := slices.Clone(changes)
	for i := range out {
		c := &out[i]
		if c.What != "verdict" {
			continue
		}
		for _, e := range by[target{c.Scope, c.Check, c.Subject}] {
			var w evidence.Window
			e = e.Narrowed()
			switch {
			case c.After == string(evidence.Fail):
				w = evidence.Window{From: e.LastGood, To: e.FirstBad}
			case c.Before == string(evidence.Fail):
				w = evidence.Window{From: e.LastBad, To: e.FirstGood}
			}
			if !w.From.Before(c.Between.From) && !w.To.After(c.Between.To) && !w.To.IsZero() {
				c.Between = w // the last one in time stands
			}
		}
	}
	return out
}

// history marks the points where the checks changed.
func history(all []evidence.Assessment) []Point {
	out := make([]Point, 0, len(all))
	for i, a := range all {
		rules := i > 0 && (a.Catalog != all[i-1].Catalog || a.Evaluator != all[i-1].Evaluator)
		out = append(out, Point{AsOf: a.AsOf, Totals: a.Totals, Statuses: a.Statuses, Rules: rules})
	}
	return out
}
