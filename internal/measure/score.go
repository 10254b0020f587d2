package measure

import (
	"exhibit/internal/evidence"
)

// Split compares the scores of two assessments, the beginning and the end of a period, and tells what moved it by
// cause.
type Split struct {
	begin, end evidence.Assessment
	same       func(check string) bool
	after      map[string]evidence.Tally // by check
	was, is    map[string]evidence.Tally // of what differs, by check
	fell, rose map[string]evidence.Tally // of those: known at one end only
	moved      map[evidence.Cause]evidence.Tally
}

// NewSplit takes both assessments, the later one's verdicts by check, and whether a check decides in the same way at
// both ends. Give it every observation whose verdict differs with Add.
func NewSplit(begin, end evidence.Assessment, after map[string]evidence.Tally, same func(check string) bool) *Split {
	return &Split{begin: begin, end: end, same: same, after: after, was: map[string]evidence.Tally{},
		is: map[string]evidence.Tally{}, fell: map[string]evidence.Tally{}, rose: map[string]evidence.Tally{},
		moved: map[evidence.Cause]evidence.Tally{}}
}

// Add takes an observation whose verdict differs; the empty verdict is no observation.
func (s *Split) Add(check string, cause evidence.Cause, was, is evidence.Verdict) {
	bump(s.was, check, was)
	bump(s.is, check, is)
	switch {
	case judged(was) && !judged(is):
		bump(s.fell, check, was)
	case !judged(was) && judged(is):
		bump(s.rose, check, is)
	}
	t := s.moved[cause]
	t.Add(was, -1)
	t.Add(is, 1)
	s.moved[cause] = t
}

func bump(by map[string]evidence.Tally, check string, v evidence.Verdict) {
	t := by[check]
	t.Add(v, 1)
	by[check] = t
}

func judged(v evidence.Verdict) bool { return v == evidence.Pass || v == evidence.Fail }

// ends returns what both assessments count together, over the checks that keep takes; like leaves out what was judged
// at one end only.
func (s *Split) ends(keep func(check string) bool, like bool) (before, after evidence.Tally) {
	for check := range s.checks() {
		if !keep(check) {
			continue
		}
		a := s.after[check]
		b := a.Minus(s.is[check]).Plus(s.was[check])
		if like {
			a, b = a.Minus(s.rose[check]), b.Minus(s.fell[check])
		}
		before, after = before.Plus(b), after.Plus(a)
	}
	return before, after
}

func (s *Split) checks() map[string]bool {
	out := map[string]bool{}
	for _, by := range []map[string]evidence.Tally{s.after, s.was} {
		for check := range by {
			out[check] = true
		}
	}
	return out
}

// movements returns what moved, by cause, in the order in which causes are told.
func movements(moved map[evidence.Cause]evidence.Tally) []evidence.Movement {
	var out []evidence.Movement
	for _, cause := range causes() {
		if t := moved[cause]; t != (evidence.Tally{}) {
			out = append(out, evidence.Movement{Cause: cause, Tally: t})
		}
	}
	return out
}

// causes are all causes in the order in which they are told: the estate's own doing first.
func causes() []evidence.Cause {
	return []evidence.Cause{evidence.CauseSubject, evidence.CausePermission, evidence.CauseCollector, evidence.CauseScope,
		evidence.CauseRule, evidence.CauseMapping}
}

// score tells the score at both ends of the period as it was, and over what can be compared.
func (in Input) score() []evidence.Metric {
	whole := newPart("score", "Score",
		"observations that pass / observations that pass or fail, accepted failures among those that fail, at the period's "+
			"end; before is the same at its begin, and the movements tell by cause all that differs")
	like := newPart("score-like-for-like", "Score, like for like",
		"the same, over what was judged by the same check at both ends: what the estate itself gained or lost, whatever "+
			"became of checks, scopes and permissions")
	whole.m.Numerator, whole.m.Denominator = in.Tally.Pass, in.Tally.Pass+in.Tally.Fail
	s := in.Score
	if s == nil {
		return []evidence.Metric{whole.done("nothing was judged"), like.done("there is no assessment to compare with")}
	}
	compared := func(c *count, because string, before, after evidence.Tally) evidence.Metric {
		p := before.Score()
		c.m.Numerator, c.m.Denominator, c.m.Before = after.Pass, after.Pass+after.Fail, &p
		c.m.Period = evidence.Window{From: s.begin.AsOf, To: s.end.AsOf}
		return c.done(because)
	}
	all := func(string) bool { return true }
	before, after := s.ends(all, false)
	whole.m.Movements = movements(s.moved)
	out := []evidence.Metric{compared(whole, "nothing was judged", before, after)}
	before, after = s.ends(s.same, true)
	return append(out, compared(like, "no check decides in the same way at both ends", before, after))
}
