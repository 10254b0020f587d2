package collectors_test

import (
	"fmt"
	"strings"
	"testing"

	"exhibit/collectors/github"
)

// settingsEstate is an organisation whose repositories are usual or worst to ask about. In the worst each has two environments,
// settings of its own and a ruleset, and no default setup of code scanning; in the usual the organisation decides.
func settingsEstate(t testing.TB, repositories int, worst bool) map[string]any {
	t.Helper()
	files := map[string]any{
		"estate": map[string]any{"company": "Acme", "base": "2026-07-03T06:00:00Z", "days": 1},
		"github/acme/organization": map[string]any{"login": "acme", "id": 1, "name": "Acme",
			"two_factor_requirement_enabled": true, "default_repository_permission": "read",
			"ActionsPermissions":  map[string]any{"enabled_repositories": "all", "allowed_actions": "all"},
			"WorkflowPermissions": map[string]any{"default_workflow_permissions": "write", "can_approve_pull_request_reviews": true},
			"RunnerSettings":      map[string]any{"enabled_repositories": "all"},
			"OIDCSubject":         map[string]any{"include_claim_keys": []any{"repo"}},
		},
	}
	organization := files["github/acme/organization"].(map[string]any)
	if !worst {
		organization["WorkflowPermissions"] = map[string]any{
			"default_workflow_permissions": "read", "can_approve_pull_request_reviews": false}
		organization["RunnerSettings"] = map[string]any{"enabled_repositories": "none"}
	}
	var repos []any
	for r := range repositories {
		name := fmt.Sprintf("r%04d", r)
		repo := map[string]any{"id": r, "node_id": "R_" + name, "name": name, "full_name": "acme/" + name,
			"url": "https://api.github.com/repos/acme/" + name, "default_branch": "main", "visibility": "private", "private": true,
			"archived": false, "VulnerabilityAlerts": true, "Codeowners": map[string]any{"errors": []any{}},
			"security_and_analysis": map[string]any{"secret_scanning": map[string]any{"status": "enabled"}},
			"Workflows":             map[string]any{"ci.yml": "on: push\njobs: {}\n"},
		}
		repos = append(repos, repo)
		files["github/acme/"+name+"/branches"] = []any{map[string]any{"name": "main"}}
		if !worst {
			continue
		}
		repo["CodeScanning"] = map[string]any{"state": "not-configured"}
		files["github/acme/"+name+"/rulesets"] = []any{map[string]any{"id": 9000 + r, "name": "main", "target": "branch",
			"source_type": "Repository", "source": "acme/" + name, "enforcement": "active", "bypass_actors": []any{},
			"conditions": map[string]any{"ref_name": map[string]any{"include": []any{"~DEFAULT_BRANCH"}, "exclude": []any{}}},
			"rules":      []any{map[string]any{"type": "deletion"}}}}
		files["github/acme/"+name+"/environments"] = []any{
			map[string]any{"id": 2 * r, "name": "production"}, map[string]any{"id": 2*r + 1, "name": "staging"}}
	}
	files["github/acme/repositories"] = repos
	return files
}

// TestGitHubCallsPerRepository counts the calls for the settings of a hundred repositories: what grows with their number.
func TestGitHubCallsPerRepository(t *testing.T) {
	t.Run("usual", func(t *testing.T) { callsPerRepository(t, false, 12) })
	t.Run("worst", func(t *testing.T) { callsPerRepository(t, true, 18) })
}

func callsPerRepository(t *testing.T, worst bool, limit int64) {
	const repositories = 100
	cloud := gitHubOf(t, loadEstate(t, settingsEstate(t, repositories, worst)))
	var only []string
	for _, c := range (github.Provider{}).Collectors() {
		if !c.Schema.Population {
			only = append(only, c.Type())
		}
	}
	collectPopulations(t, cloud, nil, only...)
	calls := int64(0)
	for op, n := range cloud.Counts() {
		calls += n
		if n >= repositories || strings.HasPrefix(op, "graphql.") {
			t.Logf("%6d %s", n, op)
		}
	}
	t.Logf("%d calls for the settings of %d repositories", calls, repositories)
	if calls > limit*repositories {
		t.Errorf("%d calls for %d repositories, want at most %d for each", calls, repositories, limit)
	}
}
