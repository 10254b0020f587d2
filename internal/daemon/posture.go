package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"exhibit/internal/build"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// Posture builds the posture of the newest assessment by t. With a period that is not zero it also tells what changed
// in it, how long what failed, where nobody looked, and how the posture moved. Acceptances and attestations are those
// that were committed by t, as they stand at t.
func (a *App) Posture(v *store.View, t time.Time, period evidence.Window, frameworks ...string) (*report.Posture, error) {
	in, err := a.postureInput(v, t, period, frameworks)
	if err != nil {
		return nil, err
	}
	return a.build(v, in)
}

// build builds a posture with the owners of what it speaks of.
func (a *App) build(v *store.View, in report.Input) (*report.Posture, error) {
	if !a.Config.Owners.Configured() {
		return report.Build(in)
	}
	owners := a.ownersAt(v, in.Assessment.View)
	in.OwnerOf = owners.Of
	p, err := report.Build(in)
	return p, errors.Join(err, owners.Err())
}

func (a *App) postureInput(v *store.View, t time.Time, period evidence.Window, frameworks []string,
) (in report.Input, err error) {
	newest, err := AssessmentAt(v, t)
	if err != nil {
		return in, err
	}
	text, err := CatalogText(v, newest.Assessment)
	if err != nil {
		return in, err
	}
	in, err = a.asOf(v, newest, text)
	if err != nil {
		return in, err
	}
	in.Period, in.Frameworks = period, chosen(text.Frameworks, frameworks)
	in.At = t
	if now := a.Now(); in.At.After(now) {
		in.At = now // what is to come is not known
	}
	if in.Acceptances, in.Attestations, err = decided(v, recordedBy(in.At)); err != nil {
		return in, err
	}
	if period.From.IsZero() {
		// Since when something fails is always told.
		in.Exposures, err = a.Exposures(v, evidence.Window{From: a.Store.Genesis().CreatedAt, To: newest.AsOf}, newest.AsOf)
	} else {
		err = a.overTime(v, &in, newest, text, period)
	}
	return in, err
}

// asOf is what was known at an assessment of the time as of which it is, and not of what happened before.
func (a *App) asOf(v *store.View, one store.Assessment, text Text) (in report.Input, err error) {
	in = report.Input{
		Title: "Posture", Simulated: a.Store.Genesis().Simulated, Tool: build.Tool(), Assessment: one.Assessment,
		Controls: text.Controls, Observations: items[evidence.Observation](v, one.Observations),
		Findings: items[evidence.Finding](v, one.Findings),
	}
	if in.Scopes, err = a.scopesOf(v, one.Assessment); err != nil {
		return in, err
	}
	snaps, err := v.Snapshots(one.View, "")
	if err != nil {
		return in, err
	}
	for _, s := range snaps {
		in.Snapshots = append(in.Snapshots, s.Snapshot)
	}
	in.Acceptances, in.Attestations, err = decided(v, below(one.Entry+1))
	return in, err
}

// overTime adds what happened in the period.
func (a *App) overTime(v *store.View, in *report.Input, newest store.Assessment, text Text, period evidence.Window,
) (err error) {
	for one, err := range v.Assessments() {
		if err != nil {
			return err
		}
		if one.AsOf.Before(period.From) {
			break
		}
		if !one.AsOf.After(period.To) {
			in.History = append(in.History, one.Assessment)
		}
	}
	slices.Reverse(in.History)
	if in.Gaps, err = gapsOf(v, newest, text, period, newest.AsOf); err != nil {
		return err
	}
	if in.Exposures, err = exposuresOf(v, newest, text, period, newest.AsOf, in.Gaps); err != nil {
		return err
	}
	in.Changes, err = a.Drift(v, period.From, newest.AsOf)
	return err
}

// chosen returns the frameworks of the keys or ids; all when none is named.
func chosen(all []evidence.Framework, names []string) []evidence.Framework {
	if len(names) == 0 {
		return all
	}
	var out []evidence.Framework
	for _, f := range all {
		if slices.Contains(names, f.ID) || slices.Contains(names, f.Key()) {
			out = append(out, f)
		}
	}
	return out
}

// items decodes the objects of a list.
func items[T any](v *store.View, ref evidence.ListRef) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped := false
		err := v.Objects(ref, func(key string, _ evidence.Digest, raw []byte) error {
			var item T
			if err := json.Unmarshal(raw, &item); err != nil {
				return fmt.Errorf("decode %s: %w", key, err)
			}
			if !yield(item, nil) {
				stopped = true
				return errStop
			}
			return nil
		})
		if err != nil && !stopped {
			var none T
			yield(none, err)
		}
	}
}
