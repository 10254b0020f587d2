package simcloud

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// graphQL sends a query to the simulated GitHub.
func graphQL(t *testing.T, c *Cloud, path, token, query string, variables map[string]any) (status int, answer string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL("github")+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, out.String()
}

const pullsOf = `query pulls($ids: [ID!]!, $first: Int!, $after: String) { nodes(ids: $ids) { ... on Repository { nameWithOwner
  pullRequests(states: MERGED, first: $first, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) {
    pageInfo { hasNextPage endCursor } nodes { number author { __typename ...who } reviews(first: 9) { totalCount } } }
} } } fragment who on Actor { login ... on Bot { databaseId } }`

func TestGitHubGraphQL(t *testing.T) {
	c := start(t, demo(t), Options{})
	if err := c.SetDay(38); err != nil {
		t.Fatal(err)
	}
	repo, ok := c.world.Load().list("github", c.Accounts("github")[0], "repositories").Find("ledger-service")
	if !ok {
		t.Fatal("no such repository")
	}
	ids := []any{repo.doc["node_id"]}
	for name, tt := range map[string]struct {
		path, token, query string
		variables          map[string]any
		fault              FaultKind
		status             int
		want               string // begins the answer
	}{
		"newest first, page by page": {"/graphql", "", pullsOf, map[string]any{"ids": ids, "first": 1}, "", 200,
			`{"data":{"nodes":[{"nameWithOwner":"larkspur-freight/ledger-service","pullRequests":{"nodes":[{"author":` +
				`{"__typename":"User","login":"joel-okafor"},"number":190,"reviews":{"totalCount":0}}],` +
				`"pageInfo":{"endCursor":"1","hasNextPage":true}}}]}}`},
		"the next page, of an Enterprise Server": {"/api/graphql", "", pullsOf, map[string]any{"ids": ids, "first": 1, "after": "1"}, "",
			200, `{"data":{"nodes":[{"nameWithOwner":"larkspur-freight/ledger-service","pullRequests":{"nodes":[{"author":` +
				`{"__typename":"User","login":"joel-okafor"},"number":118`},
		"nobody's node": {"/graphql", "", pullsOf, map[string]any{"ids": []any{"x"}, "first": 1}, "", 200,
			`{"data":{"nodes":[null]},"errors":[{"message":"Could not resolve to a node`},
		"a mutation":      {"/graphql", "", `mutation { x }`, nil, "", 200, `{"data":null,"errors":[`},
		"two queries":     {"/graphql", "", `query a { x } query b { x }`, nil, "", 200, `{"data":null,"errors":[`},
		"another's token": {"/graphql", "x", pullsOf, map[string]any{"ids": ids}, "", 401, `{"documentation_url"`},
		"denied": {"/graphql", "", pullsOf, map[string]any{"ids": ids}, Denied, 200,
			`{"data":null,"errors":[{"message":"Resource not accessible by personal access token","path":["nodes",0],"type":"FORBIDDEN"}]}`},
		"throttled":   {"/graphql", "", pullsOf, map[string]any{"ids": ids}, Throttled, 200, `{"data":null,"errors":[{"message":"API rate limit`},
		"unavailable": {"/graphql", "", pullsOf, map[string]any{"ids": ids}, Unavailable, 503, `{"documentation_url"`},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.fault != "" {
				if err := c.Fault("graphql.pulls", Fault{Kind: tt.fault}); err != nil {
					t.Fatal(err)
				}
				defer c.ClearFaults()
			}
			token := tt.token
			if token == "" {
				token = Token("github")
			}
			status, answer := graphQL(t, c, tt.path, token, tt.query, tt.variables)
			if status != tt.status || !strings.HasPrefix(answer, tt.want) {
				t.Errorf("answer %d %s\nwant %d %s", status, answer, tt.status, tt.want)
			}
		})
	}
}
