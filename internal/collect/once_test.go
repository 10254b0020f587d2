package collect_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// TestOnceWaitsInTheCallersTime holds that who waits for another's answer waits no longer than it may itself.
func TestOnceWaitsInTheCallersTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := errors.New("late")
		f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
			return collect.Each(ctx, []int{0, 1}, func(ctx context.Context, i int) error {
				begin := time.Now()
				if i == 1 {
					time.Sleep(time.Second)
					impatient, cancel := context.WithTimeoutCause(ctx, time.Second, late)
					defer cancel()
					ctx = impatient
				}
				n, err := collect.Once(ctx, tk, "k", func(context.Context) (int, error) {
					time.Sleep(time.Minute)
					return 7, nil
				})
				if took := time.Since(begin); i == 0 && (n != 7 || err != nil || took != time.Minute) ||
					i == 1 && (!errors.Is(err, late) || took != 2*time.Second) {
					t.Errorf("%d: %d, %v after %v", i, n, err, took)
				}
				return nil
			})
		})}}
		collected(t, t.Context(), f, nil)
	})
}

// TestOnceThatFellOverFailsForAll holds that a mistake in getting a shared answer is nobody's answer.
func TestOnceThatFellOverFailsForAll(t *testing.T) {
	f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		func() {
			defer func() { _ = recover() }()
			_, _ = collect.Once(ctx, tk, "k", func(context.Context) (int, error) { panic("a mistake") })
		}()
		if n, err := collect.Once(ctx, tk, "k", func(context.Context) (int, error) { return 7, nil }); err == nil {
			t.Errorf("answered %d", n)
		}
		return nil
	})}}
	collected(t, t.Context(), f, nil)
}

// TestOnceForAllIsOneAnswerForAllAccounts holds that accounts share what belongs to none of them, and nothing else.
func TestOnceForAllIsOneAnswerForAllAccounts(t *testing.T) {
	var wide, narrow atomic.Int64
	count := func(n *atomic.Int64) func(context.Context) (int64, error) {
		return func(context.Context) (int64, error) { return n.Add(1), nil }
	}
	f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		if n, err := collect.OnceForAll(ctx, tk, "k", count(&wide)); n != 1 || err != nil {
			t.Errorf("answered %d, %v", n, err)
		}
		_, err := collect.Once(ctx, tk, "k", count(&narrow))
		return err
	})}}
	for _, id := range []string{"1", "2", "3"} {
		f.accounts = append(f.accounts, collect.Ready(collect.ScopePlan{
			Scope: evidence.Scope{Provider: "fake", Account: id}, Outcome: evidence.OutcomeOK, Session: f,
		}))
	}
	collected(t, t.Context(), f, nil)
	if wide.Load() != 1 || narrow.Load() != 3 {
		t.Errorf("asked %d times for all and %d times for each", wide.Load(), narrow.Load())
	}
}
