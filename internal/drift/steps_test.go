package drift

import (
	"testing"

	"exhibit/internal/evidence"
)

// checkSteps holds the steps between two sides against what their observations count.
func checkSteps(t *testing.T, w world, before, after Side) {
	t.Helper()
	sum := func(s Side) map[evidence.Verdict]int {
		out := map[evidence.Verdict]int{}
		for key, d := range w.lists[s.Assessment.Observations] {
			o, err := decode[evidence.Observation](w, d, key)
			if err != nil {
				t.Fatal(err)
			}
			out[o.Verdict]++
		}
		return out
	}
	got, want := sum(before), sum(after)
	err := Steps(w, before, after, func(s Step) error {
		if s.Change.Cause == "" {
			t.Errorf("%s %s -> %s has no cause", s.Change.Subject, s.Was, s.Is)
		}
		got[s.Was]--
		got[s.Is]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []evidence.Verdict{evidence.Pass, evidence.Fail, evidence.Unknown, evidence.NotApplicable} {
		if got[v] != want[v] {
			t.Errorf("with the steps there are %d %s, without them %d", got[v], v, want[v])
		}
	}
}

func TestSteps(t *testing.T) {
	w := newWorld()
	docs := func(ids ...string) map[string]string {
		out := map[string]string{}
		for _, id := range ids {
			out[id] = `{}`
		}
		return out
	}
	rule := control("old")
	pass, unknown := evidence.Pass, evidence.Unknown
	before := w.side(1, w.snapshot(1, "ok", docs("a", "b")), rule, verdicts{"a": pass, "b": pass})
	after := w.side(2, w.snapshot(2, "ok", docs("b", "c")), rule, verdicts{"b": pass, "c": pass})
	denied := w.side(3, w.snapshot(3, "denied", nil), rule, verdicts{"": unknown})
	for _, tc := range []struct {
		name          string
		before, after Side
		want          []string
	}{
		{"what passes comes and goes", before, after, []string{"a subject pass->", "c subject ->pass"}},
		{"a list that gives way to its subjects", denied, before,
			[]string{" permission unknown->", "a permission ->pass", "b permission ->pass"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			err := Steps(w, tc.before, tc.after, func(s Step) error {
				got = append(got, s.Change.Subject+" "+string(s.Change.Cause)+" "+string(s.Was)+"->"+string(s.Is))
				return nil
			})
			if err != nil || len(got) != len(tc.want) {
				t.Fatalf("%q, %v; want %q", got, err, tc.want)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Errorf("%q, want %q", got[i], tc.want[i])
				}
			}
			checkSteps(t, w, tc.before, tc.after)
		})
	}
}

func TestSameRule(t *testing.T) {
	w := newWorld()
	side := func(assert string) Side { return w.side(1, w.snapshot(1, "ok", nil), control(assert), nil) }
	if same := SameRule(side("old"), side("old")); !same("s3.public") || same("other") {
		t.Error("the same text is the same rule, and a check that is not there has none")
	}
	if SameRule(side("old"), side("new"))("s3.public") {
		t.Error("another text is another rule")
	}
	b, a := side("old"), side("old")
	a.Assessment.Evaluator = "2"
	if SameRule(b, a)("s3.public") {
		t.Error("another evaluator is another rule")
	}
}
