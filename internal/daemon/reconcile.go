package daemon

import (
	"cmp"
	"slices"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Reconciled holds one collector's list in one scope against what an inventory knows of the same things.
type Reconciled struct {
	Source    string `json:"source"`
	Scope     string `json:"scope"`
	Collector string `json:"collector"`
	// Inventory is the collector that counted another way.
	Inventory string `json:"inventory"`
	// Listed and Kept are what the collector was told of and what it holds; Counted is the inventory's number, of its scope.
	Listed  int `json:"listed"`
	Kept    int `json:"kept"`
	Counted int `json:"counted"`
	// Missed is known to the inventory alone and Beyond to the list alone; Late are differences that are explained by how
	// late the inventory learns of changes. IDs are the first few of what is missed or beyond.
	Missed int      `json:"missed"`
	Beyond int      `json:"beyond"`
	Late   int      `json:"late"`
	IDs    []string `json:"ids,omitempty"`
	// Agrees says that nothing is left unexplained.
	Agrees bool `json:"agrees"`
}

// Reconcile returns how a run's inventories found the lists of the collectors that they count for, in order of source,
// scope and collector. A list that failed is compared with nothing.
func Reconcile(v *store.View, run evidence.Run) ([]Reconciled, error) {
	var inventories []evidence.Snapshot
	lists := map[string]evidence.Snapshot{}
	for s, err := range items[evidence.Snapshot](v, run.Snapshots) {
		if err != nil {
			return nil, err
		}
		if len(s.Completeness.Recounts) > 0 {
			inventories = append(inventories, s)
		}
		lists[s.Series()] = s
	}
	return reconcile(inventories, lists), nil
}

func reconcile(inventories []evidence.Snapshot, lists map[string]evidence.Snapshot) []Reconciled {
	out := []Reconciled{}
	for _, in := range inventories {
		for _, r := range in.Completeness.Recounts {
			list, ok := lists[in.Source+"|"+r.Collector+"|"+r.Scope]
			if r.Scope == "" || !ok {
				continue
			}
			out = append(out, Reconciled{Source: in.Source, Scope: in.Scope.ID(), Collector: r.Collector,
				Inventory: in.Collector, Listed: list.Completeness.Listed, Kept: list.Completeness.Kept, Counted: r.Counted,
				Missed: r.Missed, Beyond: r.Beyond, Late: r.Late, IDs: r.IDs, Agrees: r.Agrees()})
		}
	}
	slices.SortFunc(out, func(a, b Reconciled) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Collector, b.Collector),
			cmp.Compare(a.Inventory, b.Inventory))
	})
	return out
}
