package daemon

import (
	"reflect"
	"testing"

	"exhibit/internal/evidence"
)

// TestReconcile compares lists that agree, that lack something, that hold more, one of the whole account and one that
// failed.
func TestReconcile(t *testing.T) {
	scope := evidence.Scope{Provider: "aws", Account: "1", Region: "eu-west-1"}
	lists := map[string]evidence.Snapshot{}
	add := func(collector string, scope evidence.Scope, listed, kept int) {
		s := evidence.Snapshot{Source: "a", Collector: collector, Scope: scope, Outcome: evidence.OutcomeOK,
			Completeness: evidence.Completeness{Listed: listed, Kept: kept}}
		lists[s.Series()] = s
	}
	add("same", scope, 5, 5)
	add("too few", scope, 5, 3)
	add("too many", scope, 5, 5)
	add("global", evidence.Scope{Provider: "aws", Account: "1"}, 9, 9)
	here := scope.ID()
	got := reconcile([]evidence.Snapshot{{Source: "a", Collector: "inventory", Scope: scope,
		Completeness: evidence.Completeness{Recounts: []evidence.Recount{
			{Collector: "too many", Scope: here, Counted: 4, Beyond: 1, IDs: []string{"y"}},
			{Collector: "failed", Counted: 2},
			{Collector: "same", Scope: here, Counted: 5},
			{Collector: "too few", Scope: here, Counted: 6, Missed: 1, IDs: []string{"x"}},
			{Collector: "global", Scope: "aws:1", Counted: 2, Late: 1},
		}}}}, lists)
	want := []Reconciled{
		{Source: "a", Scope: here, Collector: "global", Inventory: "inventory", Listed: 9, Kept: 9, Counted: 2, Late: 1, Agrees: true},
		{Source: "a", Scope: here, Collector: "same", Inventory: "inventory", Listed: 5, Kept: 5, Counted: 5, Agrees: true},
		{Source: "a", Scope: here, Collector: "too few", Inventory: "inventory", Listed: 5, Kept: 3, Counted: 6, Missed: 1,
			IDs: []string{"x"}},
		{Source: "a", Scope: here, Collector: "too many", Inventory: "inventory", Listed: 5, Kept: 5, Counted: 4, Beyond: 1,
			IDs: []string{"y"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
