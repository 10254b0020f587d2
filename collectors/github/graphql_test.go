package github

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// answers is a GitHub with two repositories whose GraphQL API answers as each is told, in turn, the last for ever.
type answers struct {
	graph []func(ids []string, first int) (status int, header, body string)

	mu    sync.Mutex
	asked []string
}

// RoundTrip implements http.RoundTripper.
func (a *answers) RoundTrip(req *http.Request) (*http.Response, error) {
	status, header, body := 200, "", "{}"
	switch path := req.URL.Path; {
	case strings.HasSuffix(path, "/user"):
		body = `{"login": "reader", "type": "User"}`
	case strings.HasSuffix(path, "/repos"):
		body = `[{"id": 1, "node_id": "R_a", "name": "a", "full_name": "acme/a"}, {"id": 2, "node_id": "R_b", "name": "b",
			"full_name": "acme/b"}]`
	case strings.HasSuffix(path, "/graphql"):
		var asked struct {
			Variables struct {
				IDs   []string
				First int
			}
		}
		raw, err := io.ReadAll(req.Body)
		if err != nil || json.Unmarshal(raw, &asked) != nil {
			return nil, fmt.Errorf("the body is no query: %s", raw)
		}
		a.mu.Lock()
		v := asked.Variables
		a.asked = append(a.asked, fmt.Sprintf("%s %s %d", path, strings.Join(v.IDs, "+"), v.First))
		answer := a.graph[0]
		if len(a.graph) > 1 {
			a.graph = a.graph[1:]
		}
		a.mu.Unlock()
		status, header, body = answer(v.IDs, v.First)
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if name, value, ok := strings.Cut(header, ": "); ok {
		h.Set(name, value)
	}
	return &http.Response{StatusCode: status, Header: h, Request: req, Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1,
		ProtoMinor: 1}, nil
}

// whole answers with an empty list of each repository, and says what is left of the budget.
func whole(remaining int) func([]string, int) (int, string, string) {
	return func(ids []string, _ int) (int, string, string) {
		var nodes []string
		for _, id := range ids {
			nodes = append(nodes, fmt.Sprintf(`{"id": %q, "pullRequests": {"pageInfo": {"hasNextPage": false}, "nodes": []}}`, id))
		}
		return 200, "", fmt.Sprintf(`{"data": {"nodes": [%s], "rateLimit": {"cost": 5, "remaining": %d, "resetAt": %q}}}`,
			strings.Join(nodes, ","), remaining, time.Now().Add(10*time.Minute).UTC().Format(time.RFC3339))
	}
}

func refusing(status int, header, body string) func([]string, int) (int, string, string) {
	return func([]string, int) (int, string, string) { return status, header, body }
}

func faulty(kind, message string, path string) func([]string, int) (int, string, string) {
	return refusing(200, "", fmt.Sprintf(`{"data": {"nodes": null}, "errors": [{"type": %q, "message": %q, "path": %s}]}`, kind, message, path))
}

// TestGraphQL holds what an answer of the GraphQL API means and what is asked after it.
func TestGraphQL(t *testing.T) {
	reset := func(ids []string, first int) (int, string, string) {
		return 200, fmt.Sprintf("X-RateLimit-Reset: %d", time.Now().Add(30*time.Second).Unix()),
			`{"data": null, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}`
	}
	for name, tt := range map[string]struct {
		base    string
		graph   []func([]string, int) (int, string, string)
		outcome evidence.Outcome
		reason  string
		asked   string
		took    time.Duration
	}{
		"one query for all": {"", []func([]string, int) (int, string, string){whole(4000)}, evidence.OutcomeOK, "",
			"/graphql R_a+R_b 3", 0},
		"beside the REST API of an Enterprise Server": {"https://ghe.example.com/api/v3", []func([]string, int) (int, string, string){
			whole(4000)}, evidence.OutcomeOK, "", "/api/graphql R_a+R_b 3", 0},
		"too much at once": {"", []func([]string, int) (int, string, string){refusing(502, "", `{"message": "Server Error"}`),
			faulty("", "Something went wrong while executing your query. This may be the result of a timeout", "null"), whole(4000)},
			evidence.OutcomeOK, "", "/graphql R_a+R_b 3, /graphql R_a+R_b 1, /graphql R_a+R_b 1", 1500 * time.Millisecond},
		"the budget is spent, says an answer with 200": {"", []func([]string, int) (int, string, string){reset, whole(4000)},
			evidence.OutcomeOK, "", "/graphql R_a+R_b 3, /graphql R_a+R_b 3", 31 * time.Second},
		"slow down": {"", []func([]string, int) (int, string, string){refusing(403, "Retry-After: 20",
			`{"message": "You have exceeded a secondary rate limit", "documentation_url": "https://docs.github.com/x#about-secondary-rate-limits"}`),
			whole(4000)}, evidence.OutcomeOK, "", "/graphql R_a+R_b 3, /graphql R_a+R_b 3", 20 * time.Second},
		"one that may not be read takes no others with it": {"", []func([]string, int) (int, string, string){
			faulty("FORBIDDEN", "Resource not accessible by integration", `["nodes", 1]`), whole(4000),
			faulty("FORBIDDEN", "Resource not accessible by integration", `["nodes", 0]`)}, evidence.OutcomeDenied,
			"forbidden: Resource not accessible", "/graphql R_a+R_b 3, /graphql R_a 50, /graphql R_b 50", 0},
		"a repository that is none": {"", []func([]string, int) (int, string, string){
			faulty("NOT_FOUND", "Could not resolve to a node", `["nodes", 0]`)}, evidence.OutcomeDenied, "not_found",
			"/graphql R_a+R_b 3, /graphql R_a 50, /graphql R_b 50", 0},
		"a token without the scope": {"", []func([]string, int) (int, string, string){
			faulty("INSUFFICIENT_SCOPES", "Your token has not been granted the required scopes", "null")}, evidence.OutcomeDenied,
			"insufficient_scopes", "/graphql R_a+R_b 3", 0},
		"a field that this server does not know": {"", []func([]string, int) (int, string, string){
			faulty("undefinedField", "Field 'x' doesn't exist", "null")}, evidence.OutcomeFailed, "undefinedfield", "/graphql R_a+R_b 3", 0},
		"an answer about something else": {"", []func([]string, int) (int, string, string){refusing(200, "",
			`{"data": {"nodes": [{"id": "R_b"}, {"id": "R_a"}]}}`)}, evidence.OutcomeFailed, "not about acme/a", "/graphql R_a+R_b 3", 0},
		"nothing": {"", []func([]string, int) (int, string, string){refusing(200, "", `{"message": "hello"}`)},
			evidence.OutcomeFailed, "no data", "/graphql R_a+R_b 3", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wire := &answers{graph: tt.graph}
				begin := time.Now()
				run := collectScripted(t, wire, tt.base, "github.pull-request")
				if run.Outcome != tt.outcome || !strings.Contains(fmt.Sprint(run.Scopes), tt.reason) {
					t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
				}
				if got := strings.Join(wire.asked, ", "); got != tt.asked {
					t.Errorf("asked %s\nwant %s", got, tt.asked)
				}
				if took := time.Since(begin); took < tt.took || took > tt.took+2*time.Second {
					t.Errorf("took %s, want %s", took, tt.took)
				}
			})
		})
	}
}

// TestGraphQLBudget holds that who has spent the budget waits until it is full again.
func TestGraphQLBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := &answers{graph: []func([]string, int) (int, string, string){whole(3), whole(4000)}}
		s := &session{}
		for range 2 {
			_, _, body := wire.graph[0](nil, 0)
			var answer graphAnswer
			if err := json.Unmarshal([]byte(body), &answer); err != nil {
				t.Fatal(err)
			}
			s.points.note(answer.Data)
			begin := time.Now()
			if err := s.points.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); (took > 9*time.Minute) != (len(wire.graph) == 2) {
				t.Errorf("waited %s", took)
			}
			wire.graph = wire.graph[1:]
		}
	})
}

// collectScripted collects from a scripted GitHub.
func collectScripted(t *testing.T, wire http.RoundTripper, base string, only ...string) evidence.Run {
	t.Helper()
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "scripted", Provider: Provider{}, Decode: func(v any) error {
			c := v.(*Config)
			c.Organization = "acme"
			if base != "" {
				c.BaseURL = base
			}
			return nil
		}}},
		Batch: collecttest.NewMemory(), RedactionKey: make([]byte, 32), Limits: collect.Limits{Pace: math.Inf(1)}, Now: time.Now,
		Getenv: func(string) string { return "token" }, Transport: wire, Only: only,
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// planned is a GitHub whose organisation has a plan.
type planned struct {
	plan  string
	mu    *sync.Mutex
	asked *[]string
}

// RoundTrip implements http.RoundTripper.
func (p planned) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	*p.asked = append(*p.asked, req.URL.Path)
	p.mu.Unlock()
	status, body := 200, fmt.Sprintf(`{"login": "reader", "id": 1, "plan": {"name": %q}}`, p.plan)
	if strings.HasSuffix(req.URL.Path, "/audit-log") {
		status, body = 404, `{"message": "Not Found"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ProtoMajor: 1, ProtoMinor: 1}, nil
}

// TestAuditLogOfThePlan holds that a plan without an audit log is told from a log that may not be read.
func TestAuditLogOfThePlan(t *testing.T) {
	for plan, want := range map[string]evidence.Outcome{
		"team": evidence.OutcomeNotEnabled, "free": evidence.OutcomeNotEnabled, "enterprise": evidence.OutcomeDenied,
		"business_plus": evidence.OutcomeDenied, "": evidence.OutcomeDenied,
	} {
		var asked []string
		run := collectScripted(t, planned{plan, &sync.Mutex{}, &asked}, "", "github.audit-log")
		if run.Outcome != want {
			t.Errorf("plan %q: run ended %s, want %s: %+v", plan, run.Outcome, want, run.Scopes)
		}
		if sent := strings.Contains(strings.Join(asked, " "), "audit-log"); sent != (want == evidence.OutcomeDenied) {
			t.Errorf("plan %q: asked %v", plan, asked)
		}
	}
}
