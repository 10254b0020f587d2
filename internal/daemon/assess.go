package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"exhibit/internal/assess"
	"exhibit/internal/catalog"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Assessed is a committed assessment.
type Assessed struct {
	AssessmentEntry int64               `json:"assessment_entry,omitempty"`
	Assessment      evidence.Assessment `json:"assessment"`
}

// ErrNothing means that there is nothing to judge: no source is configured, or none was ever collected.
var ErrNothing = errors.New("nothing was collected yet")

// Assess takes in what people decided since, judges what is committed as of now, and commits the assessment.
func (a *App) Assess(ctx context.Context) (res Assessed, err error) {
	written, err := a.readDecisions()
	if err != nil {
		return Assessed{}, err
	}
	any := false
	err = a.Store.View(func(v *store.View) error {
		for range v.EntriesOf(evidence.KindRun) {
			any = true
			break
		}
		return nil
	})
	if err != nil || !any {
		return Assessed{}, cmp.Or(err, ErrNothing)
	}
	err = a.write(func() (err error) {
		res, err = a.decideAndAssess(ctx, written)
		return err
	})
	return res, err
}

// assess judges what is committed as of now, commits the catalog when it is new, and commits the assessment with the
// intervals that it changed. The caller holds a.turn.writing.
func (a *App) assess(ctx context.Context) (Assessed, error) {
	text, err := a.Catalog.Encode()
	if err != nil {
		return Assessed{}, err
	}
	if err := a.commitBytesOnce(evidence.KindCatalog, text); err != nil {
		return Assessed{}, fmt.Errorf("commit the catalog: %w", err)
	}
	batch, err := a.Store.Begin()
	if err != nil {
		return Assessed{}, err
	}
	defer batch.Discard()
	now := a.Now()
	var res Assessed
	err = a.Store.View(func(v *store.View) error {
		sink := newListSink(ctx, batch)
		res.Assessment, err = a.Judge(ctx, a.Catalog, v, v.Size(), now, sink)
		if err != nil {
			return err
		}
		res.Assessment.Observations, res.Assessment.Findings, err = sink.close()
		return err
	})
	if err != nil {
		return Assessed{}, err
	}
	// A view opened after Flush sees the lists that were just staged.
	if err := batch.Flush(); err != nil {
		return Assessed{}, err
	}
	err = a.Store.View(func(v *store.View) error {
		states, err := a.changedStates(v, res.Assessment)
		if err != nil {
			return err
		}
		return batch.PutStates(states)
	})
	if err != nil {
		return Assessed{}, err
	}
	res.AssessmentEntry, err = commit(batch, evidence.KindAssessment, res.Assessment, now)
	return res, err
}

// Judge judges the first size entries by a catalog as of a time. It keeps nothing but what sink takes.
func (a *App) Judge(ctx context.Context, cat *catalog.Catalog, v *store.View, size int64, asOf time.Time, sink assess.Sink,
) (evidence.Assessment, error) {
	digest, err := cat.Digest()
	if err != nil {
		return evidence.Assessment{}, err
	}
	scopes, err := newestScopes(v, size, a.sourceNames())
	if err != nil {
		return evidence.Assessment{}, err
	}
	_, attestations, err := decided(v, below(size))
	if err != nil {
		return evidence.Assessment{}, err
	}
	res, err := cat.Evaluator().Assess(ctx, assessView{v, size}, assess.Input{
		AsOf: asOf, Catalog: digest, Settings: a.settings, Attestations: attestations, Scopes: scopes,
	}, sink)
	res.Settings = a.settings
	return res, err
}

// assessView is the first size entries of the store as assess wants them.
type assessView struct {
	view *store.View
	size int64
}

// Size implements assess.View.
func (v assessView) Size() int64 { return v.size }

// Snapshots implements assess.View.
func (v assessView) Snapshots(subjectType string) ([]assess.Snap, error) {
	snaps, err := v.view.Snapshots(v.size, subjectType)
	if err != nil {
		return nil, err
	}
	out := make([]assess.Snap, len(snaps))
	for i, s := range snaps {
		out[i] = assess.Snap{Snapshot: s.Snapshot, Digest: s.Digest}
	}
	return out, nil
}

// Subjects implements assess.View.
func (v assessView) Subjects(ref evidence.ListRef, fn func(string, evidence.Digest, []byte) error) error {
	return v.view.Objects(ref, fn)
}

// listSink stages observations and findings as the lists that succeed those of the last assessment.
type listSink struct {
	ctx                    context.Context
	observations, findings *store.ListWriter
}

func newListSink(ctx context.Context, b *store.Batch) listSink {
	return listSink{ctx, b.List("assessment|observations", "observation"), b.List("assessment|findings", "finding")}
}

// Observation implements assess.Sink.
func (s listSink) Observation(key string, object []byte) error {
	_, err := s.observations.Add(s.ctx, key, object)
	return err
}

// Finding implements assess.Sink.
func (s listSink) Finding(key string, object []byte) error {
	_, err := s.findings.Add(s.ctx, key, object)
	return err
}

func (s listSink) close() (observations, findings evidence.ListRef, err error) {
	if observations, err = s.observations.Close(); err != nil {
		return observations, findings, err
	}
	findings, err = s.findings.Close()
	return observations, findings, err
}
