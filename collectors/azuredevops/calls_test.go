package azuredevops

import (
	"encoding/json"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// TestCalls prints what a thousand pull requests cost. Every third was pushed to after it was opened, every fiftieth was
// completed past its policies.
func TestCalls(t *testing.T) {
	const changes = 1000
	calls := &counter{changes: changes, calls: map[string]int{}}
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "calls", Provider: Provider{}, Decode: func(v any) error {
			v.(*Config).Organization = "acme"
			return nil
		}}},
		Batch: collecttest.NewMemory(), RedactionKey: make([]byte, 32), Limits: collect.Limits{Pace: math.Inf(1)},
		Only:   []string{"azuredevops.pull-request"},
		Now:    func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) },
		Getenv: func(string) string { return "t" }, Transport: calls,
	})
	if err != nil || run.Outcome != evidence.OutcomeOK || run.Scopes[0].Subjects != changes {
		t.Fatalf("run %+v: %v", run, err)
	}
	sum := 0
	for _, op := range slices.Sorted(maps.Keys(calls.calls)) {
		t.Logf("%5d %s", calls.calls[op], op)
		sum += calls.calls[op]
	}
	t.Logf("%5d calls for 1,000 pull requests", sum)
	if sum > 2400 {
		t.Errorf("%d calls, want at most 2,400", sum)
	}
}

// counter answers as an organisation with one repository does, and counts.
type counter struct {
	changes int
	mu      sync.Mutex
	calls   map[string]int
}

// RoundTrip implements http.RoundTripper.
func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.calls[collect.Called(req.Context())]++
	c.mu.Unlock()
	raw, err := json.Marshal(c.answer(req))
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		ContentLength: int64(len(raw)), Body: io.NopCloser(strings.NewReader(string(raw))), ProtoMajor: 1, ProtoMinor: 1}, nil
}

func (c *counter) answer(req *http.Request) any {
	type object = map[string]any
	list := func(items ...object) object { return object{"value": append([]object{}, items...)} }
	skip := 0
	if n, err := strconv.Atoi(req.URL.Query().Get("$skip")); err == nil {
		skip = n
	}
	part := strings.Split(req.URL.Path, "/")
	number := 0
	if n, err := strconv.Atoi(part[max(len(part)-2, 0)]); err == nil {
		number = n
	}
	project := object{"id": "p", "name": "shop"}
	switch part[len(part)-1] {
	case "connectionData":
		return object{"authenticatedUser": object{"id": "u"}}
	case "projects":
		if skip > 0 {
			return list()
		}
		return list(project)
	case "repositories":
		return list(object{"id": "r", "name": "web", "project": project})
	case "iterations":
		one := object{"id": 1, "commits": []object{{"commitId": "a"}}}
		if number%3 == 0 {
			return list(one, one)
		}
		return list(one)
	case "threads", "commits", "evaluations":
		return list()
	}
	items := []object{}
	for n := skip + 1; n <= min(skip+perPage, c.changes); n++ {
		items = append(items, object{"pullRequestId": n, "title": "t", "closedDate": "2026-05-20T10:00:00Z",
			"repository": object{"id": "r", "name": "web"}, "completionOptions": object{"bypassPolicy": n%50 == 0}})
	}
	return list(items...)
}
