package simcloud

import (
	"net/http"
)

// githubRepoOps are the operations about one repository's settings. What they answer stands in the repository's document
// under members that begin with a capital letter.
func githubRepoOps() []restOp {
	const repo = "/repos/{org}/{repo}"
	return []restOp{
		{"repos.listWebhooks", "GET", repo + "/hooks", githubRepoList("Hooks", "", native)},
		{"actions.listRunnersForRepo", "GET", repo + "/actions/runners", githubRepoList("Runners", "runners", native)},
		{"repos.listCollaborators", "GET", repo + "/collaborators", githubRepoList("Collaborators", "", githubCollaborator)},
		{"repos.listKeys", "GET", repo + "/keys", githubRepoList("DeployKeys", "", native)},
		{"actions.getRepoPermissions", "GET", repo + "/actions/permissions", githubRepoPart("ActionsPermissions",
			map[string]any{"enabled": true, "allowed_actions": "selected", "sha_pinning_required": false})},
		{"actions.getRepoWorkflowPermissions", "GET", repo + "/actions/permissions/workflow", githubRepoPart("WorkflowPermissions",
			map[string]any{"default_workflow_permissions": "read", "can_approve_pull_request_reviews": false})},
		{"actions.listRepoSecrets", "GET", repo + "/actions/secrets", githubRepoList("Secrets", "secrets", native)},
		{"codeScanning.getDefaultSetup", "GET", repo + "/code-scanning/default-setup", githubRepoPart("CodeScanning",
			map[string]any{"state": "configured", "languages": []any{"go"}, "query_suite": "default", "schedule": "weekly"})},
		{"codeScanning.listAnalyses", "GET", repo + "/code-scanning/analyses", githubAnalyses},
		{"repos.listDeploymentBranchPolicies", "GET", repo + "/environments/{environment}/deployment-branch-policies",
			githubEnvironmentList("BranchPolicies", "branch_policies")},
		{"actions.listEnvironmentSecrets", "GET", repo + "/environments/{environment}/secrets",
			githubEnvironmentList("Secrets", "secrets")},
	}
}

// githubRepoList answers a list that stands in a repository's document.
func githubRepoList(member, wrap string, fields func(map[string]any) map[string]any) func(*restCall) response {
	return func(k *restCall) response {
		it, ok := k.repository()
		if !ok {
			return githubError(k, http.StatusNotFound, "Not Found")
		}
		return githubPage(k, parts(it.doc[member]), wrap, fields)
	}
}

// githubEnvironmentList answers a list that stands in an environment's document.
func githubEnvironmentList(member, wrap string) func(*restCall) response {
	return func(k *restCall) response {
		it, ok := k.repoList("environments").Find(k.vars["environment"])
		if !ok {
			return githubError(k, http.StatusNotFound, "Not Found")
		}
		return githubPage(k, parts(it.doc[member]), wrap, native)
	}
}

// githubRepoPart answers an object that stands in a repository's document, or else what most repositories have.
func githubRepoPart(member string, usual map[string]any) func(*restCall) response {
	return func(k *restCall) response {
		it, ok := k.repository()
		if !ok {
			return githubError(k, http.StatusNotFound, "Not Found")
		}
		if part, ok := it.doc[member].(map[string]any); ok {
			return githubJSON(k, jsonText(part))
		}
		return githubJSON(k, jsonText(usual))
	}
}

// githubCollaborator is a person with what the role allows.
func githubCollaborator(d map[string]any) map[string]any {
	u := githubUser(d)
	u["permissions"] = githubRights(scalar(d["role_name"]))
	return u
}

// githubAnalyses answers the results of scans that were uploaded.
func githubAnalyses(k *restCall) response {
	it, ok := k.repository()
	switch {
	case !ok:
		return githubError(k, http.StatusNotFound, "Not Found")
	case it.doc["Analyses"] == nil:
		return githubError(k, http.StatusNotFound, "no analysis found")
	}
	return githubPage(k, parts(it.doc["Analyses"]), "", native)
}
