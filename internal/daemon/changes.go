package daemon

import (
	"time"

	"exhibit/internal/assess"
	"exhibit/internal/change"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Changes lists the changes of a period, by the evidence that the newest assessment by t rests on. A period
// without an end goes as far as everything was collected. A repository limits it; empty is all.
func (a *App) Changes(v *store.View, t time.Time, period evidence.Window, repository string) (change.Population, error) {
	newest, err := AssessmentAt(v, t)
	if err != nil {
		return change.Population{}, err
	}
	scopes, err := a.scopesOf(v, newest.Assessment)
	if err != nil {
		return change.Population{}, err
	}
	p, err := a.Catalog.Evaluator().Changes(assessView{v, newest.View}, assess.ChangesInput{
		AsOf: newest.AsOf, Period: period, Repository: repository, Scopes: scopes,
	})
	p.Simulated = a.Store.Genesis().Simulated
	return p, err
}
