package azuredevops

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// deploys answers as an organisation with one environment does, to which there was one deployment an hour.
type deploys struct {
	numbers []int // in the order of the list
	running int   // the number of one that is not at its end
	pages   atomic.Int64
	runs    atomic.Int64
}

// at is when a deployment was queued.
func (d *deploys) at(n int) time.Time {
	return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Hour)
}

// RoundTrip implements http.RoundTripper.
func (d *deploys) RoundTrip(r *http.Request) (*http.Response, error) {
	header := http.Header{}
	body := `{"value":[]}`
	parts := strings.Split(r.URL.Path, "/")
	switch last := parts[len(parts)-1]; {
	case last == "connectionData":
		body = `{"authenticatedUser":{"id":"u"}}`
	case last == "projects" && r.URL.Query().Get("$skip") == "":
		body = `{"value":[{"id":"p","name":"shop"}]}`
	case last == "environments":
		body = `{"value":[{"id":1,"name":"production"}]}`
	case last == "environmentdeploymentrecords":
		d.pages.Add(1)
		from, _ := strconv.Atoi(r.URL.Query().Get("continuationToken"))
		to := min(from+100, len(d.numbers))
		var items []string
		for _, n := range d.numbers[from:to] {
			result := `"succeeded"`
			if n == d.running {
				result = "null"
			}
			items = append(items, fmt.Sprintf(`{"id":%d,"queueTime":%q,"result":%s,"stageName":"Ship","owner":{"id":%d,"name":"r"}}`,
				n, d.at(n).Format(time.RFC3339), result, n))
		}
		body = `{"value":[` + strings.Join(items, ",") + `]}`
		if to < len(d.numbers) {
			header.Set("X-Ms-Continuationtoken", strconv.Itoa(to))
		}
	case parts[len(parts)-2] == "builds":
		d.runs.Add(1)
		body = `{"id":1,"sourceVersion":"c"}`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Request: r, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// collectAt collects as it is so many hours after the first deployment, after what was collected before.
func (d *deploys) collectAt(t *testing.T, hour int, past *collecttest.Memory) (map[string][]byte, *collecttest.Memory) {
	t.Helper()
	batch := collecttest.NewMemory()
	config := collect.Config{RedactionKey: make([]byte, 32), Transport: d, Limits: collect.Limits{Pace: math.Inf(1)},
		Only: []string{"azuredevops.deployment"}, Getenv: func(string) string { return "t" }, Now: func() time.Time { return d.at(hour) },
		Sources: []collect.OpenSource{{Name: "devops", Provider: Provider{}, Decode: func(v any) error {
			v.(*Config).Organization, v.(*Config).Since = "acme", "2026-01-01"
			return nil
		}}}}
	if past != nil {
		batch, config.Past = past.Follow(), past
	}
	config.Batch = batch
	if _, err := collect.Run(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	snaps, subjects, err := batch.Snapshots()
	if err != nil || len(snaps) != 1 || snaps[0].Outcome != evidence.OutcomeOK {
		t.Fatalf("%+v, %v", snaps, err)
	}
	return subjects[0], batch
}

// newestFirst are the numbers from last to first.
func newestFirst(first, last int) []int {
	var out []int
	for n := last; n >= first; n-- {
		out = append(out, n)
	}
	return out
}

// TestDeploymentPages holds that a collection reads no further than where the one before began, but to one that had not come
// to an end, and to the end of a list that is in another order; and that nothing that was seen is lost.
func TestDeploymentPages(t *testing.T) {
	for _, tc := range []struct {
		name    string
		running int
		shuffle bool
		pages   int64
		runs    int64
	}{
		// 26 hours lie between the end of a collection and its mark: those are asked for again with the ten that are new.
		{"newest first", 0, false, 1, 37},
		{"one that was running", 150, false, 4, 38},
		{"in another order", 0, true, 6, 37},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := &deploys{numbers: newestFirst(1, 500), running: tc.running}
			if tc.shuffle {
				slices.Reverse(d.numbers)
			}
			first, past := d.collectAt(t, 500, nil)
			if len(first) != 500 {
				t.Fatalf("%d of 500 at first", len(first))
			}
			d.numbers, d.running = newestFirst(1, 510), 0
			if tc.shuffle {
				slices.Reverse(d.numbers)
			}
			d.pages.Store(0)
			d.runs.Store(0)
			second, _ := d.collectAt(t, 510, past)
			pages, runs := d.pages.Load(), d.runs.Load()
			if len(second) != 510 || pages != tc.pages || runs != tc.runs {
				t.Errorf("%d deployments, %d pages, %d runs; want 510, %d, %d", len(second), pages, runs, tc.pages, tc.runs)
			}
			var s struct {
				Doc struct {
					Result string `json:"result"`
				} `json:"doc"`
			}
			for id, raw := range second {
				if err := json.Unmarshal(raw, &s); err != nil || s.Doc.Result != "succeeded" {
					t.Fatalf("%s: %s %v", id, raw, err)
				}
			}
		})
	}
}
