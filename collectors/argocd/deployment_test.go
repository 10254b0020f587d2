package argocd

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// server is a server with applications of one history each.
type server struct {
	histories map[string][]string // by uid: entries as JSON
	may       string
	calls     int
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.calls++
	var body string
	switch path := r.URL.Path; {
	case path == "/api/v1/session/userinfo":
		body = `{"loggedIn":true,"username":"exhibit"}`
	case path == "/api/version":
		body = `{"Version":"v3"}`
	case strings.HasPrefix(path, "/api/v1/account/can-i/"):
		body = `{"value":"` + s.may + `"}`
	default:
		items := []string{}
		for uid, entries := range s.histories {
			items = append(items, fmt.Sprintf(`{"metadata":{"name":"shop","namespace":"argocd","uid":%q},"spec":{},`+
				`"status":{"history":[%s]}}`, uid, strings.Join(entries, ",")))
		}
		body = `{"metadata":{},"items":[` + strings.Join(items, ",") + `]}`
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), Request: r, Header: http.Header{}}, nil
}

// entries are entries of a history, a day apart, from number first on.
func entries(first, last int) []string {
	var out []string
	for n := first; n <= last; n++ {
		out = append(out, fmt.Sprintf(`{"id":%d,"revision":"r%d","deployedAt":%q}`, n, n,
			time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)))
	}
	return out
}

// collectAt collects deployments once, after what was collected before.
func (s *server) collectAt(t *testing.T, now time.Time, past *collecttest.Memory) (evidence.Snapshot, int, *collecttest.Memory) {
	t.Helper()
	config := collect.Config{RedactionKey: []byte("k"), Trigger: "manual", Tool: "test", Transport: s,
		Limits: collect.Limits{Pace: math.Inf(1)}, Now: func() time.Time { return now }, Only: []string{"argocd.deployment"},
		Getenv: func(string) string { return "token" }}
	batch := collecttest.NewMemory()
	if past != nil {
		batch, config.Past = past.Follow(), past
	}
	config.Batch = batch
	config.Sources = []collect.OpenSource{{Name: "argocd", Provider: Provider{}, Decode: func(v any) error {
		v.(*Config).URL, v.(*Config).Since = "https://argocd.example.com", "2026-01-01"
		return nil
	}}}
	if _, err := collect.Run(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	snaps, subjects, err := batch.Snapshots()
	if err != nil || len(snaps) != 1 {
		t.Fatalf("%d snapshots, %v", len(snaps), err)
	}
	return snaps[0], len(subjects[0]), batch
}

// TestForgottenDeployments goes through what a history of ten entries forgets.
func TestForgottenDeployments(t *testing.T) {
	s := &server{may: "yes"}
	var past *collecttest.Memory
	for _, step := range []struct {
		name      string
		day       int
		histories map[string][]string
		kept      int
		gaps      string // days, as from-to
	}{
		{"all that there ever was", 6, map[string][]string{"u1": entries(0, 4)}, 5, ""},
		{"the oldest are forgotten and stay in evidence", 12, map[string][]string{"u1": entries(1, 10)}, 11, ""},
		{"some were never seen", 32, map[string][]string{"u1": entries(14, 23)}, 21, "11-15"},
		{"which stays known", 33, map[string][]string{"u1": entries(14, 23)}, 21, "11-15"},
		{"made anew it counts from the start", 40, map[string][]string{"u2": entries(0, 1)}, 23, "11-15"},
		{"another is seen late", 41, map[string][]string{"u2": entries(0, 1), "u3": entries(3, 4)}, 25, "1-4 11-15"},
	} {
		s.histories = step.histories
		snap, kept, batch := s.collectAt(t, time.Date(2026, 1, step.day, 1, 0, 0, 0, time.UTC), past)
		past = batch
		if snap.Outcome != evidence.OutcomeOK || kept != step.kept {
			t.Errorf("%s: %s with %d deployments, want %d", step.name, snap.Outcome, kept, step.kept)
		}
		var gaps []string
		for _, g := range snap.Completeness.Coverage.Gaps {
			days := func(at time.Time) int { return int(at.Sub(time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)).Hours() / 24) }
			gaps = append(gaps, fmt.Sprintf("%d-%d", days(g.Window.From), days(g.Window.To)))
		}
		if got := strings.Join(gaps, " "); got != step.gaps {
			t.Errorf("%s: gaps %q, want %q: %+v", step.name, got, step.gaps, snap.Completeness.Coverage)
		}
	}
}

// TestPartialSight holds that a list of which the token sees a part only is not taken for the whole.
func TestPartialSight(t *testing.T) {
	s := &server{may: "no", histories: map[string][]string{"u1": entries(0, 1)}}
	snap, kept, _ := s.collectAt(t, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), nil)
	if snap.Outcome != evidence.OutcomeDenied || kept != 0 {
		raw, _ := json.Marshal(snap.Completeness)
		t.Errorf("%s with %d deployments: %s", snap.Outcome, kept, raw)
	}
}

// TestCalls counts the calls for a thousand deployments.
func TestCalls(t *testing.T) {
	s := &server{may: "yes", histories: map[string][]string{}}
	for i := range 100 {
		s.histories[fmt.Sprint("u", i)] = entries(0, 9)
	}
	_, kept, _ := s.collectAt(t, time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC), nil)
	t.Logf("%d calls for %d deployments", s.calls, kept)
	if kept != 1000 || s.calls > 10 {
		t.Errorf("%d calls for %d deployments", s.calls, kept)
	}
}
