package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"exhibit/internal/build"
	"exhibit/internal/bundle"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// Bundle writes the audit bundle of a framework and a period, with the report's page and tables in it.
func (a *App) Bundle(ctx context.Context, w io.Writer, framework string, period evidence.Window, asOf time.Time) (bundle.Summary, error) {
	f, err := a.Catalog.Framework(framework)
	if err != nil {
		return bundle.Summary{}, err
	}
	key := a.key
	if key == nil {
		if key, err = readKey(a.Config.Key); err != nil {
			return bundle.Summary{}, fmt.Errorf("sign the bundle: %w", err)
		}
	}
	var sum bundle.Summary
	err = a.Store.View(func(v *store.View) error {
		r := bundle.Request{Framework: f, Controls: a.Catalog.Controls, Period: period, AsOf: asOf, Key: key, Tool: build.Tool()}
		posture, err := a.Posture(v, period.To, period, f.ID)
		switch {
		case err == nil:
			posture.Title = f.Title
			if posture.Metrics, err = a.Metrics(v, MetricsRequest{Period: period, Frameworks: []string{f.ID}}); err != nil {
				return err
			}
			r.Exposures, r.Changes, r.Gaps = each(posture.Exposures), each(posture.Changes), posture.Gaps
			r.Pages = pages(posture)
		case !errors.Is(err, ErrNoAssessment):
			return err
		}
		sum, err = bundle.Write(ctx, w, bundleView{v}, r)
		return err
	})
	return sum, err
}

// pages are the renderings that a bundle carries for people.
func pages(p *report.Posture) []bundle.Page {
	return []bundle.Page{
		{Name: "report.html", About: "the posture, what failed and for how long, drawn", Write: func(w io.Writer) error { return report.HTML(w, p) }},
		{Name: "requirements.csv", About: "the framework's requirements with their status", Write: func(w io.Writer) error { return report.RequirementsCSV(w, p.Frameworks) }},
		{Name: "controls.csv", About: "controls by scope", Write: func(w io.Writer) error { return report.ControlsCSV(w, p.Controls) }},
		{Name: "failures.csv", About: "what failed at the end of the period", Write: func(w io.Writer) error { return report.FailuresCSV(w, p.Failures) }},
		{Name: "exposures.csv", About: "how long what failed", Write: func(w io.Writer) error { return report.ExposuresCSV(w, p.Exposures) }},
		{Name: "changes.csv", About: "what changed over the period, by cause", Write: func(w io.Writer) error { return report.ChangesCSV(w, p.Changes) }},
		{Name: "gaps.csv", About: "where nobody looked", Write: func(w io.Writer) error { return report.GapsCSV(w, p.Gaps) }},
		{Name: "metrics.csv", About: "coverage, freshness, readiness, times to fix and the score, with their formulas",
			Write: func(w io.Writer) error { return report.MetricsCSV(w, p.Metrics) }},
		{Name: "acceptances.csv", About: "accepted risks and whether they hold", Write: func(w io.Writer) error { return report.AcceptancesCSV(w, p.Acceptances) }},
		{Name: "attestations.csv", About: "people's statements and whether they count",
			Write: func(w io.Writer) error { return report.AttestationsCSV(w, p.Attestations) }},
	}
}

func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range list {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// bundleView is the store as bundle wants it.
type bundleView struct{ *store.View }

// Snapshots implements bundle.View.
func (v bundleView) Snapshots(size int64, subjectType string) ([]bundle.Snapshot, error) {
	snaps, err := v.View.Snapshots(size, subjectType)
	if err != nil {
		return nil, err
	}
	out := make([]bundle.Snapshot, len(snaps))
	for i, s := range snaps {
		out[i] = bundle.Snapshot{Snapshot: s.Snapshot, Digest: s.Digest, Entry: s.Entry}
	}
	return out, nil
}
