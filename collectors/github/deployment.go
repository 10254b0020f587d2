package github

import (
	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// approval is one answer to a request to let a workflow run deploy to protected environments.
type approval struct {
	State        string               `json:"state"` // "approved" or "rejected"
	User         github.User          `json:"user"`
	Environments []github.Environment `json:"environments"`
}

// deployment is one deployment with all its states and, when a workflow run made it, the run and who approved it. The
// population is everything deployed within the source's window. The payload is not kept: it is free text.
func deployment() collect.Collector {
	approvals := trimmed(evidence.ShapeOf[approval]())
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.deployment",
			Title: "Deployment",
			Doc: with(trimmed(evidence.ShapeOf[github.Deployment](), "payload"), map[string]*evidence.Shape{
				"Repository": evidence.ShapeOf[branchRepository](),
				"Statuses":   listOf(trimmed(evidence.ShapeOf[github.DeploymentStatus]())),
				"Run": trimmed(evidence.ShapeOf[github.WorkflowRun](),
					"repository", "head_repository", "head_commit", "pull_requests"),
				"Approvals": listOf(approvals),
			}),
			Volatile: []string{"/updated_at", "/Run/updated_at"},
			Ordered:  []string{"/Statuses"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "repos.listDeployments", Permissions: []string{"Deployments: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/deployments",
			},
			{
				Name: "repos.listDeploymentStatuses", Permissions: []string{"Deployments: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/deployments/{deployment}/statuses",
			},
			{
				Name: "actions.getWorkflowRun", Permissions: []string{"Actions: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/actions/runs/{run}",
			},
			{
				Name: "actions.getReviewsForRun", Permissions: []string{"Actions: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/actions/runs/{run}/approvals",
			},
		},
	}
}
