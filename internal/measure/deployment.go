package measure

import (
	"cmp"
	"time"

	"exhibit/internal/evidence"
)

// Turned reports whether a change of the checks began an exposure.
func Turned(rules []Ruled, e evidence.Exposure) bool {
	return Input{Rules: rules}.ruled(key(e), e.FirstBad)
}

// drifted tells after how many production deployments something began to fail where they change things.
func (in Input) drifted() evidence.Metric {
	c := newPart("drift-after-deployment", "Production deployments that drift followed",
		"production deployments of the period that ended, in whose accounts a failure began by the estate's own doing from "+
			"their start to a day after their end, or to the next deployment to the same place / production deployments that "+
			"ended; unknown where looks leave open whether it began in that time, or the day is not over")
	p := in.Changes
	if p == nil {
		return c.done(cmp.Or(in.NoChanges, "no changes are collected"))
	}
	rate := p.Metrics.Followed
	if rate == nil {
		return c.done("the configuration ties no environment to an account")
	}
	for _, d := range p.Deployments {
		a := d.Aftermath
		if a == nil {
			continue
		}
		name := a.Window.From.UTC().Format(time.DateOnly) + " " + d.ID + " to " + d.Environment
		switch {
		case a.Began > 0:
			c.m.Counted = listed(c.m.Counted, name)
		case a.Unknown == "":
			c.m.Others = listed(c.m.Others, name)
		}
	}
	c.m.Numerator, c.m.Denominator, c.m.Unknown = rate.Part, rate.Of, rate.Unknown
	for reason, n := range map[string]int{"no account is tied to their place": rate.Untied,
		"their accounts were not looked at before and after": rate.Unseen} {
		if n > 0 {
			c.excluded[reason] = n
		}
	}
	because := "no deployment to production ended in the period"
	if rate.Unknown+rate.Untied+rate.Unseen > 0 {
		because = "of no deployment it is known"
	}
	return c.done(because)
}
