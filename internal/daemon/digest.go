package daemon

import (
	"errors"
	"fmt"
	"time"

	"exhibit/internal/drift"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// DigestRequest says what a drift report is to tell of.
type DigestRequest struct {
	// Report is the report's name.
	Report string
	// Since is the entry of the assessment that was told of last, Until that of the one to tell up to; 0 for Since gives
	// a first report, for Until the newest.
	Since, Until int64
	// OwnerOf is nil for the owners of the configuration, as the newer assessment saw them.
	OwnerOf OwnerOf
	// Next is when the next report is due, Page the address of the served report; both may be left out.
	Next time.Time
	Page string
}

// Digest makes the drift report about everybody's things, from which that of each owner is taken. It rests on what
// was committed by its last assessment alone: made again later, it is the same.
func (a *App) Digest(v *store.View, r DigestRequest) (*report.Digest, error) {
	zone, err := time.LoadLocation(a.Config.Zone)
	if err != nil {
		return nil, fmt.Errorf("%w: zone: %w", ErrConfig, err)
	}
	newer, err := assessmentOf(v, r.Until)
	if err != nil {
		return nil, err
	}
	first, err := firstAssessment(v)
	if err != nil {
		return nil, err
	}
	if r.OwnerOf == nil && a.Config.Owners.Configured() {
		owners := a.ownersAt(v, newer.Entry+1)
		r.OwnerOf, r.Until = owners.Of, newer.Entry
		d, err := a.Digest(v, r)
		return d, errors.Join(err, owners.Err())
	}
	text, err := CatalogText(v, newer.Assessment)
	if err != nil {
		return nil, err
	}
	in := report.DigestInput{Report: r.Report, Controls: text.Controls, OwnerOf: r.OwnerOf, Events: a.populations,
		FixBy: a.Config.FixBy, Began: first.AsOf, Next: r.Next, Page: r.Page, Zone: zone}
	now, err := a.asOf(v, newer, text)
	if err != nil {
		return nil, err
	}
	now.OwnerOf = r.OwnerOf
	if now.Exposures, err = a.allExposures(v, newer, text); err != nil {
		return nil, err
	}
	if in.Preceding, err = a.precedingOf(v, newer, r.Since, now.Exposures); err != nil {
		return nil, err
	}
	if r.Since != 0 {
		if err := a.digestSince(v, r, &in, &now, newer, text); err != nil {
			return nil, err
		}
	}
	if in.Now, err = report.Build(now); err != nil {
		return nil, err
	}
	return report.BuildDigest(in), nil
}

// digestSince adds what was known when the last report was made, and what happened since.
func (a *App) digestSince(v *store.View, r DigestRequest, in *report.DigestInput, now *report.Input,
	newer store.Assessment, text Text,
) error {
	older, err := assessmentOf(v, r.Since)
	if err != nil {
		return err
	}
	oldText, err := CatalogText(v, older.Assessment)
	if err != nil {
		return err
	}
	before, err := a.asOf(v, older, oldText)
	if err != nil {
		return err
	}
	before.OwnerOf = r.OwnerOf
	if in.Before, err = report.Build(before); err != nil {
		return err
	}
	// When they began and whether they ended is all that is asked of these.
	in.Told, err = drift.Exposures(v.StatesAt(older.Entry+1, store.StateFilter{}), drift.ExposureOptions{
		Period: evidence.Window{From: a.Store.Genesis().CreatedAt, To: older.AsOf}, AsOf: older.AsOf})
	if err != nil {
		return err
	}
	if in.Decisions, err = overridden(v, older.Entry, newer.Entry); err != nil {
		return err
	}
	period := evidence.Window{From: older.AsOf, To: newer.AsOf}
	if now.Gaps, err = gapsOf(v, newer, text, period, newer.AsOf); err != nil {
		return err
	}
	now.Changes, err = a.driftBetween(v, older.Assessment, newer.Assessment)
	return err
}

// precedingOf returns which deployment a failure followed, of those that began since an assessment; of all failures when it is
// the first report. It returns nil when the configuration does not say where deployments change things.
func (a *App) precedingOf(v *store.View, newer store.Assessment, since int64, exposures []evidence.Exposure,
) (func(evidence.Exposure) *evidence.Preceding, error) {
	if len(a.Config.Environments) == 0 {
		return nil, nil
	}
	period := evidence.Window{From: a.Store.Genesis().CreatedAt, To: newer.AsOf}
	if since != 0 {
		older, err := assessmentOf(v, since)
		if err != nil {
			return nil, err
		}
		period.From = older.AsOf
	}
	trail, err := a.followed(v, newer, period, exposures)
	return trail.Of, err
}

// allExposures returns all that ever failed, as an assessment knew of it.
func (a *App) allExposures(v *store.View, one store.Assessment, text Text) ([]evidence.Exposure, error) {
	always := evidence.Window{From: a.Store.Genesis().CreatedAt, To: one.AsOf}
	gaps, err := gapsOf(v, one, text, always, one.AsOf)
	if err != nil {
		return nil, err
	}
	return exposuresOf(v, one, text, always, one.AsOf, gaps)
}

// assessmentOf returns the assessment of an entry; of none, the newest.
func assessmentOf(v *store.View, entry int64) (store.Assessment, error) {
	if entry == 0 {
		newest, err := newestAssessment(v)
		if err == nil && newest.Entry == 0 {
			err = fmt.Errorf("%w yet; run exhibit collect", ErrNoAssessment)
		}
		return newest, err
	}
	one, err := Body[evidence.Assessment](v, entry)
	return store.Assessment{Assessment: one, Entry: entry}, err
}

// DigestBetween is Digest from the assessment that was the newest at a time to that of another. A time before the
// first assessment stands for the first one; there being no other, the report is a first one.
func (a *App) DigestBetween(v *store.View, period evidence.Window, r DigestRequest) (*report.Digest, error) {
	newer, err := AssessmentAt(v, period.To)
	if err != nil {
		return nil, err
	}
	older, err := AssessmentAt(v, period.From)
	if errors.Is(err, ErrNoAssessment) {
		if older, err = firstAssessment(v); older.Entry == newer.Entry {
			older.Entry = 0
		}
	}
	if err != nil {
		return nil, err
	}
	r.Since, r.Until = older.Entry, newer.Entry
	return a.Digest(v, r)
}
