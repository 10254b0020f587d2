package evidence

import "testing"

// TestOutcomes holds that only answers count as seen, and that a summary never reads better than its parts.
func TestOutcomes(t *testing.T) {
	seen := map[Outcome]bool{OutcomeOK: true, OutcomeEmpty: true, OutcomeNotEnabled: true}
	all := []Outcome{OutcomeOK, OutcomeEmpty, OutcomeDenied, OutcomeExpired, OutcomeThrottled, OutcomeNotEnabled,
		OutcomeUnreachable, OutcomeFailed, OutcomeSkipped, "of-a-later-version", ""}
	for _, a := range all {
		if a.Seen() != seen[a] {
			t.Errorf("%q.Seen() = %v", a, a.Seen())
		}
		for _, b := range all {
			if w := Worse(a, b); (a != "" && !a.Seen() || b != "" && !b.Seen()) && w.Seen() {
				t.Errorf("Worse(%q, %q) = %q, which reads as seen", a, b, w)
			}
		}
	}
}

// TestExcluded holds that what was left out on purpose proves nothing, and does not make incomplete what else was seen.
func TestExcluded(t *testing.T) {
	if OutcomeExcluded.Seen() {
		t.Error("excluded counts as seen")
	}
	for _, o := range []Outcome{OutcomeOK, OutcomeEmpty, OutcomeNotEnabled, OutcomeDenied} {
		if got := Worse(OutcomeExcluded, o); got != o {
			t.Errorf("Worse(excluded, %s) = %s", o, got)
		}
	}
}

func TestWhole(t *testing.T) {
	ok := Operation{Name: "a", Outcome: OutcomeOK}
	for _, tc := range []struct {
		name string
		c    Completeness
		want bool
	}{
		{"all answered", Completeness{Operations: []Operation{ok}}, true},
		{"one denied", Completeness{Operations: []Operation{ok, {Name: "b", Outcome: OutcomeDenied}}}, false},
		{"counts agree", Completeness{Operations: []Operation{ok}, Listed: 2, SecondCount: &SecondCount{Count: 2}}, true},
		{"counts differ", Completeness{Operations: []Operation{ok}, Listed: 2, SecondCount: &SecondCount{Count: 3}}, false},
	} {
		if got := tc.c.Whole(); got != tc.want {
			t.Errorf("%s: got %v", tc.name, got)
		}
	}
}
