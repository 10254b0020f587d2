package daemon

import (
	"testing"

	"exhibit/internal/evidence"
)

func TestReach(t *testing.T) {
	scope := func(source, account, region string, outcome evidence.Outcome, snapshots ...evidence.Outcome) evidence.ScopeOutcome {
		o := evidence.ScopeOutcome{Source: source, Outcome: outcome, Snapshots: map[evidence.Outcome]int{},
			Scope: evidence.Scope{Provider: "aws", Account: account, Region: region}}
		for _, s := range snapshots {
			o.Snapshots[s]++
		}
		return o
	}
	const ok, denied, off = evidence.OutcomeOK, evidence.OutcomeDenied, evidence.OutcomeNotEnabled
	got := Reach(evidence.Run{Scopes: []evidence.ScopeOutcome{
		scope("gone", "", "", denied),
		scope("one", "1", "", ok, ok),
		scope("org", "1", "", ok, ok, evidence.OutcomeEmpty),
		scope("org", "1", "r1", denied, ok, denied),
		scope("org", "1", "r2", off, off, off),
		scope("org", "2", "", denied, denied, denied),
		scope("org", "2", "*", denied),
		scope("org", "3", "", evidence.OutcomeExcluded),
		scope("org", "4", "", off),
	}})
	want := []string{
		"gone: its accounts could not be listed",
		"one: 1 of 1 account reached",
		"org: 1 of 3 accounts, 1 of 2 regions reached; the regions of 1 account could not be named; 1 account excluded",
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i].String() != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
	if got[2].Accounts.Whole != 1 || got[2].Regions.Whole != 0 {
		t.Errorf("whole: %+v", got[2])
	}
}
