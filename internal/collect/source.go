package collect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"exhibit/internal/evidence"
)

// source is one opened source within a run.
type source struct {
	name     string
	provider Provider
	config   evidence.Digest
	caller   evidence.Identity
	pacer    *pacer

	mu    sync.Mutex
	memos map[string]*memo
}

// memo is an answer that several collectors share.
type memo struct {
	once  sync.Once
	value any
	err   error
}

func (s *source) memo(key string) *memo {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.memos[key]
	if !ok {
		m = &memo{}
		s.memos[key] = m
	}
	return m
}

// source opens one source and feeds its work to tasks; it returns when all of it has ended. Its error ends the run.
func (r *run) source(ctx context.Context, open OpenSource, tasks chan<- func()) error {
	src := &source{name: open.Name, provider: open.Provider, config: open.ConfigDigest, memos: map[string]*memo{}}
	src.pacer = newPacer(r.limits, open.Provider)
	opened, plans, err := r.open(ctx, src, open)
	if err != nil {
		scope := evidence.Scope{Provider: open.Provider.Name()}
		outcome, reason := outcomeOf(open.Provider, err)
		r.scope(evidence.ScopeOutcome{Source: open.Name, Scope: scope, Outcome: outcome, Reason: reason})
		return nil
	}
	defer opened.Close()
	totals := make([]*scopeTotal, len(plans))
	work := r.plan(open.Provider, plans)
	for i, p := range plans {
		totals[i] = &scopeTotal{out: evidence.ScopeOutcome{Source: open.Name, Scope: p.Scope,
			Snapshots: map[evidence.Outcome]int{}}}
	}
	r.planned(len(work))
	var wg sync.WaitGroup
	var first atomic.Pointer[batchError]
	for _, w := range work {
		wg.Add(1)
		do := func() {
			defer wg.Done()
			if err := r.task(ctx, src, plans[w.plan], w.col, totals[w.plan]); err != nil {
				first.CompareAndSwap(nil, &batchError{err})
			}
			r.finished()
		}
		tasks <- do
	}
	wg.Wait()
	for i, t := range totals {
		r.scope(t.close(plans[i]))
	}
	if err := first.Load(); err != nil {
		return err
	}
	return nil
}

// open connects and asks who is asking and what there is.
func (r *run) open(ctx context.Context, src *source, open OpenSource) (Source, []ScopePlan, error) {
	env := Env{Source: open.Name, Dir: open.Dir, Transport: gate{r.Transport}, AuthTransport: r.Transport, Getenv: r.Getenv, Now: r.now}
	opened, err := open.Provider.Open(ctx, open.Decode, env)
	if err != nil {
		return nil, nil, fmt.Errorf("open: %w", err)
	}
	w := r.work(src, Collector{Operations: open.Provider.Operations()}, evidence.Scope{Provider: open.Provider.Name()})
	t := &Task{work: w}
	if src.caller, err = opened.Caller(ctx, t); err != nil {
		opened.Close()
		return nil, nil, fmt.Errorf("ask who is asking: %w", err)
	}
	plans, err := opened.Scopes(ctx, t)
	if err != nil {
		opened.Close()
		return nil, nil, fmt.Errorf("list scopes: %w", err)
	}
	return opened, plans, nil
}

// outcomeOf says how a source failed to open.
func outcomeOf(p Provider, err error) (evidence.Outcome, string) {
	var e *Error
	if errors.As(err, &e) {
		reason := brief(e)
		if e.Permission != "" {
			reason += " (needs " + e.Permission + ")"
		}
		return e.Outcome, e.Operation + ": " + reason
	}
	outcome, _ := p.Classify(err)
	if outcome == "" || outcome == evidence.OutcomeOK || outcome == evidence.OutcomeEmpty {
		outcome = evidence.OutcomeFailed
	}
	return outcome, err.Error()
}

// piece is one collector in one planned scope.
type piece struct {
	col  Collector
	plan int
}

// plan lists what is to be done, collector by collector, so that neighbours go to different regions.
func (r *run) plan(p Provider, plans []ScopePlan) []piece {
	var work []piece
	for _, c := range p.Collectors() {
		if len(r.Only) > 0 && !slices.Contains(r.Only, c.Type()) {
			continue
		}
		for i, plan := range plans {
			if c.Regional == (plan.Scope.Region != "") && (plan.Only == nil || plan.Only(c)) {
				work = append(work, piece{c, i})
			}
		}
	}
	return work
}

// scopeTotal sums up one scope's snapshots.
type scopeTotal struct {
	mu  sync.Mutex
	out evidence.ScopeOutcome
}

// add adds a snapshot with its own outcome, "" for none, and the gravest of its calls.
func (s *scopeTotal) add(outcome, snapshot evidence.Outcome, subjects, requests int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if snapshot != "" {
		s.out.Snapshots[snapshot]++
	}
	s.out.Subjects += subjects
	s.out.Requests += requests
	if worse := evidence.Worse(s.out.Outcome, outcome); worse != s.out.Outcome {
		s.out.Outcome = worse
		if reason != "" {
			s.out.Reason = reason
		}
	}
}

func (s *scopeTotal) close(p ScopePlan) evidence.ScopeOutcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.Outcome = evidence.Worse(s.out.Outcome, p.Outcome)
	if p.Reason != "" {
		s.out.Reason = p.Reason
	}
	return s.out
}

func (r *run) scope(o evidence.ScopeOutcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scopes = append(r.scopes, o)
}

func sortScopes(s []evidence.ScopeOutcome) []evidence.ScopeOutcome {
	sort.Slice(s, func(i, j int) bool {
		if s[i].Source != s[j].Source {
			return s[i].Source < s[j].Source
		}
		return s[i].Scope.ID() < s[j].Scope.ID()
	})
	return s
}
