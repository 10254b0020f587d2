package daemon

import (
	"errors"
	"time"

	"exhibit/internal/drift"
	"exhibit/internal/evidence"
	"exhibit/internal/measure"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// MetricsRequest says what is measured.
type MetricsRequest struct {
	Period evidence.Window
	// Frameworks limits those whose requirements are counted, by key or id; none is all.
	Frameworks []string
	// Again is how soon after it was fixed a failure is a repeated one; zero for the usual.
	Again time.Duration
}

// Metrics works out the metrics of a period, as they were known at the newest assessment by its end.
func (a *App) Metrics(v *store.View, req MetricsRequest) ([]evidence.Metric, error) {
	newest, err := AssessmentAt(v, req.Period.To)
	if err != nil {
		return nil, err
	}
	posture, err := a.Posture(v, req.Period.To, evidence.Window{}, req.Frameworks...)
	if err != nil {
		return nil, err
	}
	text, err := a.catalogText(v, newest.Assessment)
	if err != nil {
		return nil, err
	}
	in := measure.Input{
		Period: req.Period, AsOf: newest.AsOf, Scopes: posture.Scopes, Tally: tally(posture.Score),
		Requirements: requirements(posture.Frameworks), Failures: failures(posture), Exposures: posture.Exposures,
		FixTimes: a.Config.FixBy, Again: req.Again,
	}
	owners := a.ownersAt(v, newest.View)
	if a.Config.Owners.Configured() {
		in.OwnerOf = owners.Of
	}
	for _, s := range posture.Acceptances {
		in.Acceptances = append(in.Acceptances, s.Effective())
	}
	if err := a.looks(v, newest, text, &in); err != nil {
		return nil, err
	}
	if in.Rules, err = a.ruled(v, req.Period, newest); err != nil {
		return nil, err
	}
	if in.Score, err = a.split(v, req.Period.From, newest, posture); err != nil {
		return nil, err
	}
	changes, err := a.Changes(v, req.Period.To, req.Period, "")
	if err != nil {
		return nil, err
	}
	in.Changes = &changes
	return measure.Metrics(in), owners.Err()
}

func tally(s report.Score) evidence.Tally {
	return evidence.Tally{Pass: s.Pass, Fail: s.Fail + s.Accepted, Unknown: s.Unknown, NotApplicable: s.NotApplicable}
}

func requirements(frameworks []report.FrameworkPosture) []measure.Requirement {
	var out []measure.Requirement
	for _, f := range frameworks {
		for _, r := range f.Requirements {
			one := measure.Requirement{Framework: f.Key, ID: r.ID, Status: r.Status, Part: r.Strength != "full",
				Parts: len(r.Parts)}
			if len(r.Parts) == 0 && len(r.Attested) > 0 { // it rests on people's statements alone
				one.Parts, one.Judged = 1, 1
			}
			for _, p := range r.Parts {
				// What is satisfied without an observation was attested.
				if p.Score.Known()+p.Score.NotApplicable > 0 || p.Status == evidence.Satisfied {
					one.Judged++
				}
			}
			out = append(out, one)
		}
	}
	return out
}

func failures(p *report.Posture) []measure.Failure {
	category := map[string]string{}
	for _, a := range p.Acceptances {
		category[a.ID] = a.Category
	}
	out := make([]measure.Failure, 0, len(p.Failures))
	for _, f := range p.Failures {
		out = append(out, measure.Failure{Key: f.Key(), Accepted: category[f.Accepted]})
	}
	return out
}

// looks adds the newest snapshots, and when each series that a control reads was last seen whole.
func (a *App) looks(v *store.View, newest store.Assessment, text Text, in *measure.Input) error {
	snaps, err := v.Snapshots(newest.View, "")
	if err != nil {
		return err
	}
	for _, s := range snaps {
		in.Snapshots = append(in.Snapshots, s.Snapshot)
		one := measure.Series{Name: s.Series(), Fresh: text.Freshness(s.Collector)}
		if one.Fresh == 0 {
			continue
		}
		if one.Seen, err = seenWhole(v, s); err != nil {
			return err
		}
		in.Series = append(in.Series, one)
	}
	return nil
}

// seenWhole returns when a series was last seen whole; of events, up to when they are known.
func seenWhole(v *store.View, newest store.Snapshot) (time.Time, error) {
	switch c := newest.Completeness.Coverage; {
	case c != nil:
		return c.Span.To, nil
	case newest.Listed():
		return newest.Window.To, nil
	}
	whole, _, err := lastWhole(v, newest)
	return whole.Window.To, err
}

// ruled returns which failures a change of the checks began or ended, at every assessment of the period that judged by
// another catalog or evaluator than the one before it.
func (a *App) ruled(v *store.View, period evidence.Window, newest store.Assessment) ([]measure.Ruled, error) {
	var out []measure.Ruled
	var after store.Assessment
	for before, err := range v.Assessments() { // newest first
		if err != nil {
			return nil, err
		}
		if before.Entry > newest.Entry {
			continue
		}
		if after.View > 0 && (before.Catalog != after.Catalog || before.Evaluator != after.Evaluator) {
			one := measure.Ruled{After: before.AsOf, Until: after.AsOf, Keys: map[string]bool{}}
			b, s, err := a.sides(v, before.Assessment, after.Assessment)
			if err != nil {
				return nil, err
			}
			err = drift.Steps(v, b, s, func(s drift.Step) error {
				if s.Change.Cause == evidence.CauseRule && (s.Was == evidence.Fail || s.Is == evidence.Fail) {
					c := s.Change
					one.Keys[evidence.Observation{Scope: c.Scope, Check: c.Check, Subject: c.Subject}.Key()] = true
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
			out = append(out, one)
		}
		if after = before; before.AsOf.Before(period.From) {
			break
		}
	}
	return out, nil
}

func (a *App) sides(v *store.View, before, after evidence.Assessment) (b, s drift.Side, err error) {
	if b, err = a.side(v, before); err == nil {
		s, err = a.side(v, after)
	}
	return b, s, err
}

// split compares the assessment at the period's begin, or else the first that there is, with the newest.
func (a *App) split(v *store.View, from time.Time, newest store.Assessment, p *report.Posture) (*measure.Split, error) {
	begin, err := AssessmentAt(v, from)
	if errors.Is(err, ErrNoAssessment) {
		begin, err = firstAssessment(v)
	}
	if err != nil {
		return nil, err
	}
	after := map[string]evidence.Tally{}
	for _, c := range p.Controls {
		for _, k := range c.Checks {
			after[k.ID] = tally(k.Score)
		}
	}
	b, s, err := a.sides(v, begin.Assessment, newest.Assessment)
	if err != nil {
		return nil, err
	}
	split := measure.NewSplit(begin.Assessment, newest.Assessment, after, drift.SameRule(b, s))
	err = drift.Steps(v, b, s, func(s drift.Step) error {
		split.Add(s.Change.Check, s.Change.Cause, s.Was, s.Is)
		return nil
	})
	return split, err
}
