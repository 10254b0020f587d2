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
