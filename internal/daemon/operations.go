package daemon

import (
	"cmp"
	"slices"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// AskedOperation sums up one API operation over all snapshots of a source's run.
type AskedOperation struct {
	Source string `json:"source"`
	Name   string `json:"name"`
	// Outcome is the gravest of its calls.
	Outcome  evidence.Outcome         `json:"outcome"`
	Calls    map[evidence.Outcome]int `json:"calls"`
	Requests int                      `json:"requests"`
	// Permission is what it needs; set when a call was denied.
	Permission string `json:"permission,omitempty"`
	// Scopes are those in which it was not answered.
	Scopes []string `json:"scopes,omitempty"`
}

// Operations returns every operation that a run asked for, in order of source and name.
func Operations(v *store.View, run evidence.Run) ([]AskedOperation, error) {
	type key struct{ source, name string }
	byKey := map[key]*AskedOperation{}
	for s, err := range items[evidence.Snapshot](v, run.Snapshots) {
		if err != nil {
			return nil, err
		}
		for _, o := range s.Completeness.Operations {
			k := key{s.Source, o.Name}
			sum := byKey[k]
			if sum == nil {
				sum = &AskedOperation{Source: s.Source, Name: o.Name, Calls: map[evidence.Outcome]int{}}
				byKey[k] = sum
			}
			sum.Outcome = evidence.Worse(sum.Outcome, o.Outcome)
			sum.Requests += o.Requests
			sum.Permission = cmp.Or(sum.Permission, o.Permission)
			for outcome, n := range o.Calls {
				sum.Calls[outcome] += n
			}
			if id := s.Scope.ID(); !o.Outcome.Seen() && !slices.Contains(sum.Scopes, id) {
				sum.Scopes = append(sum.Scopes, id)
			}
		}
	}
	out := []AskedOperation{}
	for _, o := range byKey {
		slices.Sort(o.Scopes)
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b AskedOperation) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}
