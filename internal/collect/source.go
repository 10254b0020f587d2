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
	memos map[string]map[string]*memo // by scope and key
}

// memo is an answer that several collectors share.
type memo struct {
	once  sync.Once
	value any
	err   error
}

func (s *source) memo(scope, key string) *memo {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memos[scope] == nil {
		s.memos[scope] = map[string]*memo{}
	}
	m, ok := s.memos[scope][key]
	if !ok {
		m = &memo{}
		s.memos[scope][key] = m
	}
	return m
}

// forget lets go of a scope's answers.
func (s *source) forget(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.memos, scope)
}

// source opens one source and feeds its work to tasks; it returns when all of it has ended. A failure of the batch stops
// the run.
func (r *run) source(ctx context.Context, open OpenSource, tasks chan<- func(), stop context.CancelCauseFunc) {
	src := &source{name: open.Name, provider: open.Provider, config: open.ConfigDigest, memos: map[string]map[string]*memo{}}
	src.pacer = newPacer(r.limits, open.Provider)
	opened, plans, err := r.open(ctx, src, open)
	if err != nil {
		scope := evidence.Scope{Provider: open.Provider.Name()}
		outcome, reason := outcomeOf(open.Provider, err)
		r.scope(evidence.ScopeOutcome{Source: open.Name, Scope: scope, Outcome: outcome, Reason: reason})
		return
	}
	defer opened.Close()
	totals := make([]*scopeTotal, len(plans))
	work := r.plan(open.Provider, plans)
	for i, p := range plans {
		totals[i] = &scopeTotal{out: evidence.ScopeOutcome{Source: open.Name, Scope: p.Scope,
			Snapshots: map[evidence.Outcome]int{}}}
	}
	r.planned(len(work))
	left := make([]atomic.Int64, len(plans))
	for _, w := range work {
		left[w.plan].Add(1)
	}
	var wg sync.WaitGroup
	for _, w := range work {
		wg.Add(1)
		tasks <- func() {
			defer wg.Done()
			if err := r.task(ctx, src, plans[w.plan], w.col, totals[w.plan]); err != nil {
				stop(&batchError{err})
			}
			if left[w.plan].Add(-1) == 0 { // a scope that is done costs nothing more, however many there are
				plans[w.plan].Session = nil
				src.forget(plans[w.plan].Scope.ID())
			}
			r.finished()
		}
	}
	wg.Wait()
	for i, t := range totals {
		r.scope(t.close(plans[i]))
	}
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

// plan lists what is to be done: account by account, so that one can be let go of before many others are begun, and within
// one collector by collector, so that neighbours go to different regions.
func (r *run) plan(p Provider, plans []ScopePlan) []piece {
	var accounts []string
	byAccount := map[string][]int{}
	for i, plan := range plans {
		if _, ok := byAccount[plan.Scope.Account]; !ok {
			accounts = append(accounts, plan.Scope.Account)
		}
		byAccount[plan.Scope.Account] = append(byAccount[plan.Scope.Account], i)
	}
	var work []piece
	for _, account := range accounts {
		for _, c := range p.Collectors() {
			if len(r.Only) > 0 && !slices.Contains(r.Only, c.Type()) {
				continue
			}
			for _, i := range byAccount[account] {
				if c.Regional == (plans[i].Scope.Region != "") && (plans[i].Only == nil || plans[i].Only(c)) {
					work = append(work, piece{c, i})
				}
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
	o.Reason = r.clean(o.Reason)
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
