package collect_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// planned returns an account whose one scope is planned by session.
func planned(account string, session func(ctx context.Context) (any, error)) collect.Account {
	scope := evidence.Scope{Provider: "fake", Account: account}
	return collect.Account{Scope: scope, Plan: func(ctx context.Context, _ *collect.Task) ([]collect.ScopePlan, error) {
		s, err := session(ctx)
		return []collect.ScopePlan{{Scope: scope, Outcome: evidence.OutcomeOK, Session: s}}, err
	}}
}

// TestAnAccountThatIsDoneIsLetGoOf holds that no more sessions live than accounts are at work, however many there are.
func TestAnAccountThatIsDoneIsLetGoOf(t *testing.T) {
	type session struct{ big [1 << 20]byte }
	const accounts, width = 60, 3
	var alive, made, most atomic.Int64
	f := &fake{accounts: []collect.Account{}}
	for i := range accounts {
		f.accounts = append(f.accounts, planned(fmt.Sprint(i), func(context.Context) (any, error) {
			s := &session{}
			made.Add(1)
			alive.Add(1)
			runtime.AddCleanup(s, func(int) { alive.Add(-1) }, 0)
			return s, nil
		}))
	}
	c := lister("x", false, nil)
	c.Collect = collect.Typed(func(ctx context.Context, s *session, tk *collect.Task) error {
		answer, err := collect.Once(ctx, tk, "answer", func(context.Context) (*session, error) { return s, nil })
		if answer != s || err != nil {
			t.Errorf("another account's answer, or %v", err)
		}
		for tries := 0; tries < 200 && alive.Load() > width; tries++ {
			runtime.GC() // cleanups run some time after
		}
		for n := alive.Load(); n > most.Load(); {
			most.Store(n)
		}
		runtime.KeepAlive(s)
		return nil
	})
	f.collectors = []collect.Collector{c}
	run, _ := collected(t, t.Context(), f, func(cfg *collect.Config) { cfg.Limits.Accounts, cfg.Limits.Tasks = width, 1 })
	if made.Load() != accounts || len(run.Scopes) != accounts {
		t.Errorf("%d sessions were made and %d scopes told of, want %d", made.Load(), len(run.Scopes), accounts)
	}
	if most.Load() > width {
		t.Errorf("%d sessions of %d lived at once, want no more than %d", most.Load(), accounts, width)
	}
}

// TestAccountsArePlannedWhileOthersAreCollected holds that a slow plan keeps nobody else waiting.
func TestAccountsArePlannedWhileOthersAreCollected(t *testing.T) {
	f := &fake{}
	collectedFirst := make(chan struct{})
	f.accounts = []collect.Account{
		planned("slow", func(ctx context.Context) (any, error) {
			select {
			case <-collectedFirst:
				return f, nil
			case <-time.After(30 * time.Second):
				return nil, errors.New("nobody else was collected")
			}
		}),
		planned("quick", func(context.Context) (any, error) { return f, nil }),
	}
	var once sync.Once
	f.collectors = []collect.Collector{lister("x", false, func(context.Context, *collect.Task) error {
		once.Do(func() { close(collectedFirst) })
		return nil
	})}
	run, _ := collected(t, t.Context(), f, nil)
	if run.Outcome != evidence.OutcomeEmpty && run.Outcome != evidence.OutcomeOK {
		t.Errorf("%s: %+v", run.Outcome, run.Scopes)
	}
}

// TestAnAccountThatCannotBePlannedIsAScope holds that it is told of, in its place and with its reason, and that the
// others are collected.
func TestAnAccountThatCannotBePlannedIsAScope(t *testing.T) {
	f := &fake{}
	f.accounts = []collect.Account{
		planned("c", func(context.Context) (any, error) { panic("no plan") }),
		planned("b", func(context.Context) (any, error) { return nil, fmt.Errorf("take the role: %w", errDenied) }),
		planned("a", func(context.Context) (any, error) { return f, nil }),
	}
	f.collectors = []collect.Collector{lister("x", false, func(context.Context, *collect.Task) error { return nil })}
	run, snaps := collected(t, t.Context(), f, nil)
	var got []string
	for _, s := range run.Scopes {
		got = append(got, s.Scope.ID()+" "+string(s.Outcome))
	}
	if want := "fake:a ok, fake:b denied, fake:c failed"; strings.Join(got, ", ") != want {
		t.Errorf("scopes %v, want %s", got, want)
	}
	if len(snaps) != 1 || run.Scopes[1].Reason != "take the role: denied" || !strings.Contains(run.Scopes[2].Reason, "no plan") {
		t.Errorf("%d snapshots, %+v", len(snaps), run.Scopes)
	}
}

// TestAnEndedRunTellsOfAccountsItDidNotComeTo holds that every account has its scope.
func TestAnEndedRunTellsOfAccountsItDidNotComeTo(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &fake{}
	for i := range 6 {
		f.accounts = append(f.accounts, planned(fmt.Sprint(i), func(context.Context) (any, error) { return f, nil }))
	}
	f.collectors = []collect.Collector{lister("x", false, func(context.Context, *collect.Task) error {
		cancel(errors.New("interrupted"))
		return nil
	})}
	run, _ := collected(t, ctx, f, func(cfg *collect.Config) { cfg.Limits.Accounts, cfg.Limits.Tasks = 1, 1 })
	if len(run.Scopes) != 6 || !strings.Contains(run.Error, "interrupted") {
		t.Fatalf("%q with %+v", run.Error, run.Scopes)
	}
	for _, s := range run.Scopes[1:] {
		if s.Outcome != evidence.OutcomeSkipped || s.Reason == "" {
			t.Errorf("%s ended %s: %s", s.Scope.ID(), s.Outcome, s.Reason)
		}
	}
}

// TestProgressExpectsOfOthersWhatItKnows holds that the total is right from the first account on when all are alike.
func TestProgressExpectsOfOthersWhatItKnows(t *testing.T) {
	f := &fake{}
	for i := range 10 {
		f.accounts = append(f.accounts, planned(fmt.Sprint(i), func(context.Context) (any, error) { return f, nil }))
	}
	nothing := func(context.Context, *collect.Task) error { return nil }
	f.collectors = []collect.Collector{lister("x", false, nothing), lister("y", false, nothing)}
	var seen []collect.Progress
	collected(t, t.Context(), f, func(cfg *collect.Config) {
		cfg.Limits.Accounts = 2
		cfg.Progress = func(p collect.Progress) { seen = append(seen, p) }
	})
	if !slices.ContainsFunc(seen, func(p collect.Progress) bool { return p.Done == 20 }) {
		t.Errorf("nobody was told of the end: %+v", seen)
	}
	if i := slices.IndexFunc(seen, func(p collect.Progress) bool { return p.Total != 20 }); i >= 0 {
		t.Errorf("the total was %d once, want 20", seen[i].Total)
	}
}
