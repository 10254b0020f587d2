package measure

import (
	"time"

	"exhibit/internal/evidence"
)

// coverage tells how much answered of what was asked for.
func (in Input) coverage() []evidence.Metric {
	return append([]evidence.Metric{in.scopes(), in.operations(), in.lists(), in.subjects(), in.verdicts()},
		in.evidenced()...)
}

func (in Input) scopes() evidence.Metric {
	c := newPart("coverage-scopes", "Scopes that answered",
		"scopes whose newest collection answered / scopes that were asked for")
	for _, s := range in.Scopes {
		if s.Outcome == evidence.OutcomeExcluded {
			c.exclude("left out by the configuration")
			continue
		}
		c.is(s.Outcome.Seen(), s.Source+" "+s.Scope.ID())
	}
	return c.done("no scope was asked for")
}

func (in Input) operations() evidence.Metric {
	c := newPart("coverage-operations", "API operations that answered",
		"API operations of the newest snapshots all of whose calls answered / API operations that were asked for")
	for _, s := range in.Snapshots {
		for _, o := range s.Completeness.Operations {
			c.is(o.Outcome.Seen(), s.Series()+" "+o.Name)
		}
	}
	return c.done("no API operation was asked for")
}

func (in Input) lists() evidence.Metric {
	c := newPart("coverage-lists", "Lists that are whole",
		"series whose newest snapshot holds the whole list / series that were asked for")
	for _, s := range in.Snapshots {
		c.is(s.Listed(), s.Series())
	}
	return c.done("no list was asked for")
}

// subjects counts only what was counted another way: a list alone does not tell what it lacks.
func (in Input) subjects() evidence.Metric {
	c := newPart("coverage-subjects", "Subjects that were listed",
		"subjects that a list holds / subjects that a second count or an inventory knows of")
	add := func(name string, seen, all int) {
		c.m.Numerator += seen
		c.m.Denominator += all
		if seen < all {
			c.m.Others = listed(c.m.Others, name)
		}
	}
	for _, s := range in.Snapshots {
		if n := s.Completeness.SecondCount; n != nil {
			add(s.Series(), min(s.Completeness.Listed, n.Count), n.Count)
		}
		for _, r := range s.Completeness.Recounts {
			if r.Scope == "" {
				c.exclude("an inventory counts it, and there is no whole list to compare")
				continue
			}
			add(s.Source+"|"+r.Collector+"|"+r.Scope, r.Counted-r.Missed, r.Counted)
		}
	}
	return c.done("nothing was counted a second way")
}

func (in Input) verdicts() evidence.Metric {
	c := newPart("coverage-verdicts", "Observations that could be judged",
		"observations that pass or fail / those and the unknown ones; what is not applicable is in neither")
	t := in.Tally
	c.m.Numerator, c.m.Denominator = t.Pass+t.Fail, t.Pass+t.Fail+t.Unknown
	if t.NotApplicable > 0 {
		c.excluded["not applicable"] = t.NotApplicable
	}
	return c.done("nothing was to be judged")
}

// evidenced tells of each framework how many requirements have any evidence of all that they rest on.
func (in Input) evidenced() []evidence.Metric {
	return in.byFramework("coverage-requirements", "Requirements with evidence",
		"requirements of which every control or check that they rest on was judged or attested somewhere / all requirements "+
			"of the framework, those that nothing here can meet among them",
		func(r Requirement, _ *count) bool { return r.Parts > 0 && r.Judged == r.Parts })
}

// readiness tells of each framework how many requirements an auditor can be shown as met today. A finding that rests on
// stale or incomplete evidence is indeterminate, so that what is satisfied is fresh and complete.
func (in Input) readiness() []evidence.Metric {
	return in.byFramework("audit-readiness", "Requirements that are ready for an audit",
		"requirements that are satisfied by fresh and complete evidence or by a valid attestation / all requirements of the "+
			"framework, those that nothing here can meet among them; an accepted failure is not satisfied",
		func(r Requirement, c *count) bool {
			ready := r.Status == evidence.Satisfied
			if ready && r.Part {
				c.exclude("counted as ready although checks show a part of it only")
			}
			return ready
		})
}

func (in Input) byFramework(name, title, formula string, is func(Requirement, *count) bool) []evidence.Metric {
	var order []string
	by := map[string]*count{}
	for _, r := range in.Requirements {
		c := by[r.Framework]
		if c == nil {
			c = newCount(evidence.UnitPart, name, r.Framework, title, formula)
			by[r.Framework], order = c, append(order, r.Framework)
		}
		c.is(is(r, c), r.ID)
	}
	out := make([]evidence.Metric, 0, len(order))
	for _, f := range order {
		out = append(out, by[f].done(""))
	}
	if len(order) == 0 {
		c := newPart(name, title, formula)
		out = append(out, c.done("no framework is mapped"))
	}
	return out
}

func (in Input) freshness() evidence.Metric {
	c := newPart("freshness", "Evidence that is fresh",
		"series that were seen whole within the time that their controls grant, at the period's end / series that a control "+
			"reads")
	for _, s := range in.Series {
		oldest := in.Period.To.Add(-time.Duration(s.Fresh))
		c.is(!s.Seen.IsZero() && !s.Seen.Before(oldest), s.Name)
	}
	return c.done("no control reads anything that was collected")
}
