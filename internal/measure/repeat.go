package measure

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// began tells the failures that began in the period by the estate's own doing, and counts the others in c, each with
// the exposures of its key that were before it.
func (in Input) began(c *count, fn func(e evidence.Exposure, before []evidence.Exposure)) {
	by := map[string][]evidence.Exposure{}
	for _, e := range in.Exposures {
		by[key(e)] = append(by[key(e)], e)
	}
	for _, e := range in.Exposures {
		if !in.within(e.Narrowed().FirstBad) {
			continue
		}
		switch {
		case !bounded(e):
			c.exclude("failing since it was first looked at")
		case in.ruled(key(e), e.FirstBad):
			c.exclude("began because the check changed")
		default:
			all := by[key(e)]
			n := slices.IndexFunc(all, func(o evidence.Exposure) bool { return o.FirstBad.Equal(e.FirstBad) })
			fn(e, all[:n])
		}
	}
}

// repeated tells how many failures came back soon after they had been fixed.
func (in Input) repeated() evidence.Metric {
	within := evidence.Duration(in.Again).String()
	c := newPart("repeat-violations", "Failures that came back",
		"failures that began in the period within "+within+" after the same check on the same subject had been fixed / "+
			"failures that began in the period; unknown where the looks allow for more time and for less")
	in.began(c, func(e evidence.Exposure, before []evidence.Exposure) {
		last := len(before) - 1
		if last < 0 || !fixed(before[last]) || in.why(before[last]) != "" {
			c.out(key(e))
			return
		}
		was, is := before[last].Narrowed(), e.Narrowed()
		least, most := is.LastGood.Sub(was.FirstGood), is.FirstBad.Sub(was.LastBad)
		switch {
		case most <= in.Again:
			c.in(key(e))
		case least > in.Again:
			c.out(key(e))
		default:
			c.m.Unknown++
		}
	})
	return c.done("no failure began in the period")
}

// offenders ranks the checks that failed anew in several subjects of one owner: where a guardrail pays.
func (in Input) offenders() evidence.Metric {
	c := newPart("repeat-offenders", "Failures that a guardrail would prevent",
		"failures that began in the period where the same check failed anew in several subjects of the same owner / "+
			"failures that began in the period; the ranking is by how many subjects are concerned")
	if in.OwnerOf == nil {
		return c.done("the configuration names no owners")
	}
	type pair struct{ check, owner string }
	found := map[pair]*evidence.Rank{}
	subjects := map[pair]map[string]bool{}
	var all []evidence.Exposure
	in.began(c, func(e evidence.Exposure, _ []evidence.Exposure) {
		p := pair{e.Check, in.OwnerOf(e.Control, e.Scope, e.Type, e.Subject)}
		if found[p] == nil {
			found[p] = &evidence.Rank{Check: e.Check, Owner: p.owner, Severity: e.Severity}
			subjects[p] = map[string]bool{}
		}
		found[p].Failures++
		subjects[p][e.Scope+"|"+e.Subject] = true
		all = append(all, e)
	})
	for _, e := range all {
		p := pair{e.Check, in.OwnerOf(e.Control, e.Scope, e.Type, e.Subject)}
		c.is(len(subjects[p]) > 1, key(e))
	}
	for p, r := range found {
		if r.Subjects = len(subjects[p]); r.Subjects > 1 {
			c.m.Ranking = append(c.m.Ranking, *r)
		}
	}
	slices.SortFunc(c.m.Ranking, func(a, b evidence.Rank) int {
		return cmp.Or(cmp.Compare(b.Subjects, a.Subjects), cmp.Compare(b.Failures, a.Failures),
			cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), strings.Compare(a.Check, b.Check),
			strings.Compare(a.Owner, b.Owner))
	})
	c.m.Ranking = c.m.Ranking[:min(len(c.m.Ranking), MaxListed)]
	return c.done("no failure began in the period")
}

// noise tells how much of what fails is accepted as a false alarm.
func (in Input) noise() evidence.Metric {
	c := newPart("noise-rate", "Failures that are false alarms",
		"failing observations that are accepted as a false positive / failing observations, as of the newest assessment")
	for _, f := range in.Failures {
		c.is(f.Accepted == "false-positive", f.Key)
	}
	return c.done("nothing fails")
}

// bypasses tells how many changes reached a default branch without another person.
func (in Input) bypasses() evidence.Metric {
	c := newPart("bypass-attempts", "Changes without another person's approval",
		"changes and commits that reached a default branch in the period without another person's approval, emergencies "+
			"that were approved in time not among them / changes and commits that reached a default branch")
	p := in.Changes
	if p == nil {
		return c.done(cmp.Or(in.NoChanges, "no changes are collected"))
	}
	name := func(repository, id string, v change.Verdict, at time.Time) string {
		return at.UTC().Format(time.DateOnly) + " " + repository + " " + id + ": " + string(v)
	}
	for _, r := range p.Changes {
		if r.Verdict.Around() {
			c.m.Counted = listed(c.m.Counted, name(r.Repository, cmp.Or(r.Name, r.ID), r.Verdict, r.MergedAt))
		}
	}
	for _, u := range p.Unexplained {
		if u.Verdict != change.Unknown {
			c.m.Counted = listed(c.m.Counted, name(u.Repository, u.Commit, u.Verdict, u.LandedAt))
		}
	}
	rate := p.Metrics.Bypass
	c.m.Numerator, c.m.Denominator, c.m.Unknown = rate.Part, rate.Of, rate.Unknown
	if len(p.Lists) == 0 {
		return c.done("no changes are collected")
	}
	return c.done("no change reached a default branch in the period")
}
