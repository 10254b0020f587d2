package collectors_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/collectors/argocd"
	"exhibit/collectors/azure"
	"exhibit/collectors/azuredevops"
	"exhibit/collectors/gcp"
	"exhibit/collectors/github"
	"exhibit/collectors/gitlab"
	"exhibit/collectors/jenkins"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
	"exhibit/internal/simcloud"
	"exhibit/testdata/estates"
)

// TestSimulated collects the demo's company over real HTTP, two things a page, and holds every document against its schema.
func TestSimulated(t *testing.T) {
	cloud := start(t, 2)
	for _, source := range sources(t, cloud) {
		t.Run(source.Name, func(t *testing.T) {
			run, b := collectOnce(t, cloud, source)
			if run.Outcome != evidence.OutcomeOK {
				t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
			}
			for _, s := range b.snapshots(t) {
				if !s.Listed() || !s.Completeness.Whole() {
					t.Errorf("%s ended %s: %+v", s.Collector, s.Outcome, s.Completeness)
				}
				if len(s.Completeness.Operations) == 0 {
					t.Errorf("%s does not say what it rests on", s.Collector)
				}
				if s.Subjects.Count == 0 {
					t.Errorf("%s: nothing collected", s.Collector)
				}
			}
			for _, c := range source.Provider.Collectors() {
				for _, s := range b.subjects(t, c.Type()) {
					if len(s.Missing) > 0 {
						t.Errorf("%s %s: missing %+v", s.Type, s.ID, s.Missing)
					}
					var doc any
					if err := json.Unmarshal(s.Doc, &doc); err != nil {
						t.Fatal(err)
					}
					conforms(t, s.Type+" "+s.ID, doc, c.Schema.Doc)
				}
			}
		})
	}
}

// TestSimulatedDenials denies one operation after the other: its snapshots say so and name the permission.
func TestSimulatedDenials(t *testing.T) {
	cloud := start(t, 3)
	for _, source := range sources(t, cloud) {
		for _, c := range source.Provider.Collectors() {
			for _, op := range c.Operations {
				t.Run(c.Type()+"/"+op.Name, func(t *testing.T) {
					if err := cloud.Fault(op.Name, simcloud.Fault{Kind: simcloud.Denied}); err != nil {
						t.Fatal(err)
					}
					defer cloud.ClearFaults()
					run, b := collectOnce(t, cloud, source)
					if run.Outcome != evidence.OutcomeDenied {
						t.Errorf("run ended %s, want denied", run.Outcome)
					}
					if opens(source.Provider, op.Name) && run.Scopes[0].Outcome == evidence.OutcomeDenied {
						return // without it the scope is not entered, and its reason says so
					}
					for _, s := range b.snapshots(t) {
						for _, o := range s.Completeness.Operations {
							if o.Name == op.Name && o.Outcome == evidence.OutcomeDenied &&
								o.Permission == strings.Join(op.Permissions, ", ") {
								return
							}
						}
					}
					t.Errorf("no snapshot says that %s needs %v", op.Name, op.Permissions)
				})
			}
		}
	}
}

// opens reports whether the provider asks for the operation before any collector runs.
func opens(p collect.Provider, name string) bool {
	return slices.ContainsFunc(p.Operations(), func(o collect.Operation) bool { return o.Name == name })
}

// TestEnterpriseServer collects from an API that stands under a path of its host.
func TestEnterpriseServer(t *testing.T) {
	cloud := start(t, 0)
	target, err := url.Parse(cloud.URL("github"))
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	mux := http.NewServeMux()
	mux.Handle("/api/v3/", http.StripPrefix("/api/v3", proxy))
	mux.Handle("/api/graphql", http.StripPrefix("/api", proxy))
	server := httptest.NewServer(mux)
	defer server.Close()
	run, _ := collectOnce(t, cloud, collect.OpenSource{Name: "ghes", Provider: github.Provider{}, Decode: into(github.Config{
		Organization: cloud.Accounts("github")[0], BaseURL: server.URL + "/api/v3", TokenEnv: "GITHUB_TOKEN",
		Window: evidence.Duration(24 * time.Hour)})})
	if run.Outcome != evidence.OutcomeOK || run.Scopes[0].Subjects == 0 {
		t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
}

// TestGitLabUnderPath collects from a server that stands under a path of its host.
func TestGitLabUnderPath(t *testing.T) {
	cloud := start(t, 0)
	target, err := url.Parse(cloud.URL("gitlab"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.StripPrefix("/git", httputil.NewSingleHostReverseProxy(target)))
	defer server.Close()
	run, _ := collectOnce(t, cloud, collect.OpenSource{Name: "own", Provider: gitlab.Provider{}, Decode: into(gitlab.Config{
		Group: cloud.Accounts("gitlab")[0], BaseURL: server.URL + "/git/", TokenEnv: "GITLAB_TOKEN",
		Window: evidence.Duration(24 * time.Hour)})})
	if run.Outcome != evidence.OutcomeOK || run.Scopes[0].Subjects == 0 {
		t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
}

func collectOnce(t *testing.T, cloud *simcloud.Cloud, source collect.OpenSource) (evidence.Run, memory) {
	t.Helper()
	b := memory{collecttest.NewMemory()}
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{source}, Batch: b.Memory, RedactionKey: make([]byte, 32), Trigger: "simulation",
		Limits: collect.Limits{Pace: math.Inf(1)}, Now: cloud.Now, Getenv: getenv,
	})
	if err != nil {
		t.Fatal(err)
	}
	return run, b
}

func start(t *testing.T, pageSize int) *simcloud.Cloud {
	t.Helper()
	return startWith(t, simcloud.Options{PageSize: pageSize})
}

// startWith serves the demo's company as it is on its last day.
func startWith(t *testing.T, o simcloud.Options) *simcloud.Cloud {
	t.Helper()
	root, err := fs.Sub(estates.FS, "demo")
	if err != nil {
		t.Fatal(err)
	}
	estate, err := simcloud.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := simcloud.New(estate, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := cloud.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	if err := cloud.SetDay(estate.Days - 1); err != nil {
		t.Fatal(err)
	}
	return cloud
}

func getenv(name string) string {
	return map[string]string{
		"AZURE_TOKEN": simcloud.Token("azure"), "GITHUB_TOKEN": simcloud.Token("github"),
		"GITLAB_TOKEN": simcloud.Token("gitlab"), "ARGOCD_TOKEN": simcloud.Token("argocd"),
		"JENKINS_USER": "exhibit", "JENKINS_TOKEN": simcloud.Token("jenkins"),
		"AZURE_DEVOPS_EXT_PAT": simcloud.Token("azuredevops"),
	}[name]
}

// sources are the demo's sources that are not AWS.
func sources(t *testing.T, cloud *simcloud.Cloud) []collect.OpenSource {
	t.Helper()
	key, err := cloud.GCPKeyFile()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, key, 0o600); err != nil {
		t.Fatal(err)
	}
	return []collect.OpenSource{
		{Name: "gcp", Provider: gcp.Provider{}, Decode: into(gcp.Config{
			Projects: cloud.Accounts("gcp"), CredentialsFile: file, Endpoint: cloud.URL("gcp")})},
		{Name: "azure", Provider: azure.Provider{}, Decode: into(azure.Config{
			Tenant: "tenant", Subscriptions: []string{"all"}, Endpoint: cloud.URL("azure"), TokenEnv: "AZURE_TOKEN"})},
		{Name: "github", Provider: github.Provider{}, Decode: into(github.Config{
			Organization: cloud.Accounts("github")[0], BaseURL: cloud.URL("github"), TokenEnv: "GITHUB_TOKEN",
			Window: evidence.Duration(90 * 24 * time.Hour)})},
		{Name: "gitlab", Provider: gitlab.Provider{}, Decode: into(gitlab.Config{
			Group: cloud.Accounts("gitlab")[0], BaseURL: cloud.URL("gitlab"), TokenEnv: "GITLAB_TOKEN",
			Window: evidence.Duration(90 * 24 * time.Hour)})},
		{Name: "argocd", Provider: argocd.Provider{}, Decode: into(argocd.Config{
			URL: cloud.URL("argocd"), TokenEnv: "ARGOCD_TOKEN", Window: evidence.Duration(120 * 24 * time.Hour)})},
		{Name: "jenkins", Provider: jenkins.Provider{}, Decode: into(jenkins.Config{
			URL: cloud.URL("jenkins"), UserEnv: "JENKINS_USER", TokenEnv: "JENKINS_TOKEN",
			Window: evidence.Duration(120 * 24 * time.Hour)})},
		{Name: "azuredevops", Provider: azuredevops.Provider{}, Decode: into(azuredevops.Config{
			Organization: cloud.Accounts("azuredevops")[0], BaseURL: cloud.URL("azuredevops"), TokenEnv: "AZURE_DEVOPS_EXT_PAT",
			Window: evidence.Duration(90 * 24 * time.Hour)})},
	}
}

func into[C any](config C) func(any) error {
	return func(out any) error { *out.(*C) = config; return nil }
}

// conforms holds a document against its schema: what both know must be of one kind.
func conforms(t *testing.T, at string, v any, s *evidence.Shape) {
	t.Helper()
	if s == nil || v == nil || s.Kind == evidence.ShapeAny {
		return
	}
	ok := false
	switch v := v.(type) {
	case bool:
		ok = s.Kind == evidence.ShapeBool
	case float64:
		ok = s.Kind == evidence.ShapeNumber || s.Kind == evidence.ShapeInt && v == math.Trunc(v)
	case string:
		ok = s.Kind == evidence.ShapeString
	case []any:
		ok = s.Kind == evidence.ShapeList
		for i, e := range v {
			conforms(t, fmt.Sprintf("%s/%d", at, i), e, s.Elem)
		}
	case map[string]any:
		ok = s.Kind == evidence.ShapeObject || s.Kind == evidence.ShapeMap
		for key, e := range v {
			field := s.Elem
			if s.Kind == evidence.ShapeObject {
				field = s.Fields[key]
			}
			conforms(t, at+"/"+key, e, field)
		}
	}
	if !ok {
		t.Errorf("%s: %T where the schema says %s", at, v, s.Kind)
	}
}

// memory is what a run staged.
type memory struct{ *collecttest.Memory }

func (m memory) snapshots(t *testing.T) []evidence.Snapshot {
	t.Helper()
	snaps, _, err := m.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	return snaps
}

func (m memory) subjects(t *testing.T, kind string) (all []evidence.Subject) {
	t.Helper()
	snaps, objects, err := m.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	for i, snap := range snaps {
		for id, object := range objects[i] {
			var s evidence.Subject
			if err := json.Unmarshal(object, &s); err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			if snap.Collector == kind {
				all = append(all, s)
			}
		}
	}
	return all
}
