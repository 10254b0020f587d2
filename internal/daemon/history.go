package daemon

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"exhibit/internal/drift"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// ErrNoAssessment means that nothing had been judged by the time that was asked for.
var ErrNoAssessment = errors.New("nothing has been assessed")

// AssessmentAt returns the newest assessment whose as-of time is not after t.
func AssessmentAt(v *store.View, t time.Time) (store.Assessment, error) {
	var first time.Time
	for one, err := range v.Assessments() { // newest first
		if err != nil {
			return store.Assessment{}, err
		}
		if !one.AsOf.After(t) {
			return one, nil
		}
		first = one.AsOf
	}
	if !first.IsZero() {
		return store.Assessment{}, fmt.Errorf("%w by %s; the first assessment is of %s", ErrNoAssessment,
			t.Format(time.RFC3339), first.Format(time.RFC3339))
	}
	return store.Assessment{}, fmt.Errorf("%w yet; run exhibit collect", ErrNoAssessment)
}

// newestAssessment returns the one that was committed last; the zero value when there is none.
func newestAssessment(v *store.View) (store.Assessment, error) {
	for one, err := range v.Assessments() {
		return one, err
	}
	return store.Assessment{}, nil
}

// errStop ends a walk early.
var errStop = errors.New("stop")

// side is the estate and its judgement as an assessment saw them; the zero assessment gives the zero side.
func (a *App) side(v *store.View, one evidence.Assessment) (drift.Side, error) {
	if one.View == 0 {
		return drift.Side{}, nil
	}
	text, err := a.catalogText(v, one)
	if err != nil {
		return drift.Side{}, err
	}
	s := drift.Side{Assessment: one, Controls: text.Controls, Frameworks: text.Frameworks, Populations: a.populations}
	snaps, err := v.Snapshots(one.View, "")
	if err != nil {
		return s, err
	}
	for _, snap := range snaps {
		s.Snapshots = append(s.Snapshots, snap.Snapshot)
		if snap.Listed() {
			continue
		}
		whole, ok, err := lastWhole(v, snap)
		if err != nil {
			return s, err
		}
		if ok {
			s.Whole = append(s.Whole, whole)
		}
	}
	s.Scopes, err = a.scopesOf(v, one)
	return s, err
}

// populations are the subject types whose subjects are events.
func populations() map[string]bool {
	out := map[string]bool{}
	for _, s := range Schemas() {
		out[s.Type] = s.Population
	}
	return out
}

// lastWhole returns the newest snapshot of a series before a failed one that holds its whole list.
func lastWhole(v *store.View, failed store.Snapshot) (evidence.Snapshot, bool, error) {
	at := failed
	for {
		older, err := v.Snapshots(at.Entry, at.Collector)
		if err != nil {
			return evidence.Snapshot{}, false, err
		}
		i := slices.IndexFunc(older, func(s store.Snapshot) bool { return s.Series() == at.Series() })
		if i < 0 {
			return evidence.Snapshot{}, false, nil
		}
		if older[i].Listed() {
			return older[i].Snapshot, true, nil
		}
		at = older[i]
	}
}

// changedStates returns the intervals that the next assessment changes against the newest committed one.
func (a *App) changedStates(v *store.View, next evidence.Assessment) ([]evidence.State, error) {
	last, err := newestAssessment(v)
	if err != nil {
		return nil, err
	}
	before, err := a.side(v, last.Assessment)
	if err != nil {
		return nil, err
	}
	after, err := a.side(v, next)
	if err != nil {
		return nil, err
	}
	stored := func(scope, check, subject string) iter.Seq2[evidence.State, error] {
		return v.States(store.StateFilter{Scope: scope, Check: check, Subject: subject})
	}
	var out []evidence.State
	err = drift.States(v, before, after, stored, func(s evidence.State) error {
		out = append(out, s)
		return nil
	})
	return out, err
}

// Drift returns what changed between the views of two times: subjects, scopes, verdicts and findings, each with its cause,
// and failures with the deployment that they followed. A time before the first assessment stands for the first one, which is the baseline.
func (a *App) Drift(v *store.View, from, to time.Time) ([]evidence.Change, error) {
	older, err := assessmentFrom(v, from)
	if err != nil {
		return nil, err
	}
	newer, err := AssessmentAt(v, to)
	if err != nil {
		return nil, err
	}
	changes, err := a.driftBetween(v, older.Assessment, newer.Assessment)
	if err != nil {
		return nil, err
	}
	return changes, a.precede(v, newer, older.AsOf, changes)
}

// driftBetween returns what changed between two assessments.
func (a *App) driftBetween(v *store.View, older, newer evidence.Assessment) ([]evidence.Change, error) {
	before, err := a.side(v, older)
	if err != nil {
		return nil, err
	}
	after, err := a.side(v, newer)
	if err != nil {
		return nil, err
	}
	changes, err := drift.Subjects(v, before, after, Schemas())
	if err != nil {
		return nil, err
	}
	verdicts, err := drift.Verdicts(v, before, after, nil)
	if err != nil {
		return nil, err
	}
	return append(changes, verdicts...), nil
}

// assessmentFrom is AssessmentAt, or the first one when there was none yet.
func assessmentFrom(v *store.View, t time.Time) (store.Assessment, error) {
	one, err := AssessmentAt(v, t)
	if errors.Is(err, ErrNoAssessment) {
		return firstAssessment(v)
	}
	return one, err
}

// firstAssessment returns the one that was committed first; the zero value when there is none.
func firstAssessment(v *store.View) (store.Assessment, error) {
	entry, ok := v.First(evidence.KindAssessment)
	if !ok {
		return store.Assessment{}, nil
	}
	one, err := Body[evidence.Assessment](v, entry)
	return store.Assessment{Assessment: one, Entry: entry}, err
}

// Exposures returns how long what failed in the period, as it was known at the newest assessment by asOf.
func (a *App) Exposures(v *store.View, period evidence.Window, asOf time.Time) ([]evidence.Exposure, error) {
	newest, err := AssessmentAt(v, asOf)
	if err != nil {
		return nil, err
	}
	text, err := CatalogText(v, newest.Assessment)
	if err != nil {
		return nil, err
	}
	gaps, err := gapsOf(v, newest, text, period, asOf)
	if err != nil {
		return nil, err
	}
	return exposuresOf(v, newest, text, period, asOf, gaps)
}

// exposuresOf tells the exposures that an assessment knew of, given where nobody looked.
func exposuresOf(v *store.View, newest store.Assessment, text Text, period evidence.Window, asOf time.Time, gaps []evidence.Gap,
) ([]evidence.Exposure, error) {
	looks, err := lastLooks(v, newest.View)
	if err != nil {
		return nil, err
	}
	unseen := map[string][]evidence.Window{}
	for _, g := range gaps {
		_, subjectType, scope := splitSeries(g.Series)
		unseen[subjectType+"|"+scope] = append(unseen[subjectType+"|"+scope], g.Window)
	}
	return drift.Exposures(v.StatesAt(newest.Entry+1, store.StateFilter{}), drift.ExposureOptions{
		Period: period, AsOf: asOf,
		LastLook: func(subjectType, scope string) time.Time { return looks[subjectType+"|"+scope] },
		Gaps:     func(subjectType, scope string) []evidence.Window { return unseen[subjectType+"|"+scope] },
		Severity: func(check string) evidence.Severity {
			_, k := text.Check(check)
			return k.Severity
		},
		Log: logOf(v, newest.View, text, period.From),
	})
}

// gapsOf returns where in the period nobody looked for longer than a control's freshness allows. It reads every snapshot of
// the period.
func gapsOf(v *store.View, newest store.Assessment, text Text, period evidence.Window, asOf time.Time) ([]evidence.Gap, error) {
	return drift.Gaps(snapshotsOf(v, period, newest.View), text.Freshness, period, asOf)
}

// lastLooks returns when each subject type in each scope was last seen whole among the first size entries.
func lastLooks(v *store.View, size int64) (map[string]time.Time, error) {
	snaps, err := v.Snapshots(size, "")
	if err != nil {
		return nil, err
	}
	looks := map[string]time.Time{}
	for _, s := range snaps {
		one, ok := s.Snapshot, s.Listed()
		if !ok {
			if one, ok, err = lastWhole(v, s); err != nil {
				return nil, err
			}
		}
		key := one.Collector + "|" + one.Scope.ID()
		if ok && one.Window.From.After(looks[key]) {
			looks[key] = one.Window.From // the look began then: what it saw is certain up to there only
		}
	}
	return looks, nil
}

// snapshotsOf yields the snapshots of all runs that ended within the period, and of the last run before it.
func snapshotsOf(v *store.View, period evidence.Window, size int64) iter.Seq2[evidence.Snapshot, error] {
	return func(yield func(evidence.Snapshot, error) bool) {
		for i := range v.EntriesOf(evidence.KindRun) { // newest first
			if i >= size {
				continue
			}
			run, err := Body[evidence.Run](v, i)
			if err != nil {
				yield(evidence.Snapshot{}, err)
				return
			}
			if run.Window.From.After(period.To) {
				continue
			}
			for s, err := range items[evidence.Snapshot](v, run.Snapshots) {
				if !yield(s, err) || err != nil {
					return
				}
			}
			if run.Window.To.Before(period.From) {
				return
			}
		}
	}
}
