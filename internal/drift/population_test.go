package drift

import (
	"testing"

	"exhibit/internal/evidence"
)

// TestAnEventThatLeavesItsWindowIsNotGone holds that time passing neither resolves what was found of an event nor is drift.
func TestAnEventThatLeavesItsWindowIsNotGone(t *testing.T) {
	w := newWorld()
	both := w.side(0, w.snapshot(0, evidence.OutcomeOK, docs{"a": `{}`, "b": `{}`}), control("x"),
		verdicts{"a": evidence.Fail, "b": evidence.Pass})
	later := w.side(6, w.snapshot(6, evidence.OutcomeOK, docs{"b": `{}`}), control("x"), verdicts{"b": evidence.Pass})
	typ := later.Snapshots[0].Collector

	for _, tc := range []struct {
		population bool
		states     string
		changes    int
	}{
		{population: false, states: "fail 0-0, gone 6-6", changes: 1},
		{population: true, states: "fail 0-0", changes: 0},
	} {
		later.Populations = map[string]bool{typ: tc.population}
		b := book{}
		b.record(t, w, Side{}, both)
		b.record(t, w, both, later)
		if got := b.text("a"); got != tc.states {
			t.Errorf("population %v: intervals %s, want %s", tc.population, got, tc.states)
		}
		changes, err := Subjects(w, both, later, []evidence.Schema{{Type: typ, Population: tc.population}})
		if err != nil || len(changes) != tc.changes {
			t.Errorf("population %v: %d changes, %v, want %d: %+v", tc.population, len(changes), err, tc.changes, changes)
		}
		said, err := Verdicts(w, both, later, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range said {
			if tc.population && c.Subject == "a" {
				t.Errorf("a verdict changed though nothing did: %+v", c)
			}
		}
	}
}
