package collectors_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"exhibit/collectors/github"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
)

// githubOpenAPI is GitHub's published description of its REST API, reduced to the answers that we ask for. It is written anew
// when githubOpenAPIEnv names the whole of it, which is ghec.json of the npm package @octokit/openapi:
//
//	npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
//	EXHIBIT_GITHUB_OPENAPI=$PWD/package/generated/ghec.json go test ./collectors -run TestGitHubOpenAPI
const (
	githubOpenAPI    = "github/testdata/openapi.json"
	githubOpenAPIEnv = "EXHIBIT_GITHUB_OPENAPI"
)

// TestGitHubOpenAPI holds what the recordings and the simulated GitHub answer against the description.
func TestGitHubOpenAPI(t *testing.T) {
	if whole := os.Getenv(githubOpenAPIEnv); whole != "" {
		reduceOpenAPI(t, whole)
	}
	api := readOpenAPI(t)
	for name := range githubOperations() {
		if api.Operations[name] == nil {
			t.Errorf("%s is no operation that GitHub describes", name)
		}
	}
	t.Run("recordings", func(t *testing.T) { recordingsHold(t, api) })
	t.Run("simulated", func(t *testing.T) { simulatedHolds(t, api) })
}

// githubOperations are the declared operations of the REST API that answer something, by name.
func githubOperations() map[string]collect.Operation {
	all := map[string]collect.Operation{}
	for _, c := range (github.Provider{}).Collectors() {
		for _, o := range c.Operations {
			all[o.Name] = o
		}
	}
	for _, o := range (github.Provider{}).Operations() {
		all[o.Name] = o
	}
	for name, o := range all {
		switch {
		case o.Method != http.MethodGet:
			delete(all, name)
		case name == "repos.checkVulnerabilityAlerts": // answers by its status alone
			delete(all, name)
		case name == "users.getAuthenticated": // a whole profile, of which the login is read
			delete(all, name)
		}
	}
	return all
}

// left reports whether recordings and the simulated GitHub may do without a property: what leads to other answers, which no
// document keeps, what says nothing of a person, and what a workflow run repeats of other things.
func left(property string) bool {
	switch property {
	case "node_id", "url", "_links", "gravatar_id", "site_admin", "display_title", "head_commit", "repository", "head_repository":
		return true
	}
	return strings.HasSuffix(property, "_url")
}

func recordingsHold(t *testing.T, api *openAPI) {
	files, err := filepath.Glob("github/testdata/github.*.json")
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	for _, file := range append(files, "github/testdata/open.json") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rec collecttest.Recording
		if err := json.Unmarshal(text, &rec); err != nil {
			t.Fatal(err)
		}
		for _, e := range rec.Exchanges {
			if s := api.Operations[e.Operation]; s != nil && e.Response.Status == 0 {
				met[e.Operation] = true
				if err := api.holds(e.Request.Path, s, decoded(t, e.Response.Body), left); err != nil {
					t.Errorf("%s, %s: %v", filepath.Base(file), e.Operation, err)
				}
			}
		}
	}
	for name := range githubOperations() {
		if !met[name] {
			t.Errorf("no recording answers %s", name)
		}
	}
}

func simulatedHolds(t *testing.T, api *openAPI) {
	cloud := start(t, 0)
	i := slices.IndexFunc(sources(t, cloud), func(s collect.OpenSource) bool { return s.Name == "github" })
	heard := &answers{paths: map[string][]byte{}}
	if _, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{sources(t, cloud)[i]}, Batch: collecttest.NewMemory(), RedactionKey: make([]byte, 32),
		Trigger: "simulation", Limits: collect.Limits{Pace: math.Inf(1)}, Now: cloud.Now, Getenv: getenv, Transport: heard,
	}); err != nil {
		t.Fatal(err)
	}
	met := map[string]bool{}
	for path, body := range heard.paths {
		name := operationOf(path)
		s := api.Operations[name]
		if s == nil {
			continue
		}
		met[name] = true
		if err := api.holds(path, s, decoded(t, body), left); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name := range githubOperations() {
		if !met[name] {
			t.Errorf("the simulated GitHub answered no %s", name)
		}
	}
}

// answers keeps the good answers that went by, by path.
type answers struct {
	mu    sync.Mutex
	paths map[string][]byte
}

func (a *answers) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusOK || req.Method != http.MethodGet {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paths[req.URL.EscapedPath()] = body
	return resp, err
}

// operationOf finds the declared operation that goes to a path: of several the one that says most of it.
func operationOf(path string) string {
	segments := strings.Split(path, "/")
	best, most := "", -1
	for name, o := range githubOperations() {
		want := strings.Split(o.Path, "/")
		if len(want) != len(segments) {
			continue
		}
		said := 0
		for i, w := range want {
			switch {
			case strings.HasPrefix(w, "{"):
			case w == segments[i]:
				said++
			default:
				said = math.MinInt32
			}
		}
		if said > most {
			best, most = name, said
		}
	}
	return best
}

func decoded(t *testing.T, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func readOpenAPI(t *testing.T) *openAPI {
	t.Helper()
	text, err := os.ReadFile(githubOpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	var api openAPI
	if err := json.Unmarshal(text, &api); err != nil {
		t.Fatal(err)
	}
	state := api.Schemas["deployment-status"].Properties["state"]
	state.Enum = append(state.Enum, "waiting") // which GitHub sends and does not describe
	return &api
}

// reduceOpenAPI writes of the whole description what we ask for, a line a schema.
func reduceOpenAPI(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	type media struct {
		Schema *apiSchema `json:"schema"`
	}
	var whole struct {
		Paths map[string]struct {
			Get struct {
				Responses map[string]struct {
					Content map[string]media `json:"content"`
				} `json:"responses"`
			} `json:"get"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]*apiSchema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	out := openAPI{Operations: map[string]*apiSchema{}, Schemas: map[string]*apiSchema{}}
	var keep func(s *apiSchema)
	keep = func(s *apiSchema) {
		if name, ok := strings.CutPrefix(s.Ref, refPrefix); ok && out.Schemas[name] == nil {
			out.Schemas[name] = whole.Components.Schemas[name]
			keep(out.Schemas[name])
		}
		for _, p := range s.parts() {
			keep(p)
		}
	}
	byShape := map[string]*apiSchema{}
	for path, item := range whole.Paths {
		if s := item.Get.Responses["200"].Content["application/json"].Schema; s != nil {
			byShape[unnamed(path)] = s
		}
	}
	for name, o := range githubOperations() {
		if s := byShape[unnamed(o.Path)]; s != nil {
			out.Operations[name] = s
			keep(s)
		}
	}
	if err := os.WriteFile(githubOpenAPI, lines(t, out), 0o644); err != nil {
		t.Fatal(err)
	}
}

// unnamed is a path without the names of its variables.
func unnamed(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

func lines(t *testing.T, api openAPI) []byte {
	t.Helper()
	var b bytes.Buffer
	section := func(name string, all map[string]*apiSchema) {
		b.WriteString("\"" + name + "\": {\n")
		names := make([]string, 0, len(all))
		for n := range all {
			names = append(names, n)
		}
		slices.Sort(names)
		for i, n := range names {
			raw, err := json.Marshal(all[n])
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString("  \"" + n + "\": ")
			b.Write(raw)
			if i < len(names)-1 {
				b.WriteString(",")
			}
			b.WriteString("\n")
		}
		b.WriteString("}")
	}
	b.WriteString("{\n")
	section("operations", api.Operations)
	b.WriteString(",\n")
	section("schemas", api.Schemas)
	b.WriteString("\n}\n")
	return b.Bytes()
}
