package collect

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"exhibit/internal/evidence"
)

// source is one opened source within a run.
type source struct {
	name     string
	provider Provider
	config   evidence.Digest
	opened   time.Time // before anything was asked
	caller   evidence.Identity
	pacer    *pacer
	opening  int // requests until the accounts were known

	mu    sync.Mutex
	memos map[string]map[string]*memo // by scope and key
}

// errNoAnswer is what the others get when the one who asked fell over.
var errNoAnswer = errors.New("the call that was to answer did not end")

// memo is an answer that several collectors share; done is closed when it is there.
type memo struct {
	done  chan struct{}
	value any
	err   error
}

// memo returns the key's answer in the scope, and whether it is the caller who has to get it.
func (s *source) memo(scope, key string) (m *memo, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memos[scope] == nil {
		s.memos[scope] = map[string]*memo{}
	}
	m, ok := s.memos[scope][key]
	if !ok {
		m = &memo{done: make(chan struct{}), err: errNoAnswer}
		s.memos[scope][key] = m
	}
	return m, !ok
}

// forget lets go of a scope's answers.
func (s *source) forget(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.memos, scope)
}

// source opens one source and feeds its work to tasks, a few accounts at a time; it returns when all of it has ended. A
// failure of the batch stops the run.
func (r *run) source(ctx context.Context, open OpenSource, tasks chan<- func(), stop context.CancelCauseFunc) {
	src := &source{name: open.Name, provider: open.Provider, config: open.ConfigDigest, opened: r.now(),
		memos: map[string]map[string]*memo{}}
	src.pacer = newPacer(r.limits, open.Provider)
	opened, accounts, err := r.open(ctx, src, open)
	if err != nil {
		r.lost(src, evidence.Scope{Provider: open.Provider.Name()}, src.opening, err)
		return
	}
	defer opened.Close()
	r.expected(len(accounts))
	places := make(chan struct{}, r.limits.Accounts)
	var wg sync.WaitGroup
	for i := range accounts {
		account := accounts[i]
		accounts[i] = Account{} // what its plan holds on to goes with it
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			asked := 0
			if i == 0 {
				asked = src.opening // the account that is planned first bears them
			}
			r.account(ctx, src, account, asked, tasks, stop)
		})
	}
	wg.Wait()
}

// open connects and asks who is asking and what there is.
func (r *run) open(ctx context.Context, src *source, open OpenSource) (Source, []Account, error) {
	env := Env{Source: open.Name, Dir: open.Dir, Transport: gate{r.Transport}, AuthTransport: r.Transport, Getenv: r.Getenv, Now: r.now}
	opened, err := open.Provider.Open(ctx, open.Decode, env)
	if err != nil {
		return nil, nil, fmt.Errorf("open: %w", err)
	}
	t := r.asking(src, evidence.Scope{Provider: open.Provider.Name()})
	src.caller, err = opened.Caller(ctx, t)
	src.opening = t.requests()
	if err != nil {
		opened.Close()
		return nil, nil, fmt.Errorf("ask who is asking: %w", err)
	}
	accounts, err := opened.Accounts(ctx, t)
	src.opening = t.requests()
	if err != nil {
		opened.Close()
		return nil, nil, fmt.Errorf("list accounts: %w", err)
	}
	return opened, accounts, nil
}

// asking returns a task for what a provider asks before there are collectors.
func (r *run) asking(src *source, scope evidence.Scope) *Task {
	return &Task{work: r.work(src, Collector{Operations: src.provider.Operations()}, scope)}
}

// lost states a place that could not even be planned.
func (r *run) lost(src *source, scope evidence.Scope, requests int, err error) {
	outcome, reason := outcomeOf(src.provider, err)
	r.scope(evidence.ScopeOutcome{Source: src.name, Scope: scope, Outcome: outcome, Reason: reason, Requests: requests})
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
