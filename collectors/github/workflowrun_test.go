package github

import (
	"encoding/json"
	"fmt"
	"io"
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

// actions is a GitHub with one repository that had runs. It gives the first thousand results of a search.
type actions struct {
	runs []map[string]any // the newest first

	mu    sync.Mutex
	calls map[string]int
}

// RoundTrip implements http.RoundTripper.
func (a *actions) RoundTrip(req *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[collect.Called(req.Context())]++
	header := http.Header{"Content-Type": {"application/json"}}
	var body any = map[string]any{"login": "reader", "type": "User"}
	switch path, query := req.URL.Path, req.URL.Query(); {
	case strings.HasSuffix(path, "/repos"):
		body = []any{map[string]any{"id": 1, "node_id": "R_a", "name": "a", "full_name": "acme/a"}}
	case strings.HasSuffix(path, "/approvals"):
		body = []any{}
	case strings.HasSuffix(path, "/runs"):
		from, to, _ := strings.Cut(query.Get("created"), "..")
		found := slices.DeleteFunc(slices.Clone(a.runs), func(run map[string]any) bool {
			at := run["created_at"].(string)
			return at < from || at > to
		})
		page := 1
		if n, err := strconv.Atoi(query.Get("page")); err == nil {
			page = n
		}
		given := min(len(found), searchable)
		if page*perPage < given {
			header.Set("Link", fmt.Sprintf(`<https://api.github.com/x?page=%d>; rel="next"`, page+1))
		}
		body = map[string]any{"total_count": len(found),
			"workflow_runs": found[min((page-1)*perPage, given):min(page*perPage, given)]}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Header: header, Request: req, ContentLength: int64(len(raw)),
		Body: io.NopCloser(strings.NewReader(string(raw))), ProtoMajor: 1, ProtoMinor: 1}, nil
}

// made is a run that was made a while before the first of June.
func made(id int, before time.Duration) map[string]any {
	at := firstOfJune().Add(-before).Format(time.RFC3339)
	return map[string]any{"id": id, "name": "deploy", "run_number": id, "event": "push", "status": "completed", "run_attempt": 1,
		"created_at": at, "run_started_at": at, "updated_at": at}
}

func firstOfJune() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }

// collectRunsOf collects the runs at a time, after what past holds.
func collectRunsOf(t *testing.T, a *actions, past *collecttest.Memory, now time.Time) (evidence.Snapshot, map[string][]byte,
	*collecttest.Memory) {
	t.Helper()
	a.calls = map[string]int{}
	config := collect.Config{
		Sources: []collect.OpenSource{{Name: "github", Provider: Provider{}, Decode: func(v any) error {
			v.(*Config).Organization = "acme"
			return nil
		}}},
		RedactionKey: make([]byte, 32), Limits: collect.Limits{Pace: math.Inf(1)}, Only: []string{"github.workflow-run"},
		Now: func() time.Time { return now }, Getenv: func(string) string { return "t" }, Transport: a,
	}
	batch := collecttest.NewMemory()
	if past != nil {
		batch, config.Past = past.Follow(), past
	}
	config.Batch = batch
	if _, err := collect.Run(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	snapshots, subjects, err := batch.Snapshots()
	if err != nil || len(snapshots) != 1 {
		t.Fatalf("%d snapshots: %v", len(snapshots), err)
	}
	return snapshots[0], subjects[0], batch
}

// TestRunsOfALongSpan lists more runs than GitHub gives of one search, and says what a thousand cost. Of twenty one was started
// again; a third was made in one hour.
func TestRunsOfALongSpan(t *testing.T) {
	const runs = 3000
	a := &actions{}
	for i := range runs {
		before := time.Duration(i) * 40 * time.Minute
		if i >= 1000 && i < 2000 {
			before = 1000*40*time.Minute + time.Duration(i-1000)*3*time.Second
		}
		run := made(runs-i, before)
		if i%20 == 0 {
			run["run_attempt"] = 2
		}
		a.runs = append(a.runs, run)
	}
	snap, subjects, _ := collectRunsOf(t, a, nil, firstOfJune())
	if snap.Outcome != evidence.OutcomeOK || len(subjects) != runs || snap.Completeness.SecondCount == nil ||
		snap.Completeness.SecondCount.Count != runs {
		t.Fatalf("%s with %d of %d runs, counted again %+v", snap.Outcome, len(subjects), runs, snap.Completeness.SecondCount)
	}
	t.Logf("for %d runs: %v", runs, a.calls)
	if a.calls[opGetReview] != runs/20 || a.calls[opListRuns] > 60 {
		t.Errorf("%v, want %d for approvals and at most 60 for lists", a.calls, runs/20)
	}
}

// TestRunsOfOneSecond fails where GitHub does not give all.
func TestRunsOfOneSecond(t *testing.T) {
	a := &actions{}
	for i := range searchable + 1 {
		a.runs = append(a.runs, made(i+1, time.Hour))
	}
	if snap, _, _ := collectRunsOf(t, a, nil, firstOfJune()); snap.Outcome != evidence.OutcomeFailed {
		t.Errorf("%s, want failed", snap.Outcome)
	}
}

// TestRunsAgain collects a second time: what went on and what was started again is read, though it was made before the mark.
func TestRunsAgain(t *testing.T) {
	waiting, open := made(6, time.Hour), made(1, 40*day)
	waiting["status"], open["status"] = "waiting", "waiting"
	test := made(5, 2*day)
	test["event"] = "pull_request"
	a := &actions{runs: []map[string]any{waiting, test, made(4, 3*day), made(3, 20*day), made(2, 35*day), open}}
	snap, subjects, past := collectRunsOf(t, a, nil, firstOfJune())
	if len(subjects) != 5 {
		t.Fatalf("%d runs the first time: %+v", len(subjects), snap.Completeness)
	}

	waiting["status"], open["status"] = "completed", "completed"
	a.runs[3]["run_attempt"], test["run_attempt"] = 2, 2
	snap, subjects, past = collectRunsOf(t, a, past, firstOfJune().Add(day))
	for id, want := range map[int]string{
		6: `"status":"completed"`, 1: `"status":"completed"`, 3: `"run_attempt":2`, 5: `"run_attempt":2`, 4: `"run_attempt":1`,
		2: `"run_attempt":1`,
	} {
		if got := string(subjects[fmt.Sprintf("acme/a/actions/runs/%d", id)]); !strings.Contains(got, want) {
			t.Errorf("run %d is %s, want %s", id, got, want)
		}
	}
	if snap.Completeness.Kept != 4 || snap.Completeness.Carried != 2 || a.calls[opGetReview] != 2 {
		t.Errorf("%+v after %v, want 4 read, 2 carried over and 2 asked for approvals", snap.Completeness, a.calls)
	}

	snap, subjects, _ = collectRunsOf(t, a, past, firstOfJune().Add(2*day))
	if len(subjects) != 6 || snap.Completeness.Kept != 0 || a.calls[opGetReview] != 0 {
		t.Errorf("%d runs, %+v after %v, want nothing that is read again", len(subjects), snap.Completeness, a.calls)
	}
}
