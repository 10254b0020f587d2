package drift

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"exhibit/internal/evidence"
)

// TestGapsOfEvents holds that a look that was missed is no gap in events that a later one told of, and that what nobody can
// tell any more is, however long ago.
func TestGapsOfEvents(t *testing.T) {
	look := func(h int, outcome evidence.Outcome, from, to int, gaps ...[2]int) evidence.Snapshot {
		s := evidence.Snapshot{Collector: "log", Source: "src", Outcome: outcome, Window: evidence.Window{From: hour(h), To: hour(h)}}
		s.Completeness.Coverage = &evidence.Coverage{Span: evidence.Window{From: hour(from), To: hour(to)}}
		for _, g := range gaps {
			s.Completeness.Coverage.Gaps = append(s.Completeness.Coverage.Gaps,
				evidence.Unknowable{Window: evidence.Window{From: hour(g[0]), To: hour(g[1])}, Reason: "forgotten"})
		}
		return s
	}
	for _, tc := range []struct {
		name  string
		snaps []evidence.Snapshot
		want  string
	}{
		{"looks far apart", []evidence.Snapshot{look(10, evidence.OutcomeOK, 0, 9), look(90, evidence.OutcomeOK, 40, 89)}, "[]"},
		{"one that failed between", []evidence.Snapshot{look(10, evidence.OutcomeOK, 0, 9), look(60, evidence.OutcomeDenied, 20, 9),
			look(90, evidence.OutcomeOK, 40, 89)}, "[]"},
		{"a gap, told by every look that has it in view", []evidence.Snapshot{look(50, evidence.OutcomeOK, 0, 49, [2]int{20, 30}),
			look(90, evidence.OutcomeOK, 15, 89, [2]int{20, 30})}, "[20-30 skipped]"},
		{"a gap that the newest look has out of view, and one that it has half", []evidence.Snapshot{
			look(50, evidence.OutcomeOK, 0, 49, [2]int{5, 8}, [2]int{12, 22}), look(90, evidence.OutcomeOK, 15, 89, [2]int{15, 22})},
			"[5-8 skipped 12-15 skipped 15-22 skipped]"},
		{"nothing since", []evidence.Snapshot{look(50, evidence.OutcomeOK, 0, 49), look(80, evidence.OutcomeDenied, 0, 49)}, "[49-96 denied]"},
		{"before and after the period", []evidence.Snapshot{look(90, evidence.OutcomeOK, 0, 89, [2]int{0, 3}, [2]int{88, 99})},
			"[2-3 skipped 88-96 skipped]"},
	} {
		snaps := iter.Seq2[evidence.Snapshot, error](func(yield func(evidence.Snapshot, error) bool) {
			for _, s := range slices.Backward(tc.snaps) {
				if !yield(s, nil) {
					return
				}
			}
		})
		gaps, err := Gaps(snaps, func(string) evidence.Duration { return hours(26) }, evidence.Window{From: hour(2), To: hour(96)}, hour(96))
		got := []string{}
		for _, g := range gaps {
			got = append(got, fmt.Sprintf("%g-%g %s", g.Window.From.Sub(hour(0)).Hours(), g.Window.To.Sub(hour(0)).Hours(), g.Reason))
		}
		if err != nil || fmt.Sprint(got) != tc.want {
			t.Errorf("%s: %v, %v, want %s", tc.name, got, err, tc.want)
		}
	}
}
