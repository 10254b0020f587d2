package daemon

import (
	"context"
	"errors"
	"fmt"

	"exhibit/internal/build"
	"exhibit/internal/collect"
	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// ErrConfig means that a file of the user's is wrong, so that nothing was tried.
var ErrConfig = errors.New("configuration")

// CollectRequest is one collection.
type CollectRequest struct {
	Sources  []string // names; empty means all
	Trigger  string   // as evidence.Run records it
	Limits   collect.Limits
	Progress func(collect.Progress)
}

// Collected is what a collection left behind.
type Collected struct {
	Entry int64        `json:"entry"` // of the run in the ledger
	Run   evidence.Run `json:"run"`
	// Reached says for each source how much of what was asked for answered.
	Reached []Reached `json:"reached"`
	// Operations are all API operations that were asked for, with how they ended.
	Operations []AskedOperation `json:"operations"`
	// Economy says of each source how much it was asked for how many subjects.
	Economy []Economy `json:"economy"`
	// Reconciled holds the lists against what an inventory counts.
	Reconciled []Reconciled `json:"reconciled"`
	Assessed
}

// Collect collects, commits the run, takes in what people decided since, assesses and commits the assessment. A source that
// cannot be reached is in the run's outcomes, not in the error: the error means that nothing new was committed, or, when
// Entry is set, that only the run was.
func (a *App) Collect(ctx context.Context, req CollectRequest) (Collected, error) {
	sources, err := a.openSources(req.Sources)
	if err != nil {
		return Collected{}, err
	}
	return a.collectIn(ctx, a.write, sources, req)
}

// collectIn is Collect from opened sources, in a turn that write or tryWrite takes.
func (a *App) collectIn(ctx context.Context, turn func(func() error) error, sources []collect.OpenSource, req CollectRequest,
) (res Collected, err error) {
	written, err := a.readDecisions()
	if err != nil {
		return res, err
	}
	err = turn(func() (err error) {
		res, err = a.collectAndAssess(ctx, sources, written, req)
		return err
	})
	return res, err
}

// collectAndAssess is Collect with its turn taken.
func (a *App) collectAndAssess(ctx context.Context, sources []collect.OpenSource, written decisions,
	req CollectRequest,
) (res Collected, err error) {
	if res.Entry, res.Run, err = a.collect(ctx, sources, req); err != nil {
		if !errors.Is(err, store.ErrBroken) {
			err = errors.Join(err, a.recover())
		}
		return Collected{}, err
	}
	res.Reached = Reach(res.Run)
	res.Economy = EconomyOf(res.Run)
	err = a.Store.View(func(v *store.View) (err error) {
		if res.Operations, err = Operations(v, res.Run); err != nil {
			return err
		}
		res.Reconciled, err = Reconcile(v, res.Run)
		return err
	})
	if err != nil {
		return res, err
	}
	if err := context.Cause(ctx); err != nil {
		return res, fmt.Errorf("collect: what was seen is committed as an incomplete run: %w", err)
	}
	if res.Run.Error != "" {
		return res, fmt.Errorf("collect: %s; what was seen is committed as an incomplete run", res.Run.Error)
	}
	res.Assessed, err = a.decideAndAssess(ctx, written)
	return res, err
}

func (a *App) collect(ctx context.Context, sources []collect.OpenSource, req CollectRequest) (int64, evidence.Run, error) {
	batch, err := a.Store.Begin()
	if err != nil {
		return 0, evidence.Run{}, err
	}
	defer batch.Discard()
	id := collect.NewID(a.Now())
	if err := a.begins(id, sources, req.Trigger); err != nil {
		return 0, evidence.Run{}, err
	}
	run, err := collect.Run(ctx, collect.Config{
		ID: id, Sources: sources, Batch: staging{batch}, Past: past{a.Store}, RedactionKey: a.key.Redaction(), Trigger: req.Trigger, Tool: build.Tool(),
		Limits: req.Limits, Now: a.Now, Getenv: a.getenv, Progress: req.Progress,
	})
	if err != nil {
		return 0, run, err
	}
	if err := batch.PutNote(running+id, nil); err != nil {
		return 0, run, err
	}
	entry, err := commit(batch, evidence.KindRun, run, a.Now())
	return entry, run, err
}

func (a *App) openSources(names []string) ([]collect.OpenSource, error) {
	chosen := a.Config.Sources
	if len(names) > 0 {
		chosen = nil
		for _, n := range names {
			s, err := a.Config.Find(n)
			if err != nil {
				return nil, err
			}
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("collect: no sources are configured")
	}
	var out []collect.OpenSource
	for _, s := range chosen {
		o, err := openSource(s)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func openSource(s config.Source) (collect.OpenSource, error) {
	p, err := provider(s.Provider)
	if err != nil {
		return collect.OpenSource{}, err
	}
	if err := p.Check(s.Decode); err != nil {
		return collect.OpenSource{}, fmt.Errorf("%w: source %s: %w", ErrConfig, s.Name, err)
	}
	digest, err := s.Digest()
	if err != nil {
		return collect.OpenSource{}, err
	}
	return collect.OpenSource{Name: s.Name, Provider: p, Decode: s.Decode, Dir: s.Dir(), ConfigDigest: digest}, nil
}

// staging is the store's batch as collect wants it.
type staging struct{ *store.Batch }

// List implements collect.Batch.
func (s staging) List(series, dict string) collect.List { return s.Batch.List(series, dict) }

// past is the store as collectors of events go on from it.
type past struct{ store *store.Store }

// Newest implements collect.Past.
func (p past) Newest(source, collector, scope string) (s evidence.Snapshot, ok bool, err error) {
	err = p.store.View(func(v *store.View) error {
		newest, found, err := v.Newest(v.Size(), source, collector, scope)
		s, ok = newest.Snapshot, found
		return err
	})
	return s, ok, err
}

// Subjects implements collect.Past.
func (p past) Subjects(list evidence.ListRef, fn func(string, evidence.Digest, []byte) error) error {
	return p.store.View(func(v *store.View) error { return v.Objects(list, fn) })
}
