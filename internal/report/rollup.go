package report

import (
	"cmp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// controls rolls findings up to controls, in order of domain and id.
func (b *builder) controls(findings map[string][]evidence.Finding, attested []AttestationState) []ControlPosture {
	out := make([]ControlPosture, 0, len(b.in.Controls))
	for _, c := range b.in.Controls {
		p := ControlPosture{ID: c.ID, Domain: c.Domain, Title: c.Title, Statement: c.Statement, Owner: c.Owner, Manual: c.Manual,
			Findings: list(findings[c.ID]), Checks: []CheckPosture{}}
		slices.SortFunc(p.Findings, func(x, y evidence.Finding) int { return strings.Compare(x.Scope, y.Scope) })
		for _, f := range p.Findings {
			p.Status = worse(p.Status, f.Status)
			if f.Severity.Rank() > p.Severity.Rank() {
				p.Severity = f.Severity
			}
		}
		for _, k := range c.Checks {
			var s Score
			if counted := b.byCheck[k.ID]; counted != nil {
				s = *counted
			}
			p.Score.add(s)
			p.Checks = append(p.Checks, CheckPosture{ID: k.ID, Title: k.Title, Type: k.Subject, Severity: k.Severity,
				Remediation: k.Remediation, Status: s.status(), Score: s})
		}
		p.Accepted = p.Status == evidence.NotSatisfied && p.Score.Fail == 0 && p.Score.Accepted > 0
		if p.Status == "" {
			p.Status = evidence.Indeterminate
			if len(c.Checks) == 0 {
				p.Status = Manual
			}
		}
		p.attested(attested)
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(x, y ControlPosture) int {
		return cmp.Or(strings.Compare(x.Domain, y.Domain), strings.Compare(x.ID, y.ID))
	})
	return out
}

// framework rolls controls and checks up to requirements.
func framework(f evidence.Framework, controls []ControlPosture, attested []AttestationState) FrameworkPosture {
	byID := map[string]ControlPosture{}
	ofCheck := map[string]string{}
	for _, c := range controls {
		byID[c.ID] = c
		for _, k := range c.Checks {
			ofCheck[k.ID] = c.ID
		}
	}
	out := FrameworkPosture{Key: f.Key(), Title: f.Title, Statuses: map[evidence.Status]int{}}
	for _, r := range f.Requirements {
		p := RequirementPosture{ID: r.ID, Title: r.Title, Strength: r.Strength, Manual: r.Manual, None: r.None,
			Parts: parts(r, byID, ofCheck)}
		for _, part := range p.Parts {
			p.Status = worse(p.Status, part.Status)
			p.Score.add(part.Score)
		}
		p.Accepted = p.Status == evidence.NotSatisfied && p.Score.Fail == 0 && p.Score.Accepted > 0
		if len(p.Parts) == 0 {
			p.Status = Manual
			if r.Manual == "" {
				p.Status = Unmet
			}
		}
		p.attested(f, attested, byID)
		out.Statuses[p.Status]++
		out.Requirements = append(out.Requirements, p)
	}
	return out
}

// parts resolves what a requirement rests on. Checks narrow the control that they stand in.
func parts(r evidence.Requirement, byID map[string]ControlPosture, ofCheck map[string]string) []Part {
	var out []Part
	narrowed := map[string]bool{}
	for _, id := range r.Checks {
		narrowed[ofCheck[id]] = true
		p := Part{Control: ofCheck[id], Check: id, Status: evidence.Indeterminate} // a check that is not in the catalog
		for _, k := range byID[p.Control].Checks {
			if k.ID == id {
				p.Title, p.Status, p.Score = k.Title, k.Status, k.Score
			}
		}
		out = append(out, p)
	}
	for _, id := range r.Controls {
		if narrowed[id] {
			continue
		}
		p := Part{Control: id, Status: evidence.Indeterminate}
		if c, ok := byID[id]; ok {
			p.Title, p.Status, p.Score = c.Title, c.Status, c.Score
		}
		out = append(out, p)
	}
	return out
}

// omissions lists what the newest snapshots could not see, by series and operation.
func omissions(snaps []evidence.Snapshot, controls []evidence.Control) []Omission {
	readers := map[string][]string{}
	for _, c := range controls {
		for _, k := range c.Checks {
			if !slices.Contains(readers[k.Subject], c.ID) {
				readers[k.Subject] = append(readers[k.Subject], c.ID)
			}
		}
	}
	var out []Omission
	for _, s := range snaps {
		told := false
		o := Omission{Series: s.Series(), Scope: s.Scope.ID(), Type: s.Collector, At: s.Window.To, Controls: readers[s.Collector]}
		for _, op := range s.Completeness.Operations {
			if op.Outcome.Seen() {
				continue
			}
			told = true
			o.Operation, o.Outcome, o.Permission, o.Error = op.Name, op.Outcome, op.Permission, strings.Join(op.Errors, "; ")
			out = append(out, o)
		}
		if c := s.Completeness.SecondCount; c != nil && c.Count != s.Completeness.Listed {
			told = true
			o.Operation, o.Outcome, o.Permission, o.Error = c.Operation, evidence.OutcomeFailed, "", "counts "+
				itoa(c.Count)+" where "+itoa(s.Completeness.Listed)+" were listed"
			out = append(out, o)
		}
		if !told && !s.Outcome.Seen() {
			o.Outcome = s.Outcome
			out = append(out, o)
		}
		out = append(out, unknowable(s, o)...)
	}
	slices.SortStableFunc(out, func(x, y Omission) int {
		return cmp.Or(strings.Compare(x.Series, y.Series), strings.Compare(x.Operation, y.Operation))
	})
	return out
}
