package jenkins

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// controllerOf is a controller whose jobs have builds of one a day: number n starts on day n of the year, unless the job was
// made anew.
type controllerOf struct {
	jobs  []fakeJob
	calls atomic.Int64
}

type fakeJob struct {
	name    string
	builds  []int // that it has kept
	next    int
	late    int // days by which its builds are later
	running int // the number of one that is not at its end
	perDay  int // builds a day, where not one
	gone    bool
	refused bool
}

func (j fakeJob) at(n int) time.Time {
	return time.Date(2026, 1, n/max(j.perDay, 1)+j.late, 0, 0, n%max(j.perDay, 1), 0, time.UTC)
}

var ranges = regexp.MustCompile(`\{(\d+),(\d+)\}$`)

func (c *controllerOf) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	var items []string
	kind := "jobs"
	switch r.URL.Path {
	case "/whoAmI/api/json":
		return answer(r, `{"name":"exhibit","anonymous":false}`), nil
	case "/api/json":
		for _, j := range c.jobs {
			items = append(items, fmt.Sprintf(`{"name":%q,"fullName":%q,"nextBuildNumber":%d}`, j.name, j.name, j.next))
		}
	default:
		kind = "allBuilds"
		i := slices.IndexFunc(c.jobs, func(j fakeJob) bool { return "/job/"+j.name+"/api/json" == r.URL.Path })
		if c.jobs[i].gone {
			return &http.Response{StatusCode: 404, Body: http.NoBody, Request: r, Header: http.Header{}}, nil
		}
		if c.jobs[i].refused {
			return &http.Response{StatusCode: 403, Body: http.NoBody, Request: r, Header: http.Header{}}, nil
		}
		var from, to int
		fmt.Sscanf(ranges.FindString(r.URL.Query().Get("tree")), "{%d,%d}", &from, &to)
		for k, n := range slices.Backward(c.jobs[i].builds) {
			if at := len(c.jobs[i].builds) - 1 - k; at < from || at >= to {
				continue
			}
			items = append(items, fmt.Sprintf(`{"number":%d,"timestamp":%d,"building":%v,"actions":[]}`, n,
				c.jobs[i].at(n).UnixMilli(), n == c.jobs[i].running))
		}
	}
	return answer(r, `{"`+kind+`":[`+strings.Join(items, ",")+`]}`), nil
}

func answer(r *http.Request, body string) *http.Response {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), Request: r, Header: http.Header{}}
}

// numbers are those from first to last.
func numbers(first, last int) []int {
	var out []int
	for n := first; n <= last; n++ {
		out = append(out, n)
	}
	return out
}

// collectOn collects builds on a day of the year, after what was collected before.
func (c *controllerOf) collectOn(t *testing.T, day int, past *collecttest.Memory) (evidence.Snapshot, map[string][]byte, *collecttest.Memory) {
	t.Helper()
	config := collect.Config{RedactionKey: []byte("k"), Trigger: "manual", Tool: "test", Transport: c,
		Limits: collect.Limits{Pace: math.Inf(1)}, Only: []string{"jenkins.build"}, Getenv: func(string) string { return "x" },
		Now: func() time.Time { return time.Date(2026, 1, day, 12, 0, 0, 0, time.UTC) }}
	batch := collecttest.NewMemory()
	if past != nil {
		batch, config.Past = past.Follow(), past
	}
	config.Batch = batch
	config.Sources = []collect.OpenSource{{Name: "ci", Provider: Provider{}, Decode: func(v any) error {
		v.(*Config).URL, v.(*Config).Since = "https://ci.example.com", "2026-01-01"
		return nil
	}}}
	if _, err := collect.Run(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	snaps, subjects, err := batch.Snapshots()
	if err != nil || len(snaps) != 1 {
		t.Fatalf("%d snapshots, %v", len(snaps), err)
	}
	return snaps[0], subjects[0], batch
}

// TestForgottenBuilds goes through what a job may do with its builds.
func TestForgottenBuilds(t *testing.T) {
	c := &controllerOf{}
	var past *collecttest.Memory
	for _, step := range []struct {
		name  string
		day   int
		job   fakeJob
		kept  int
		calls int64  // beside who asks and the list of jobs
		gaps  string // days, as from-to
	}{
		{"all that there ever was, one at work", 5, fakeJob{builds: numbers(1, 5), next: 6, running: 5}, 5, 1, ""},
		{"the one at work again, and the oldest are thrown away", 8, fakeJob{builds: numbers(4, 8), next: 9}, 8, 1, ""},
		{"nothing new is not asked for", 9, fakeJob{builds: numbers(4, 8), next: 9}, 8, 0, ""},
		{"thrown away before they were seen", 20, fakeJob{builds: numbers(16, 20), next: 21}, 13, 1, "8-16"},
		{"one in the middle was deleted", 24, fakeJob{builds: []int{21, 22, 24}, next: 25}, 16, 1, "8-16 22-24"},
		{"the newest was deleted", 26, fakeJob{builds: []int{24, 25}, next: 27}, 17, 1, "8-16 22-24 25-26"},
		{"made anew it counts from the start", 40, fakeJob{builds: numbers(1, 3), next: 4, late: 30}, 20, 1, "8-16 22-24 25-26"},
		{"and says the same again", 41, fakeJob{builds: numbers(1, 3), next: 4, late: 30}, 20, 1, "8-16 22-24 25-26"},
	} {
		step.job.name = "ledger"
		c.jobs = []fakeJob{step.job}
		c.calls.Store(-2)
		snap, kept, batch := c.collectOn(t, step.day, past)
		past = batch
		if snap.Outcome != evidence.OutcomeOK || len(kept) != step.kept || c.calls.Load() != step.calls {
			t.Errorf("%s: %s with %d builds after %d calls, want %d and %d", step.name, snap.Outcome, len(kept), c.calls.Load(),
				step.kept, step.calls)
		}
		if got := days(snap); got != step.gaps {
			t.Errorf("%s: gaps %q, want %q", step.name, got, step.gaps)
		}
	}
}

// TestBrokeOff collects what a collection before left out that did not come to its end, whatever it held above.
func TestBrokeOff(t *testing.T) {
	other := func(last int, refused bool) fakeJob {
		return fakeJob{name: "other", builds: numbers(1, last), next: last + 1, refused: refused}
	}
	c := &controllerOf{}
	var past *collecttest.Memory
	for _, step := range []struct {
		name    string
		day     int
		jobs    []fakeJob
		outcome evidence.Outcome
		kept    int
		gaps    string
	}{
		{"nothing but the newest is handed on", 4, []fakeJob{{name: "a", builds: []int{1, 3}, next: 4}, other(2, true)},
			evidence.OutcomeDenied, 2, ""},
		{"the rest comes", 5, []fakeJob{{name: "a", builds: numbers(1, 5), next: 6}, other(2, false)}, evidence.OutcomeOK, 7, ""},
		{"held, and not to the end", 8, []fakeJob{{name: "a", builds: []int{6, 7, 8}, next: 9}, other(7, true)},
			evidence.OutcomeDenied, 10, ""},
		{"what was seen and thrown away is no hole", 10, []fakeJob{{name: "a", builds: []int{10}, next: 11}, other(7, false)},
			evidence.OutcomeOK, 16, "8-10"},
		{"not to the end again", 13, []fakeJob{{name: "a", builds: []int{11, 12, 13}, next: 14}, other(8, true)},
			evidence.OutcomeDenied, 19, "8-10"},
		{"made anew it counts from the start", 30, []fakeJob{{name: "a", builds: numbers(1, 12), next: 13, late: 15}, other(8, false)},
			evidence.OutcomeOK, 32, "8-10"},
	} {
		c.jobs = step.jobs
		snap, kept, batch := c.collectOn(t, step.day, past)
		past = batch
		if got := days(snap); snap.Outcome != step.outcome || len(kept) != step.kept || got != step.gaps {
			t.Errorf("%s: %s with %d builds and the gaps %q, want %s, %d and %q", step.name, snap.Outcome, len(kept), got,
				step.outcome, step.kept, step.gaps)
		}
	}
}

// TestRefusedJob collects the builds of all jobs but the one that is refused.
func TestRefusedJob(t *testing.T) {
	c := &controllerOf{jobs: []fakeJob{{name: "refused", builds: numbers(1, 2), next: 3, refused: true}}}
	for i := range 200 {
		c.jobs = append(c.jobs, fakeJob{name: fmt.Sprint("job", i), builds: numbers(1, 2), next: 3})
	}
	if snap, kept, _ := c.collectOn(t, 5, nil); snap.Outcome != evidence.OutcomeDenied || len(kept) != 400 {
		t.Errorf("%s with %d builds", snap.Outcome, len(kept))
	}
}

// TestForgottenBeforeTheFirstCollection tells numbers that were thrown away from those that are older than the window.
func TestForgottenBeforeTheFirstCollection(t *testing.T) {
	c := &controllerOf{jobs: []fakeJob{
		{name: "old", builds: numbers(1, 40), next: 41, late: -35},      // all its numbers are there
		{name: "rotated", builds: numbers(31, 35), next: 36, late: -25}, // 30 are gone: it kept five
		{name: "emptied", next: 7},
		{name: "never", next: 1},
		{name: "deleted", next: 7, gone: true}, // since it was listed
	}}
	snap, kept, _ := c.collectOn(t, 12, nil)
	if got, want := days(snap), "1-6 1-12"; len(kept) != 10 || got != want {
		t.Errorf("%d builds, gaps %q, want %q", len(kept), got, want)
	}
}

func days(snap evidence.Snapshot) string {
	var gaps []string
	if snap.Completeness.Coverage == nil {
		return "" // nothing succeeded
	}
	for _, g := range snap.Completeness.Coverage.Gaps {
		day := func(at time.Time) int { return at.YearDay() }
		gaps = append(gaps, fmt.Sprintf("%d-%d", day(g.Window.From), day(g.Window.To)))
	}
	return strings.Join(gaps, " ")
}

// TestCalls counts the calls for ten thousand builds, and for the day after.
func TestCalls(t *testing.T) {
	many := func(jobs int) *controllerOf {
		c := &controllerOf{}
		for i := range jobs { // nine builds of each are from before the window
			c.jobs = append(c.jobs, fakeJob{name: fmt.Sprint("job", i), builds: numbers(1, 209), next: 210, perDay: 10})
		}
		return c
	}
	c := many(50)
	snap, kept, _ := c.collectOn(t, 22, nil)
	t.Logf("%d calls for %d builds", c.calls.Load(), len(kept))
	if len(kept) != 10000 || c.calls.Load() > 200 || len(snap.Completeness.Coverage.Gaps) > 0 {
		t.Errorf("%d calls for %d builds, %+v", c.calls.Load(), len(kept), snap.Completeness.Coverage)
	}
	c = many(5)
	_, _, past := c.collectOn(t, 22, nil)
	c.calls.Store(0)
	c.jobs[0].builds, c.jobs[0].next = append(c.jobs[0].builds, 210), 211
	if _, kept, _ := c.collectOn(t, 23, past); len(kept) != 1001 || c.calls.Load() != 3 {
		t.Errorf("%d calls for one further build of %d", c.calls.Load(), len(kept))
	}
}
