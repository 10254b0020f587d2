package collect_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"exhibit/internal/collect"
)

// TestDeclaredQueries holds that only the text that an operation declares leaves, and nothing beside its variables.
func TestDeclaredQueries(t *testing.T) {
	const text = "query repos($n: Int!) { viewer { repositories(first: $n) { totalCount } } }"
	const mutation = `mutation { deleteRef(input: {refId: \"x\"}) { clientMutationId } }`
	operations := []collect.Operation{
		{Name: "graphql.repos", Method: "POST", Path: "/graphql", Query: text},
		{Name: "graphql.delete", Method: "POST", Path: "/graphql", Query: `mutation { deleteRef { clientMutationId } }`},
	}
	for name, tt := range map[string]struct{ op, method, path, body, left string }{
		"declared": {"graphql.repos", "POST", "/graphql", `{"query": "` + text + `", "variables": {"n": 3}}`,
			`{"query":"` + text + `","variables":{"n":3}}`},
		"the last of two texts counts, and leaves alone": {"graphql.repos", "POST", "/graphql",
			`{"query": "` + mutation + `", "query": "` + text + `"}`, `{"query":"` + text + `"}`},
		"written otherwise":            {"graphql.repos", "POST", "/graphql", `{"QUERY": "` + text + `"}`, `{"query":"` + text + `"}`},
		"a mutation":                   {"graphql.repos", "POST", "/graphql", `{"query": "` + mutation + `"}`, ""},
		"a declared mutation":          {"graphql.delete", "POST", "/graphql", `{"query": "mutation { deleteRef { clientMutationId } }"}`, ""},
		"a mutation after the query":   {"graphql.repos", "POST", "/graphql", `{"query": "` + text + ` ` + mutation + `"}`, ""},
		"one of several operations":    {"graphql.repos", "POST", "/graphql", `{"query": "` + text + `", "operationName": "x"}`, ""},
		"no JSON":                      {"graphql.repos", "POST", "/graphql", text, ""},
		"no body":                      {"graphql.repos", "POST", "/graphql", "", ""},
		"a list of queries":            {"graphql.repos", "POST", "/graphql", `[{"query": "` + text + `"}]`, ""},
		"another method":               {"graphql.repos", "GET", "/graphql", `{"query": "` + text + `"}`, ""},
		"another path":                 {"graphql.repos", "POST", "/graphql/x", `{"query": "` + text + `"}`, ""},
		"a body without an end":        {"graphql.repos", "POST", "/graphql", `{"query": "` + text + strings.Repeat(" ", 1<<20) + `"}`, ""},
		"text that begins as declared": {"graphql.repos", "POST", "/graphql", `{"query": "` + text + ` "}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			wire := &bodies{}
			var called error
			c := lister("thing", false, nil)
			c.Operations = operations
			f := &fake{}
			c.Collect = collect.Typed(func(ctx context.Context, _ *fake, tk *collect.Task) error {
				called = tk.Call(ctx, tt.op, func(ctx context.Context) error {
					var body io.Reader
					if tt.body != "" {
						body = strings.NewReader(tt.body)
					}
					req, err := http.NewRequestWithContext(ctx, tt.method, "https://api.example.com"+tt.path, body)
					if err != nil {
						return err
					}
					resp, err := f.environment().Transport.RoundTrip(req)
					if err == nil {
						resp.Body.Close()
					}
					return err
				})
				return nil
			})
			f.collectors = []collect.Collector{c}
			collected(t, t.Context(), f, func(cfg *collect.Config) { cfg.Transport = wire })
			if refused := errors.Is(called, collect.ErrUndeclared); refused != (tt.left == "") {
				t.Errorf("call ended %v", called)
			}
			if got := strings.Join(wire.seen, "\n"); got != tt.left {
				t.Errorf("what left: %s\nwant %s", got, tt.left)
			}
		})
	}
}

// bodies is a transport that keeps what left.
type bodies struct{ seen []string }

func (b *bodies) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		raw, err := io.ReadAll(req.Body)
		if err != nil || int64(len(raw)) != req.ContentLength {
			return nil, errors.New("the body is not as long as it says")
		}
		b.seen = append(b.seen, string(raw))
	} else {
		b.seen = append(b.seen, "nothing")
	}
	return answering{}.RoundTrip(req)
}
