package collectors_test

import (
	"io"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"exhibit/collectors/azure"
	"exhibit/collectors/gcp"
	"exhibit/collectors/github"
	"exhibit/collectors/gitlab"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// TestOddAnswers holds what answers mean that no recording has.
func TestOddAnswers(t *testing.T) {
	const (
		authorization = "/subscriptions/s/providers/Microsoft.Authorization/"
		disabled      = `403 {"error": {"code": 403, "errors": [{"reason": "accessNotConfigured"}]}}`
	)
	azureSource := collect.OpenSource{Provider: azure.Provider{}, Decode: into(azure.Config{
		Tenant: "t", Subscriptions: []string{"s"}, TokenEnv: "AZURE_TOKEN"})}
	githubSource := collect.OpenSource{Provider: github.Provider{}, Decode: into(github.Config{
		Organization: "acme", BaseURL: "https://api.github.com", TokenEnv: "GITHUB_TOKEN", Since: "2026-01-01"})}
	gitlabSource := collect.OpenSource{Provider: gitlab.Provider{}, Decode: into(gitlab.Config{
		Group: "acme", BaseURL: "https://gitlab.com", TokenEnv: "GITLAB_TOKEN", Since: "2026-01-01"})}
	gitlabFree := func(more map[string]string) map[string]string {
		return withAnswers(more, map[string]string{
			"/api/v4/user": `{"username": "reader"}`, "/api/v4/groups/acme/descendant_groups": `[]`,
			"/api/v4/namespaces/acme":      `{"id": 1, "name": "Acme", "kind": "group", "members_count_with_descendants": 2}`,
			"/api/v4/groups/acme/projects": `[{"id": 5, "path": "a", "path_with_namespace": "acme/a"}]`,
		})
	}
	gcpSource := collect.OpenSource{Provider: gcp.Provider{}, Decode: into(gcp.Config{
		Projects: []string{"p"}, CredentialsFile: "gcp/testdata/credentials.json"})}
	for name, tt := range map[string]struct {
		source  collect.OpenSource
		kind    string
		answers map[string]string
		want    evidence.Outcome
		missing string // key of the one subject
	}{
		"azure: who may do what is never switched off": {azureSource, "azure.authorization.role-assignment", map[string]string{
			"/subscriptions/s":                `{"subscriptionId": "s"}`,
			authorization + "roleDefinitions": `{"value": []}`,
			authorization + "roleAssignments": `409 {"error": {"code": "MissingSubscriptionRegistration"}}`,
		}, evidence.OutcomeFailed, ""},
		"azure: a list without a list": {azureSource, "azure.storage.account", map[string]string{
			"/subscriptions/s": `{"subscriptionId": "s"}`,
			"/subscriptions/s/providers/Microsoft.Storage/storageAccounts": `{"value": null}`,
		}, evidence.OutcomeFailed, ""},
		"azure: a role that is not listed": {azureSource, "azure.authorization.role-assignment", map[string]string{
			"/subscriptions/s":                `{"subscriptionId": "s"}`,
			authorization + "roleDefinitions": `{"value": []}`,
			authorization + "roleAssignments": `{"value": [{"id": "/x/1", "name": "1", "properties": {"roleDefinitionId": "/y/2"}}]}`,
		}, evidence.OutcomeOK, "RoleDefinition"},
		"gcp: a policy exists whatever is switched on": {gcpSource, "gcp.iam.policy-binding", map[string]string{
			"/v3/projects/p":              `{"name": "projects/1"}`,
			"/v3/projects/p:getIamPolicy": disabled,
		}, evidence.OutcomeFailed, ""},
		"gcp: a bucket is there, so storage is on": {gcpSource, "gcp.storage.bucket", map[string]string{
			"/v3/projects/p":      `{"name": "projects/1"}`,
			"/storage/v1/b":       `{"items": [{"name": "b"}]}`,
			"/storage/v1/b/b/iam": disabled,
		}, evidence.OutcomeOK, "IamPolicy"},
		"gcp: an answer that is no object": {gcpSource, "gcp.logging.sink", map[string]string{
			"/v3/projects/p":       `{"name": "projects/1"}`,
			"/v2/projects/p/sinks": `null`,
		}, evidence.OutcomeFailed, ""},
		"gcp: a place that Google could not reach": {gcpSource, "gcp.storage.bucket", map[string]string{
			"/v3/projects/p": `{"name": "projects/1"}`,
			"/storage/v1/b":  `{"items": [], "unreachable": ["projects/_/buckets/x"]}`,
		}, evidence.OutcomeFailed, ""},
		"github: settings are hidden from who is no admin": {githubSource, "github.repository", map[string]string{
			"/user": `{"login": "reader"}`, "/orgs/acme": `{"login": "acme"}`,
			"/orgs/acme/repos":                   `[{"id": 1, "name": "a", "full_name": "acme/a"}]`,
			"/repos/acme/a":                      `{"id": 1, "name": "a", "full_name": "acme/a"}`,
			"/repos/acme/a/vulnerability-alerts": `204 `,
		}, evidence.OutcomeOK, "security_and_analysis"},
		"github: an object where the list should be": {githubSource, "github.repository", map[string]string{
			"/user": `{"login": "reader"}`, "/orgs/acme": `{"login": "acme"}`, "/orgs/acme/repos": `{"message": "hello"}`,
		}, evidence.OutcomeFailed, ""},
		"gitlab: a free plan has no approval rules to be denied": {gitlabSource, "gitlab.project", gitlabFree(map[string]string{
			"/api/v4/projects/5/protected_branches": `[]`, "/api/v4/projects/5/variables": `[]`,
			"/api/v4/projects/5/job_token_scope": `{"inbound_enabled": true}`,
			"/api/v4/projects/5/approvals":       `403 {"message": "403 Forbidden"}`,
		}), evidence.OutcomeOK, ""},
		"gitlab: a paid plan has": {gitlabSource, "gitlab.project", gitlabFree(map[string]string{
			"/api/v4/groups/acme/projects": `[{"id": 5, "path": "a", "path_with_namespace": "acme/a", "approvals_before_merge": 0}]`,
			"/api/v4/projects/5/approvals": `403 {"message": "403 Forbidden"}`,
		}), evidence.OutcomeOK, "ApprovalConfiguration"},
		"gitlab: a free plan has no audit events": {gitlabSource, "gitlab.audit-event", gitlabFree(map[string]string{
			"/api/v4/groups/acme/audit_events": `403 {"message": "403 Forbidden"}`,
		}), evidence.OutcomeNotEnabled, ""},
		"gitlab: who does not own the group sees a part of the audit events": {gitlabSource, "gitlab.audit-event",
			gitlabFree(map[string]string{
				"/api/v4/namespaces/acme":          `{"id": 1, "name": "Acme", "kind": "group"}`,
				"/api/v4/groups/acme/audit_events": `[]`,
			}), evidence.OutcomeDenied, ""},
		"gitlab: an address that leads elsewhere": {gitlabSource, "gitlab.project", gitlabFree(map[string]string{
			"/api/v4/groups/acme/projects": `302 {}`,
		}), evidence.OutcomeFailed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := memory{collecttest.NewMemory()}
			tt.answers["/token"] = `{"access_token": "t", "expires_in": 3600, "token_type": "Bearer"}`
			tt.answers["/v1/userinfo"] = `{"email": "reader@acme.example"}`
			tt.source.Name = "odd"
			_, err := collect.Run(t.Context(), collect.Config{
				Sources: []collect.OpenSource{tt.source}, Batch: b.Memory, RedactionKey: make([]byte, 32),
				Limits: collect.Limits{Pace: math.Inf(1)}, Getenv: getenv, Only: []string{tt.kind}, Transport: scripted(tt.answers),
			})
			if err != nil {
				t.Fatal(err)
			}
			snaps := b.snapshots(t)
			if len(snaps) != 1 || snaps[0].Outcome != tt.want {
				t.Fatalf("snapshots %+v, want one that ended %s", snaps, tt.want)
			}
			if tt.missing == "" {
				return
			}
			subjects := b.subjects(t, tt.kind)
			if len(subjects) != 1 {
				t.Fatalf("%d subjects, want 1", len(subjects))
			}
			if m, ok := subjects[0].Missing[tt.missing]; !ok || m.Outcome.Seen() {
				t.Errorf("missing %+v, want %s", subjects[0].Missing, tt.missing)
			}
		})
	}
}

// withAnswers adds answers to those that are given otherwise.
func withAnswers(more, otherwise map[string]string) map[string]string {
	maps.Copy(otherwise, more)
	return otherwise
}

// scripted answers by path: a status, if it is not 200, and a body.
type scripted map[string]string

// RoundTrip implements http.RoundTripper.
func (s scripted) RoundTrip(req *http.Request) (*http.Response, error) {
	text, ok := s[req.URL.Path]
	if !ok {
		text = `404 {"message": "Not Found"}`
	}
	status := http.StatusOK
	if code, rest, found := strings.Cut(text, " "); found {
		if n, err := strconv.Atoi(code); err == nil {
			status, text = n, rest
		}
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)), ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}
