package gitlab

import (
	"encoding/json"
	"fmt"
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

// TestCalls prints what a thousand merge requests cost. Every tenth was pushed to after an approval and approved again,
// every twentieth was merged with no approval at all: of these the approvals that stand are asked for.
func TestCalls(t *testing.T) {
	const changes = 1000
	calls := &counter{changes: changes, calls: map[string]int{}}
	b := collecttest.NewMemory()
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "calls", Provider: Provider{}, Decode: func(v any) error {
			v.(*Config).Group = "acme"
			return nil
		}}},
		Batch: b, RedactionKey: make([]byte, 32), Limits: collect.Limits{Pace: math.Inf(1)},
		Only:   []string{"gitlab.merge-request"},
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
	t.Logf("%5d calls for 1,000 merge requests", sum)
	if sum > 2200 {
		t.Errorf("%d calls, want at most 2,200", sum)
	}
}

// counter answers as a GitLab with one project does, and counts.
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
	header := http.Header{"Content-Type": {"application/json"}, "X-Next-Page": {""}}
	raw, err := json.Marshal(c.answer(req, header))
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Request: req, ContentLength: int64(len(raw)),
		Body: io.NopCloser(strings.NewReader(string(raw))), ProtoMajor: 1, ProtoMinor: 1}, nil
}

func (c *counter) answer(req *http.Request, header http.Header) any {
	type object = map[string]any
	path := strings.TrimPrefix(req.URL.Path, "/api/v4")
	part := strings.Split(path, "/")
	switch last := part[len(part)-1]; last {
	case "user":
		return object{"username": "reader"}
	case "acme":
		return object{"id": 1, "name": "Acme", "kind": "group"}
	case "projects":
		return []object{{"id": 51, "path": "shop", "path_with_namespace": "acme/shop", "approvals_before_merge": 0}}
	case "commits":
		return []object{{"id": "c" + part[4], "parent_ids": []string{"base"}}}
	case "approvals":
		return object{"approved_by": []object{}}
	case "notes":
		approved := object{"id": 1, "system": true, "body": noteApproved}
		pushed := object{"id": 2, "system": true, "body": "added 1 commit"}
		switch n, _ := strconv.Atoi(part[4]); {
		case n%10 == 0:
			return []object{approved, pushed, approved}
		case n%20 == 1:
			return []object{}
		}
		return []object{pushed, approved}
	}
	page := 1
	if n, err := strconv.Atoi(req.URL.Query().Get("page")); err == nil {
		page = n
	}
	list := []object{}
	for n := (page - 1) * perPage; n < min(page*perPage, c.changes); n++ {
		list = append(list, object{"iid": n + 1, "project_id": 51, "title": fmt.Sprint(n),
			"merged_at": "2026-05-20T10:00:00Z"})
	}
	if page*perPage < c.changes {
		header.Set("X-Next-Page", strconv.Itoa(page+1))
	}
	return list
}
