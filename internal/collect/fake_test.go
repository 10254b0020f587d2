package collect_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// fake is a provider of one account with the regions r1 and r2.
type fake struct {
	collectors []collect.Collector
	openErr    error
	accounts   []collect.Account // nil is one with both regions
	rates      map[string]collect.Rate

	mu  sync.Mutex
	env collect.Env
}

func (f *fake) Name() string                       { return "fake" }
func (f *fake) Collectors() []collect.Collector    { return f.collectors }
func (f *fake) Check(decode func(any) error) error { return decode(nil) }
func (f *fake) Operations() []collect.Operation    { return []collect.Operation{{Name: "svc:WhoAmI"}} }
func (f *fake) Rates() map[string]collect.Rate     { return f.rates }
func (f *fake) Close() error                       { return nil }
func (f *fake) environment() collect.Env           { f.mu.Lock(); defer f.mu.Unlock(); return f.env }

var errDenied, errExpired, errThrottled, errNone = errors.New("denied"), errors.New("expired"), errors.New("throttled"),
	errors.New("none")

func (f *fake) Classify(err error) (evidence.Outcome, string) {
	switch {
	case errors.Is(err, errDenied):
		return evidence.OutcomeDenied, "AccessDenied"
	case errors.Is(err, errExpired):
		return evidence.OutcomeExpired, "ExpiredToken"
	case errors.Is(err, errThrottled):
		return evidence.OutcomeThrottled, "SlowDown"
	case errors.Is(err, errNone):
		return evidence.OutcomeFailed, "None"
	}
	return "", ""
}

func (f *fake) Open(_ context.Context, _ func(any) error, env collect.Env) (collect.Source, error) {
	f.mu.Lock()
	f.env = env
	f.mu.Unlock()
	return f, f.openErr
}

func (f *fake) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	err := t.Call(ctx, "svc:WhoAmI", func(context.Context) error { return nil })
	return evidence.Identity{ID: "me"}, err
}

func (f *fake) Accounts(context.Context, *collect.Task) ([]collect.Account, error) {
	if f.accounts != nil {
		return f.accounts, nil
	}
	var plans []collect.ScopePlan
	for _, region := range []string{"", "r1", "r2"} {
		plans = append(plans, collect.ScopePlan{
			Scope: evidence.Scope{Provider: "fake", Account: "1", Region: region}, Outcome: evidence.OutcomeOK, Session: f,
		})
	}
	return []collect.Account{collect.Ready(plans...)}, nil
}

// lister returns a collector that lists one thing per call of list.
func lister(name string, regional bool, list func(ctx context.Context, t *collect.Task) error) collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{Type: name}, Version: 1, Regional: regional,
		Operations: []collect.Operation{
			{Name: "svc:List", Permissions: []string{"svc:List"}},
			{Name: "svc:Get", Permissions: []string{"svc:Get", "svc:Read"}, Absent: []string{"None"}},
			{Name: "rest.get", Permissions: []string{"p"}, Method: "GET", Path: "/v1/{name}/iam"},
		},
		Collect: collect.Typed(func(ctx context.Context, _ *fake, t *collect.Task) error { return list(ctx, t) }),
	}
}

func subject(id string) evidence.Subject { return evidence.Subject{ID: id, Doc: []byte(`{}`)} }

func nothing(context.Context) error { return nil }

func failing(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

// collected runs the collectors and returns the run and its snapshots.
func collected(t *testing.T, ctx context.Context, f *fake, change func(*collect.Config)) (evidence.Run, []evidence.Snapshot) {
	t.Helper()
	batch := collecttest.NewMemory()
	cfg := collect.Config{
		Sources: []collect.OpenSource{{Name: "src", Provider: f, Decode: func(any) error { return nil }}},
		Batch:   batch, RedactionKey: []byte("k"), Trigger: "manual", Tool: "test",
		Limits: collect.Limits{Pace: math.Inf(1)}, Transport: answering{},
	}
	if change != nil {
		change(&cfg)
	}
	run, err := collect.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	snaps, _, err := batch.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	return run, snaps
}

// answering is a transport that answers everything and counts nothing.
type answering struct{}

func (answering) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Request: req, Body: io.NopCloser(strings.NewReader("{}")),
		Header: http.Header{"Date": {time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)}, "X-Request-Id": {"id"}},
	}, nil
}

func unreachable() error { return &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED} }
