package daemon

import (
	"time"

	"exhibit/internal/assess"
	"exhibit/internal/change"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Changes lists the changes of a period, by the evidence that the newest assessment by t rests on, and what began to fail
// after its deployments where the configuration ties these to accounts. A period without an end goes as far as everything
// was collected. A repository limits it; empty is all.
func (a *App) Changes(v *store.View, t time.Time, period evidence.Window, repository string) (change.Population, error) {
	newest, err := AssessmentAt(v, t)
	if err != nil {
		return change.Population{}, err
	}
	p, err := a.population(v, newest, period, repository)
	if err != nil || len(a.Config.Environments) == 0 {
		return p, err
	}
	text, err := a.catalogText(v, newest.Assessment)
	if err != nil {
		return p, err
	}
	exposures, err := a.allExposures(v, newest, text)
	if err != nil {
		return p, err
	}
	_, err = a.tie(v, &p, newest, exposures)
	return p, err
}

// population lists the changes of a period by the evidence that an assessment rests on.
func (a *App) population(v *store.View, newest store.Assessment, period evidence.Window, repository string,
) (change.Population, error) {
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
