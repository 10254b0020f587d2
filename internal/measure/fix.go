package measure

import (
	"time"

	"exhibit/internal/evidence"
)

// fixed reports whether what ended an exposure mended it: it passed, or its subject is no more.
func fixed(e evidence.Exposure) bool { return e.Ended == "passed" || e.Ended == "gone" }

// bounded reports whether it is known when the exposure began.
func bounded(e evidence.Exposure) bool { return !e.LastGood.IsZero() }

// why returns why the end of an exposure is no fix, "" when it is one.
func (in Input) why(e evidence.Exposure) string {
	switch {
	case !fixed(e):
		return "ended because the check is no longer about the subject"
	case in.ruled(key(e), e.FirstGood):
		return "ended because the check changed"
	}
	return ""
}

// timeToFix tells of each severity how long failures lasted that were fixed in the period, and beside it how long those
// last that were not, so that what survives is not hidden by what was easy.
func (in Input) timeToFix() []evidence.Metric {
	var out []evidence.Metric
	for _, severity := range severities() {
		done := newCount(evidence.UnitTime, "time-to-fix", string(severity), "Time to fix",
			"median and 90th percentile of how long failures lasted that were fixed in the period (passed again, or the "+
				"subject is gone), by all failures that were there in it; times are between the least and the most that looking now and "+
				"then, or the access log, leaves possible")
		age := newCount(evidence.UnitTime, "open-age", string(severity), "Age of what is not fixed",
			"median and 90th percentile of how long failures have lasted that are there at the period's end, by all failures "+
				"that were there in the period; accepted ones among them")
		var took, lasts times
		for _, e := range in.Exposures {
			closed := e.Ended != ""
			if e.Severity != severity || closed && e.FirstGood.Before(in.Period.From) {
				continue
			}
			if closed {
				if reason := in.why(e); reason != "" {
					done.exclude(reason)
					age.exclude(reason)
					continue
				}
				took.add(e.Least, e.Most, bounded(e))
			} else {
				lasts.add(e.Least, e.Most, bounded(e))
			}
			done.is(closed, key(e))
			age.is(!closed, key(e))
		}
		for _, one := range []struct {
			c *count
			t *times
		}{{done, &took}, {age, &lasts}} {
			m := one.c.done("no failure of this severity was there in the period")
			if m.Median, m.P90 = one.t.spreads(); m.Median == nil && m.Because == "" {
				m.Because = "none was fixed in the period"
				if one.c == age {
					m.Because = "none is left open"
				}
			}
			out = append(out, m)
		}
	}
	return out
}

// fixedInTime tells of each severity how many failures that had to be fixed by a time in the period were.
func (in Input) fixedInTime() []evidence.Metric {
	var out []evidence.Metric
	for _, severity := range severities() {
		c := newCount(evidence.UnitPart, "fixed-in-time", string(severity), "Fixed in time",
			"failures that were fixed by the time by which they had to be / failures whose time came in the period; unknown "+
				"where the time fell between the last failing look and the next one")
		for _, e := range in.Exposures {
			due := evidence.FixBy(e, in.FixTimes)
			if e.Severity != severity || due.IsZero() || !in.within(due) {
				continue
			}
			n := e.Narrowed()
			switch {
			case e.Ended != "" && !n.FirstGood.After(due):
				if reason := in.why(e); reason != "" {
					c.exclude(reason)
				} else {
					c.in(key(e))
				}
			case n.LastBad.Before(due):
				c.m.Unknown++
			default:
				c.out(key(e))
			}
		}
		because := "no failure had to be fixed in the period"
		if _, ok := in.FixTimes[severity]; !ok {
			because = "no time to fix is set for this severity"
		}
		out = append(out, c.done(because))
	}
	return out
}

// accepted tells how long accepted risks were needed: until what they cover passes again.
func (in Input) accepted() evidence.Metric {
	c := newCount(evidence.UnitTime, "time-to-close-acceptance", "", "Time until an acceptance is not needed any more",
		"median and 90th percentile of the time from an acceptance's start until nothing that it covers fails any more, "+
			"over those for which that came in the period and before they ended, by all that were in force in it; unknown where "+
			"it came between the last failing look before the end and the next one")
	var took times
	renewals := evidence.Renewals(in.Acceptances)
	for _, a := range in.Acceptances {
		severity := in.severity(a.Check)
		if a.Lapse(a.Start, evidence.Standing{Severity: severity, Renewals: renewals[a.ID],
			Passing: func(string) bool { return true }}) != "" {
			c.exclude("never in force")
			continue
		}
		a.End = a.Until(severity)
		if !a.End.After(in.Period.From) || a.Start.After(in.Period.To) {
			continue
		}
		from, to, covered, closed := in.closing(a)
		switch {
		case !covered:
			c.exclude("covers nothing that failed while it ran")
		case closed && to.Before(in.Period.From):
			c.exclude("was needed no more before the period")
		case closed && !to.After(a.End):
			took.add(evidence.Duration(max(0, from.Sub(a.Start))), evidence.Duration(to.Sub(a.Start)), true)
			c.in(a.ID)
		case closed && from.Before(a.End):
			c.m.Unknown++
		default: // it ended first, or is needed still
			c.out(a.ID)
		}
	}
	m := c.done("no acceptance was in force in the period")
	if m.Median, m.P90 = took.spreads(); m.Median == nil && m.Because == "" {
		m.Because = "what the acceptances cover was not fixed in the period"
	}
	return m
}

// severity returns that of a check, as its failures have it.
func (in Input) severity(check string) evidence.Severity {
	for _, e := range in.Exposures {
		if e.Check == check {
			return e.Severity
		}
	}
	return ""
}

// closing returns between which looks the last failure that an acceptance covered ended; covered is false when nothing
// of what it covers failed while it ran, closed when everything ended that did.
func (in Input) closing(a evidence.RiskAcceptance) (from, to time.Time, covered, closed bool) {
	closed = true
	for _, e := range in.Exposures {
		if !a.Covers(evidence.Observation{Check: e.Check, Scope: e.Scope, Subject: e.Subject}) ||
			!e.FirstBad.Before(a.End) || e.Ended != "" && !e.FirstGood.After(a.Start) {
			continue
		}
		covered = true
		if e.Ended == "" {
			closed = false
			continue
		}
		n := e.Narrowed()
		if n.LastBad.After(from) {
			from = n.LastBad
		}
		if n.FirstGood.After(to) {
			to = n.FirstGood
		}
	}
	return from, to, covered, closed
}
