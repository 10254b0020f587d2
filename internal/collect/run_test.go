package collect_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

func TestRunStatesEveryScope(t *testing.T) {
	f := &fake{collectors: []collect.Collector{
		lister("fake.account", false, func(ctx context.Context, tk *collect.Task) error {
			if err := tk.Call(ctx, "svc:List", nothing); err != nil {
				return err
			}
			tk.Listed(3)
			tk.Exclude("not ours", 1)
			for _, id := range []string{"a", "b"} {
				s := subject(id)
				if _, err := tk.Part(ctx, &s, "Policy", "svc:Get", failing(errDenied)); err != nil {
					return err
				}
				if err := tk.Emit(ctx, s); err != nil {
					return err
				}
			}
			return nil
		}),
		lister("fake.regional", true, func(ctx context.Context, tk *collect.Task) error {
			if tk.Scope().Region == "r2" {
				return tk.Call(ctx, "svc:List", failing(errThrottled))
			}
			return tk.Call(ctx, "svc:List", nothing)
		}),
	}}
	run, snaps := collected(t, t.Context(), f, nil)
	var got []string
	for _, s := range run.Scopes {
		got = append(got, fmt.Sprintf("%s %s %d", s.Scope.ID(), s.Outcome, s.Subjects))
	}
	want := "[fake:1 denied 2 fake:1:r1 ok 0 fake:1:r2 throttled 0]"
	if fmt.Sprint(got) != want {
		t.Errorf("scopes %v, want %v", got, want)
	}
	if run.Outcome != evidence.OutcomeDenied || run.Error != "" {
		t.Errorf("the run is %q %q", run.Outcome, run.Error)
	}
	account := snaps[0]
	if account.Outcome != evidence.OutcomeOK || account.Completeness.Whole() || account.Origin.Caller.ID != "me" {
		t.Errorf("the account's snapshot is %+v", account)
	}
	for _, op := range account.Completeness.Operations {
		if op.Name == "svc:Get" && (op.Permission != "svc:Get, svc:Read" || op.Calls[evidence.OutcomeDenied] != 2) {
			t.Errorf("svc:Get: %+v", op)
		}
	}
	if account.Completeness.Listed != 3 || account.Completeness.Kept != 2 {
		t.Errorf("counts: %+v", account.Completeness)
	}
}

func TestWhatIsListedAndNeitherKeptNorExcludedFails(t *testing.T) {
	f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		tk.Listed(2)
		return tk.Emit(ctx, subject("a"))
	})}}
	_, snaps := collected(t, t.Context(), f, nil)
	if snaps[0].Outcome != evidence.OutcomeFailed {
		t.Errorf("outcome %q", snaps[0].Outcome)
	}
}

func TestTheSameSubjectTwiceIsKeptOnce(t *testing.T) {
	f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		tk.Listed(2)
		return errors.Join(tk.Emit(ctx, subject("a")), tk.Emit(ctx, subject("a")))
	})}}
	_, snaps := collected(t, t.Context(), f, nil)
	c := snaps[0].Completeness
	if snaps[0].Outcome != evidence.OutcomeOK || c.Kept != 1 || len(c.Excluded) != 1 || c.Excluded[0].Reason != "listed twice" {
		t.Errorf("%q %+v", snaps[0].Outcome, c)
	}
}

func TestASourceThatCannotOpenIsEvidence(t *testing.T) {
	run, snaps := collected(t, t.Context(), &fake{openErr: errExpired}, nil)
	if len(run.Scopes) != 1 || run.Scopes[0].Outcome != evidence.OutcomeExpired || len(snaps) != 0 {
		t.Errorf("%+v", run)
	}
}

func TestAnAbsentAnswerIsNoFailure(t *testing.T) {
	f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		tk.Listed(1)
		s := subject("a")
		if ok, err := tk.Part(ctx, &s, "P", "svc:Get", failing(errNone)); ok || err != nil || s.Missing != nil {
			t.Errorf("%v %v %v", ok, err, s.Missing)
		}
		if err := tk.Call(ctx, "svc:Get", failing(errNone)); !collect.IsAbsent(err) || !collect.IsAbsent(err, "None") ||
			collect.IsAbsent(err, "Other") {
			t.Errorf("got %v", err)
		}
		return tk.Emit(ctx, s)
	})}}
	run, _ := collected(t, t.Context(), f, nil)
	if run.Outcome != evidence.OutcomeOK {
		t.Errorf("outcome %q", run.Outcome)
	}
}

func TestAnExpiredCredentialIsAskedOnce(t *testing.T) {
	var calls atomic.Int64
	f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		tk.Listed(100)
		for i := range 100 {
			s := subject(fmt.Sprint(i))
			_, err := tk.Part(ctx, &s, "P", "svc:Get", func(context.Context) error { calls.Add(1); return errExpired })
			if err != nil {
				return err
			}
			if s.Missing["P"].Outcome != evidence.OutcomeExpired {
				t.Errorf("missing: %+v", s.Missing)
			}
			if err := tk.Emit(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})}}
	run, snaps := collected(t, t.Context(), f, nil)
	if calls.Load() != 1 || run.Outcome != evidence.OutcomeExpired {
		t.Errorf("%d calls, outcome %q", calls.Load(), run.Outcome)
	}
	if op := snaps[0].Completeness.Operations[0]; op.Calls[evidence.OutcomeSkipped] != 99 {
		t.Errorf("%+v", op)
	}
}

func TestAnUnreachableRegionIsBrokenOffAndTheOtherIsNot(t *testing.T) {
	var dead, alive atomic.Int64
	f := &fake{collectors: []collect.Collector{lister("x", true, func(ctx context.Context, tk *collect.Task) error {
		var last error
		for range 50 {
			err := tk.Call(ctx, "svc:Get", func(context.Context) error {
				if tk.Scope().Region == "r1" {
					dead.Add(1)
					return unreachable()
				}
				alive.Add(1)
				return nil
			})
			if err != nil {
				last = err
			}
		}
		return last
	})}}
	run, _ := collected(t, t.Context(), f, nil)
	if dead.Load() != 3 || alive.Load() != 50 {
		t.Errorf("%d calls of the dead region, %d of the other", dead.Load(), alive.Load())
	}
	if run.Scopes[1].Outcome != evidence.OutcomeUnreachable || run.Scopes[2].Outcome != evidence.OutcomeOK {
		t.Errorf("%+v", run.Scopes)
	}
}

func TestACallEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{collectors: []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
			return tk.Call(ctx, "svc:List", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		})}}
		begin := time.Now()
		run, _ := collected(t, t.Context(), f, nil)
		if run.Outcome != evidence.OutcomeUnreachable || time.Since(begin) != 90*time.Second {
			t.Errorf("outcome %q after %v", run.Outcome, time.Since(begin))
		}
	})
}

func TestPaceHoldsForCallsAndRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{rates: map[string]collect.Rate{"svc": {PerSecond: 10, Burst: 1}}}
		f.collectors = []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
			return collect.Each(ctx, make([]int, 20), func(ctx context.Context, _ int) error {
				return tk.Call(ctx, "svc:List", func(ctx context.Context) error {
					for range 2 { // the second is a retry
						if err := send(ctx, f, "GET", "http://h/x", "svc:List"); err != nil {
							return err
						}
					}
					return nil
				})
			})
		})}
		begin := time.Now()
		run, _ := collected(t, t.Context(), f, func(c *collect.Config) { c.Limits.Pace = 1 })
		if took := time.Since(begin); took < 3900*time.Millisecond || took > 4200*time.Millisecond {
			t.Errorf("40 requests at 10 a second took %v", took)
		}
		if run.Scopes[0].Requests != 40 {
			t.Errorf("%d requests are counted", run.Scopes[0].Requests)
		}
	})
}

func TestAnEndedRunSaysWhatWasNotTried(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	f := &fake{collectors: []collect.Collector{
		lister("a", false, func(ctx context.Context, tk *collect.Task) error {
			cancel(errors.New("interrupted"))
			return tk.Call(ctx, "svc:List", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		}),
		lister("b", true, func(ctx context.Context, tk *collect.Task) error { return tk.Call(ctx, "svc:List", nothing) }),
	}}
	run, snaps := collected(t, ctx, f, func(c *collect.Config) { c.Limits.Tasks = 1 })
	if !strings.Contains(run.Error, "interrupted") || len(run.Scopes) != 3 {
		t.Errorf("%+v", run)
	}
	for _, s := range run.Scopes {
		if s.Outcome.Seen() {
			t.Errorf("%s: %q", s.Scope.ID(), s.Outcome)
		}
	}
	if len(snaps) != 1 || snaps[0].Outcome != evidence.OutcomeFailed {
		t.Errorf("snapshots: %+v", snaps)
	}
}

func TestAPanicFailsItsOwnCollectorOnly(t *testing.T) {
	f := &fake{collectors: []collect.Collector{
		lister("bad", false, func(context.Context, *collect.Task) error { panic("boom") }),
		lister("worse", false, func(ctx context.Context, tk *collect.Task) error {
			return collect.Each(ctx, []int{1}, func(context.Context, int) error { panic("boom") })
		}),
		lister("good", false, func(ctx context.Context, tk *collect.Task) error {
			tk.Listed(1)
			return tk.Emit(ctx, subject("a"))
		}),
	}}
	_, snaps := collected(t, t.Context(), f, nil)
	for i, want := range []evidence.Outcome{evidence.OutcomeFailed, evidence.OutcomeOK, evidence.OutcomeFailed} {
		if snaps[i].Outcome != want {
			t.Errorf("%s: %q", snaps[i].Collector, snaps[i].Outcome)
		}
	}
}

func TestOnceAsksOnceAndItsFailureIsEveryones(t *testing.T) {
	var asked atomic.Int64
	shared := func(ctx context.Context, tk *collect.Task) error {
		_, err := collect.Once(ctx, tk, "k", func(ctx context.Context) (int, error) {
			asked.Add(1)
			return 0, tk.Call(ctx, "svc:Get", failing(errDenied))
		})
		s := subject("a")
		if err := tk.Miss(&s, "P", err); err != nil {
			return err
		}
		tk.Listed(1)
		return tk.Emit(ctx, s)
	}
	f := &fake{collectors: []collect.Collector{lister("a", false, shared), lister("b", false, shared)}}
	_, snaps := collected(t, t.Context(), f, nil)
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	for _, s := range snaps {
		if s.Completeness.Whole() {
			t.Errorf("%s seems whole", s.Collector)
		}
	}
}

func TestTheTransportLetsOutNothingElse(t *testing.T) {
	var env collect.Env
	check := func(name string, err error, ok bool) {
		t.Helper()
		if ok && err != nil || !ok && !errors.Is(err, collect.ErrUndeclared) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f := &fake{}
	f.collectors = []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		env = f.environment()
		check("an undeclared operation", tk.Call(ctx, "svc:Delete", nothing), false)
		check("outside of a call", send(ctx, f, "GET", "http://h/v1/a/iam", "svc:List"), false)
		for _, tc := range []struct {
			op, method, url, name string
			ok                    bool
		}{
			{"svc:List", "POST", "http://h/", "svc:List", true},
			{"svc:List", "POST", "http://h/", "svc:Delete", false},
			{"svc:List", "POST", "http://h/", "", false},
			{"rest.get", "GET", "http://h/v1/bucket/iam", "", true},
			{"rest.get", "DELETE", "http://h/v1/bucket/iam", "", false},
			{"rest.get", "GET", "http://h/v1/bucket/acl", "", false},
			{"rest.get", "GET", "http://h/v1/bucket/more/iam", "", false},
			{"rest.get", "GET", "http://h/v1//iam", "", false},
		} {
			err := tk.Call(ctx, tc.op, func(ctx context.Context) error { return send(ctx, f, tc.method, tc.url, tc.name) })
			check(tc.method+" "+tc.url+" as "+tc.name, err, tc.ok)
		}
		return nil
	})}
	_, snaps := collected(t, t.Context(), f, nil)
	if env.Transport == nil {
		t.Fatal("the collector did not run")
	}
	if got := snaps[0].Origin; got.ClockSkewMS == nil || *got.ClockSkewMS < 80_000 || got.Endpoint != "h" {
		t.Errorf("origin: %+v", got)
	}
}

// send sends one request through the provider's transport.
func send(ctx context.Context, f *fake, method, url, operation string) error {
	if operation != "" {
		collect.Asks(ctx, operation)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return err
	}
	resp, err := f.environment().Transport.RoundTrip(req)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func TestAPlannedScopeThatCannotBeTriedHasSnapshots(t *testing.T) {
	f := &fake{
		collectors: []collect.Collector{lister("x", true, func(context.Context, *collect.Task) error {
			t.Error("was tried")
			return nil
		})},
		accounts: []collect.Account{collect.Ready(collect.ScopePlan{
			Scope: evidence.Scope{Provider: "fake", Account: "1", Region: "*"}, Outcome: evidence.OutcomeDenied,
			Reason: "may not list regions",
		})},
	}
	run, snaps := collected(t, t.Context(), f, nil)
	if len(snaps) != 1 || snaps[0].Outcome != evidence.OutcomeDenied || run.Scopes[0].Reason != "may not list regions" {
		t.Errorf("%+v %+v", run, snaps)
	}
}

// dead is a transport whose requests never get an answer.
type dead struct{ requests atomic.Int64 }

func (d *dead) RoundTrip(*http.Request) (*http.Response, error) {
	d.requests.Add(1)
	return nil, unreachable()
}

// TestACallEndsWhenItsPlaceIsGivenUp holds that retries inside a call count as requests do: an SDK that tries on and
// on must not keep a dead region busy.
func TestACallEndsWhenItsPlaceIsGivenUp(t *testing.T) {
	transport := &dead{}
	f := &fake{}
	f.collectors = []collect.Collector{lister("x", false, func(ctx context.Context, tk *collect.Task) error {
		return tk.Call(ctx, "svc:Get", func(ctx context.Context) error {
			client := http.Client{Transport: f.environment().Transport}
			for {
				collect.Asks(ctx, "svc:Get")
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://svc.invalid/", nil)
				if err != nil {
					return err
				}
				_, err = client.Do(req)
				if ctx.Err() != nil {
					return err
				}
			}
		})
	})}
	run, snaps := collected(t, t.Context(), f, func(c *collect.Config) { c.Transport = transport })
	if n := transport.requests.Load(); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
	if snaps[0].Outcome != evidence.OutcomeUnreachable || run.Outcome != evidence.OutcomeUnreachable {
		t.Errorf("snapshot %q, run %q, want unreachable", snaps[0].Outcome, run.Outcome)
	}
}

// full is a batch that takes so many objects and no more.
type full struct {
	*collecttest.Memory
	left atomic.Int64
}

func (f *full) List(series, dict string) collect.List {
	return fullList{f.Memory.List(series, dict), f}
}

type fullList struct {
	collect.List
	batch *full
}

var errFull = errors.New("no space left on device")

func (l fullList) Add(ctx context.Context, key string, object []byte) (evidence.Digest, error) {
	if l.batch.left.Add(-1) < 0 {
		return evidence.Digest{}, errFull
	}
	return l.List.Add(ctx, key, object)
}

func TestAFullDiskEndsTheRunAtOnce(t *testing.T) {
	var calls atomic.Int64
	list := func(ctx context.Context, tk *collect.Task) error {
		for i := range 100 {
			if err := tk.Call(ctx, "svc:List", func(context.Context) error { calls.Add(1); return nil }); err != nil {
				return err
			}
			tk.Listed(1)
			if err := tk.Emit(ctx, subject(fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	}
	f := &fake{collectors: []collect.Collector{lister("a", true, list), lister("b", true, list)}}
	batch := &full{Memory: collecttest.NewMemory()}
	batch.left.Store(5)
	_, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "src", Provider: f, Decode: func(any) error { return nil }}},
		Batch:   batch, Limits: collect.Limits{Pace: math.Inf(1), Tasks: 1},
	})
	if !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	if calls.Load() > 6 {
		t.Errorf("%d calls were made for nothing", calls.Load())
	}
}
