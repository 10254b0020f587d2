package drift

import (
	"fmt"
	"iter"
	"time"

	"exhibit/internal/evidence"
)

// ExposureOptions say what is asked of the intervals.
type ExposureOptions struct {
	// Period cuts what is counted. AsOf is the end of what can be known; it cuts the period.
	Period evidence.Window
	AsOf   time.Time
	// LastLook returns when a subject type in a scope was last looked at and seen whole, by AsOf; zero when unknown. It says
	// how far an interval that is still open reaches.
	LastLook func(subjectType, scope string) time.Time
	// Gaps returns the intervals in which nobody looked there, longer than looking now and then explains. May be nil.
	Gaps func(subjectType, scope string) []evidence.Window
	// Severity returns a check's severity. May be nil.
	Severity func(check string) evidence.Severity
	// Log narrows down when exposures began and ended. May be nil.
	Log *Log
}

// Exposures returns how long what failed within the period, from intervals in order of scope, check, subject and time. It
// never ends a failure on an unknown. An exposure that was never seen good before is counted from the period's start at
// most; one that is still open up to AsOf.
//
// BUG: an interval does not say by which text of the check it was judged. Where a check became stricter, what failed it
// counts from the first assessment by the new text; Verdicts tells that the check was the cause.
func Exposures(states iter.Seq2[evidence.State, error], o ExposureOptions) ([]evidence.Exposure, error) {
	if o.AsOf.Before(o.Period.To) {
		o.Period.To = o.AsOf
	}
	var out []evidence.Exposure
	var one []evidence.State
	flush := func() error {
		more, err := o.subject(one)
		out = append(out, more...)
		one = one[:0]
		return err
	}
	for s, err := range states {
		if err != nil {
			return nil, fmt.Errorf("read intervals: %w", err)
		}
		if s.First.After(o.AsOf) {
			continue
		}
		if len(one) > 0 && !sameSubject(one[0], s) {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		one = append(one, s)
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return out, nil
}

func sameSubject(a, b evidence.State) bool {
	return a.Scope == b.Scope && a.Check == b.Check && a.Subject == b.Subject
}

// subject walks the intervals of one check on one subject.
func (o ExposureOptions) subject(states []evidence.State) ([]evidence.Exposure, error) {
	var out []evidence.Exposure
	var lastGood time.Time
	var good evidence.State // the last
	for i := 0; i < len(states); i++ {
		s := states[i]
		switch s.Verdict {
		case evidence.Unknown:
			continue
		case evidence.Fail:
		default:
			lastGood, good = o.end(states, i), s
			continue
		}
		e := evidence.Exposure{Control: s.Control, Check: s.Check, Scope: s.Scope, Type: s.Type, Subject: s.Subject,
			Name: s.Name, LastGood: lastGood, FirstBad: s.First}
		if o.Severity != nil {
			e.Severity = o.Severity(s.Check)
		}
		var blind []evidence.Window
		var bad, next evidence.State // the last that failed, and what ended it
		from := i
		for ; i < len(states); i++ {
			s := states[i]
			if s.Verdict == evidence.Fail {
				e.LastBad, bad = o.end(states, i), s
			} else if s.Verdict == evidence.Unknown {
				blind = append(blind, evidence.Window{From: states[i-1].Last, To: o.until(states, i)})
			} else {
				e.FirstGood, e.Ended, next = s.First, ended(s.Verdict), s
				break
			}
		}
		if from > 0 && states[from-1].Verdict == evidence.Unknown {
			blind = append(blind, evidence.Window{From: firstUnknown(states, from), To: e.FirstBad})
		}
		i-- // the interval that ended it is a good one for the next
		if err := o.narrow(&e, good, states[from], bad, next); err != nil {
			return nil, fmt.Errorf("narrow down when %s failed: %w", e.Subject, err)
		}
		if o.measure(&e, blind) {
			out = append(out, e)
		}
	}
	return out, nil
}

// narrow asks the log for what began and ended an exposure: between the last good interval and the first bad one, and
// between the last bad one and what came next.
func (o ExposureOptions) narrow(e *evidence.Exposure, good, first, last, next evidence.State) (err error) {
	if o.Log == nil {
		return nil
	}
	if !e.LastGood.IsZero() {
		if e.Opened, err = o.Log.Turn(good, first, evidence.Window{From: e.LastGood, To: e.FirstBad}); err != nil {
			return err
		}
	}
	if !e.FirstGood.IsZero() {
		e.Closed, err = o.Log.Turn(last, next, evidence.Window{From: e.LastBad, To: e.FirstGood})
	}
	return err
}

// end returns the last look of an interval: of one still open, the last look there was.
func (o ExposureOptions) end(states []evidence.State, i int) time.Time {
	s := states[i]
	last := s.Last
	if i == len(states)-1 && o.LastLook != nil {
		if t := o.LastLook(s.Type, s.Scope); t.After(last) {
			last = t
		}
	}
	if last.After(o.AsOf) {
		last = o.AsOf
	}
	return last
}

// until returns when the next interval begins.
func (o ExposureOptions) until(states []evidence.State, i int) time.Time {
	if i+1 < len(states) {
		return states[i+1].First
	}
	return o.AsOf
}

// firstUnknown returns when the unknowns right before interval i began.
func firstUnknown(states []evidence.State, i int) time.Time {
	for i > 0 && states[i-1].Verdict == evidence.Unknown {
		i--
	}
	return states[i].First
}

func ended(v evidence.Verdict) string {
	switch v {
	case "":
		return "gone"
	case evidence.NotApplicable:
		return "not-applicable"
	}
	return "passed"
}

// measure fills the durations and reports whether the exposure may have been open within the period at all.
func (o ExposureOptions) measure(e *evidence.Exposure, blind []evidence.Window) bool {
	if o.Gaps != nil {
		blind = append(blind, o.Gaps(e.Type, e.Scope)...)
	}
	looks, possible := o.bounds(*e, blind)
	e.Least, e.Most = looks.Least, looks.Most
	if e.Opened != nil || e.Closed != nil {
		e.ByLooks = &looks
		var narrow evidence.Bounds
		narrow, possible = o.bounds(e.Narrowed(), blind)
		e.Least, e.Most = narrow.Least, narrow.Most
	}
	e.Unseen = evidence.Duration(covered(blind, possible))
	return !possible.To.Before(possible.From)
}

// bounds says how long an exposure lasted within the period by the times around its beginning and its end, and within what
// it is possible at all.
func (o ExposureOptions) bounds(e evidence.Exposure, blind []evidence.Window) (b evidence.Bounds, possible evidence.Window) {
	possible = evidence.Window{From: e.LastGood, To: e.FirstGood}
	if e.LastGood.IsZero() {
		possible.From = o.Period.From
		if e.FirstBad.Before(possible.From) {
			possible.From = e.FirstBad
		}
	}
	if e.FirstGood.IsZero() {
		possible.To = o.AsOf
	}
	certain := clip(evidence.Window{From: e.FirstBad, To: e.LastBad}, o.Period)
	possible = clip(possible, o.Period)
	b.Least = evidence.Duration(length(certain) - covered(blind, certain))
	b.Most = evidence.Duration(length(possible))
	return b, possible
}

func length(w evidence.Window) time.Duration { return max(0, w.To.Sub(w.From)) }

func clip(w, period evidence.Window) evidence.Window {
	if w.From.Before(period.From) {
		w.From = period.From
	}
	if w.To.After(period.To) {
		w.To = period.To
	}
	return w
}
