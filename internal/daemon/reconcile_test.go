package daemon

import (
	"reflect"
	"testing"

	"exhibit/internal/evidence"
)

// TestReconcile compares lists that agree, that lack something, that hold more, and one that failed.
func TestReconcile(t *testing.T) {
	scope := evidence.Scope{Provider: "aws", Account: "1", Region: "eu-west-1"}
	lists := map[string]evidence.Snapshot{}
	add := func(collector string, outcome evidence.Outcome, listed, kept int) {
		s := evidence.Snapshot{Source: "a", Collector: collector, Scope: scope, Outcome: outcome,
			Completeness: evidence.Completeness{Listed: listed, Kept: kept}}
		lists[s.Series()] = s
	}
	add("same", evidence.OutcomeOK, 5, 5)
	add("some left out", evidence.OutcomeOK, 5, 3)
	add("too few", evidence.OutcomeOK, 5, 5)
	add("too many", evidence.OutcomeOK, 5, 5)
	add("failed", evidence.OutcomeDenied, 0, 0)
	got := reconcile([]evidence.Snapshot{{Source: "a", Collector: "inventory", Scope: scope,
		Completeness: evidence.Completeness{Others: map[string]int{
			"same": 5, "some left out": 4, "too few": 6, "too many": 4, "failed": 2, "elsewhere": 1,
		}}}}, lists)
	row := func(collector string, listed, kept, counted int, agrees bool) Reconciled {
		return Reconciled{"a", "aws:1:eu-west-1", collector, "inventory", listed, kept, counted, agrees}
	}
	want := []Reconciled{row("same", 5, 5, 5, true), row("some left out", 5, 3, 4, true),
		row("too few", 5, 5, 6, false), row("too many", 5, 5, 4, false)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
