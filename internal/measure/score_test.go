package measure

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

const (
	pass    = evidence.Pass
	fail    = evidence.Fail
	unknown = evidence.Unknown
)

func moves(list []evidence.Movement) string {
	var parts []string
	for _, m := range list {
		parts = append(parts, fmt.Sprintf("%s %+d %+d %+d", m.Cause, m.Pass, m.Fail, m.Unknown))
	}
	return strings.Join(parts, "; ")
}

// TestSplit works on four checks: k stays as it is, r gets a stricter text, n is new, p is denied at the end.
//
//	begin: k 8 pass 2 fail, r 10 pass, p 4 pass 1 fail           → 22 of 25
//	end:   k 9 pass 2 fail, r 4 pass 6 fail, n 3 fail, p 5 unknown → 13 of 24
func TestSplit(t *testing.T) {
	after := map[string]evidence.Tally{"k": {Pass: 9, Fail: 2}, "r": {Pass: 4, Fail: 6}, "n": {Fail: 3}, "p": {Unknown: 5}}
	begin, end := evidence.Assessment{AsOf: on(1)}, evidence.Assessment{AsOf: on(31)}
	s := NewSplit(begin, end, after, func(check string) bool { return check == "k" || check == "p" })
	for range 6 {
		s.Add("r", evidence.CauseRule, pass, fail)
	}
	for range 3 {
		s.Add("n", evidence.CauseRule, "", fail)
	}
	for _, v := range []evidence.Verdict{pass, pass, pass, pass, fail} {
		s.Add("p", evidence.CausePermission, v, unknown)
	}
	s.Add("k", evidence.CauseSubject, fail, pass) // one was mended
	s.Add("k", evidence.CauseSubject, pass, fail) // one broke
	s.Add("k", evidence.CauseScope, "", pass)     // a scope more
	all := Metrics(Input{Score: s, Tally: evidence.Tally{Pass: 13, Fail: 11, Unknown: 5}})
	whole, like := find(t, all, "score", ""), find(t, all, "score-like-for-like", "")
	if got := brief(whole); got != "13/24" || *whole.Before != (evidence.Part{Numerator: 22, Denominator: 25}) {
		t.Errorf("score %s before %v, want 13/24 before 22/25", got, whole.Before)
	}
	const want = "permission -4 -1 +5; scope +1 +0 +0; rule -6 +9 +0" // what the estate won it lost elsewhere
	if got := moves(whole.Movements); got != want {
		t.Errorf("moved %s, want %s", got, want)
	}
	// k alone: of what was judged at both ends 8 of 10 passed before, and 8 of 10 pass now; the new scope's is left out.
	if got := brief(like); got != "8/10" || *like.Before != (evidence.Part{Numerator: 8, Denominator: 10}) {
		t.Errorf("like for like %s before %v, want 8/10 and no fall", got, like.Before)
	}
	if whole.Period.From != on(1) || whole.Period.To != on(31) {
		t.Errorf("the period is %v, want that of both assessments", whole.Period)
	}
	none := NewSplit(begin, end, after, func(string) bool { return false })
	m := find(t, Metrics(Input{Score: none}), "score-like-for-like", "")
	if got := brief(m); got != "0/0; not measurable: no check decides in the same way at both ends" {
		t.Errorf("got %s", got)
	}
}

func observations(list ...evidence.Observation) iter.Seq2[evidence.Observation, error] {
	return func(yield func(evidence.Observation, error) bool) {
		for _, o := range list {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func obs(check, subject string, v evidence.Verdict) evidence.Observation {
	return evidence.Observation{Check: check, Subject: subject, Scope: "aws:1", Verdict: v}
}

func trendText(list []evidence.Trend) []string {
	var out []string
	for _, t := range list {
		s := t.Name + ":"
		for _, p := range t.Points {
			s += fmt.Sprintf(" %d/%d/%d", p.Pass, p.Fail, p.Unknown)
			if len(p.Movements) > 0 {
				s += " (" + moves(p.Movements) + ")"
			}
		}
		out = append(out, s)
	}
	return out
}

// TestTrend lets a framework be mapped to another check, a check be replaced, and subjects break and mend.
func TestTrend(t *testing.T) {
	start := []evidence.Observation{obs("a", "1", pass), obs("a", "2", fail), obs("b", "1", pass), obs("b", "2", pass)}
	first := map[string][]string{"a": {"soc2"}, "b": {"iso"}}
	second := map[string][]string{"a": {"soc2"}, "b": {"iso", "soc2"}}
	third := map[string][]string{"b": {"soc2"}, "c": {"soc2"}} // a is no more, iso is mapped no more
	in := func(groups map[string][]string) func(string) ([]string, bool) {
		return func(check string) ([]string, bool) {
			g, ok := groups[check]
			return g, ok
		}
	}
	run := func(kind string, ownerOf func(evidence.Observation) string) []evidence.Trend {
		tr := NewTracker(kind, ownerOf)
		if err := tr.Start(observations(start...)); err != nil {
			t.Fatal(err)
		}
		tr.Point(evidence.Assessment{AsOf: on(1)}, in(first))
		tr.Step(obs("a", "1", ""), evidence.CauseSubject, pass, fail)
		tr.Step(obs("b", "2", ""), evidence.CausePermission, pass, unknown)
		tr.Point(evidence.Assessment{AsOf: on(2)}, in(second))
		tr.Step(obs("a", "1", ""), evidence.CauseRule, fail, "")
		tr.Step(obs("a", "2", ""), evidence.CauseRule, fail, "")
		tr.Step(obs("c", "1", ""), evidence.CauseRule, "", pass)
		tr.Point(evidence.Assessment{AsOf: on(3)}, in(third))
		return tr.Trends()
	}
	for _, tc := range []struct {
		name, kind string
		ownerOf    func(evidence.Observation) string
		want       []string
	}{
		{"framework", "framework", nil, []string{
			"iso: 2/0/0 1/0/1 (permission -1 +0 +1) 0/0/0 (mapping -1 +0 -1)",
			// b came with two that pass, of which one is denied; then a's two failures went and c's pass came
			"soc2: 1/1/0 1/2/1 (subject -1 +1 +0; permission -1 +0 +1; mapping +2 +0 +0) 2/0/1 (rule +1 -2 +0)"}},
		{"owner", "owner", func(o evidence.Observation) string { return "team " + o.Subject }, []string{
			"team 1: 2/0/0 1/1/0 (subject -1 +1 +0) 2/0/0 (rule +1 -1 +0)",
			"team 2: 1/1/0 0/1/1 (permission -1 +0 +1) 0/0/1 (rule +0 -1 +0)"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := run(tc.kind, tc.ownerOf)
			if text := trendText(got); !slices.Equal(text, tc.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(text, "\n"), strings.Join(tc.want, "\n"))
			}
			for _, tr := range got { // what moved is the whole difference
				for i := 1; i < len(tr.Points); i++ {
					sum := tr.Points[i-1].Tally
					for _, m := range tr.Points[i].Movements {
						sum = sum.Plus(m.Tally)
					}
					if sum != tr.Points[i].Tally {
						t.Errorf("%s on day %d: the movements lead to %+v, not %+v", tr.Name, i+1, sum, tr.Points[i].Tally)
					}
				}
			}
		})
	}
}

func TestTrendError(t *testing.T) {
	broken := func(yield func(evidence.Observation, error) bool) { yield(evidence.Observation{}, errors.New("torn")) }
	if err := NewTracker("all", nil).Start(broken); err == nil || !strings.Contains(err.Error(), "torn") {
		t.Errorf("got %v, want the error of the list", err)
	}
}
