package daemon

import (
	"fmt"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
	"exhibit/internal/measure"
	"exhibit/internal/store"
)

// tiedFor is how long before a failure the deployment may have begun that it is told with: its own time, and the day after
// it.
const tiedFor = 3 * 24 * time.Hour

// tie tells of the deployments of a population what began to fail after them, and of these failures which deployment they
// followed, as far as the configuration says where deployments change things. exposures are all that an assessment knew of,
// whole.
func (a *App) tie(v *store.View, p *change.Population, newest store.Assessment, exposures []evidence.Exposure,
) (change.Trail, error) {
	text, err := a.catalogText(v, newest.Assessment)
	if err != nil {
		return nil, err
	}
	// What is looked at reaches a week before the first deployment and a day beyond the last.
	around := evidence.Window{From: p.Period.From.AddDate(0, 0, -9), To: p.Period.To.AddDate(0, 0, 2)}
	ties := change.Ties{Accounts: a.Config.Environments.Accounts, Exposures: exposures}
	for s, err := range snapshotsOf(v, around, newest.View) {
		if err != nil {
			return nil, err
		}
		if s.Listed() && text.Freshness(s.Collector) > 0 {
			ties.Looks = append(ties.Looks, change.Look{Series: s.Series(), Scope: s.Scope.ID(), At: s.Window.From})
		}
	}
	rules, err := a.ruled(v, around, newest)
	if err != nil {
		return nil, err
	}
	ties.ByChecks = func(e evidence.Exposure) bool { return measure.Turned(rules, e) }
	if p.Period.To.Before(newest.AsOf) {
		later, err := a.population(v, newest, evidence.Window{From: p.Period.To, To: around.To}, p.Repository)
		if err != nil {
			return nil, err
		}
		ties.Later = later.Deployments
	}
	return p.Follow(ties), nil
}

// followed says of the failures that began in a period which deployment they followed; nil when the configuration does not
// say where deployments change things.
func (a *App) followed(v *store.View, newest store.Assessment, period evidence.Window, exposures []evidence.Exposure,
) (change.Trail, error) {
	if len(a.Config.Environments) == 0 {
		return nil, nil
	}
	period.From = period.From.Add(-tiedFor)
	p, err := a.population(v, newest, period, "")
	if err != nil {
		return nil, fmt.Errorf("deployments before what fails: %w", err)
	}
	return a.tie(v, &p, newest, exposures)
}

// precede adds to the failures among changes which deployment they followed.
func (a *App) precede(v *store.View, newest store.Assessment, from time.Time, changes []evidence.Change) error {
	if len(a.Config.Environments) == 0 {
		return nil
	}
	text, err := a.catalogText(v, newest.Assessment)
	if err != nil {
		return err
	}
	exposures, err := a.allExposures(v, newest, text)
	if err != nil {
		return err
	}
	trail, err := a.followed(v, newest, evidence.Window{From: from, To: newest.AsOf}, exposures)
	if err != nil {
		return err
	}
	last := map[string]*evidence.Preceding{} // of the last time that each began to fail
	for _, e := range exposures {            // in order of time for each
		last[evidence.Observation{Scope: e.Scope, Check: e.Check, Subject: e.Subject}.Key()] = trail.Of(e)
	}
	for i, c := range changes {
		if c.What == "verdict" && c.After == string(evidence.Fail) && c.Cause == evidence.CauseSubject {
			changes[i].Preceding = last[evidence.Observation{Scope: c.Scope, Check: c.Check, Subject: c.Subject}.Key()]
		}
	}
	return nil
}
