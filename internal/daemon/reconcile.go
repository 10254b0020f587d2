package daemon

import (
	"cmp"
	"slices"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Reconciled holds one collector's list in one scope against what an inventory counts there.
type Reconciled struct {
	Source    string `json:"source"`
	Scope     string `json:"scope"`
	Collector string `json:"collector"`
	// Inventory is the collector that counted another way.
	Inventory string `json:"inventory"`
	// Listed and Kept are what the collector was told of and what it holds; Counted is the inventory's number.
	Listed  int `json:"listed"`
	Kept    int `json:"kept"`
	Counted int `json:"counted"`
	// Agrees says that the inventory counts no fewer than were kept and no more than were listed.
	Agrees bool `json:"agrees"`
}

// Reconcile compares the counts of a run's inventories with the lists of the collectors that they count for, in order of
// source, scope and collector. A list that failed is compared with nothing.
func Reconcile(v *store.View, run evidence.Run) ([]Reconciled, error) {
	var inventories []evidence.Snapshot
	lists := map[string]evidence.Snapshot{}
	for s, err := range items[evidence.Snapshot](v, run.Snapshots) {
		if err != nil {
			return nil, err
		}
		if len(s.Completeness.Others) > 0 {
			inventories = append(inventories, s)
		}
		lists[s.Series()] = s
	}
	return reconcile(inventories, lists), nil
}

func reconcile(inventories []evidence.Snapshot, lists map[string]evidence.Snapshot) []Reconciled {
	out := []Reconciled{}
	for _, in := range inventories {
		for collector, counted := range in.Completeness.Others {
			place := evidence.Snapshot{Source: in.Source, Collector: collector, Scope: in.Scope}
			list, ok := lists[place.Series()]
			if !ok || !list.Listed() {
				continue // what is not regional is counted in several regions, or in none
			}
			c := list.Completeness
			out = append(out, Reconciled{Source: in.Source, Scope: in.Scope.ID(), Collector: collector,
				Inventory: in.Collector, Listed: c.Listed, Kept: c.Kept, Counted: counted,
				Agrees: c.Kept <= counted && counted <= c.Listed})
		}
	}
	slices.SortFunc(out, func(a, b Reconciled) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Collector, b.Collector))
	})
	return out
}
