package github

import (
	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// pullRequest is a merged change: who made it, who reviewed which state of it when, and who merged it. The population is
// everything merged within the source's window.
func pullRequest() collect.Collector {
	doc := trimmed(evidence.ShapeOf[github.PullRequest](), "body")
	commit := trimmed(evidence.ShapeOf[github.RepositoryCommit]())
	delete(commit.At("/commit/verification").Fields, "payload")
	delete(commit.At("/commit/verification").Fields, "signature")
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.pull-request",
			Title: "Merged pull request",
			Doc: with(doc, map[string]*evidence.Shape{
				"Reviews": listOf(trimmed(evidence.ShapeOf[github.PullRequestReview](), "body")),
				"Commits": listOf(commit),
			}),
			Volatile: []string{"/updated_at", "/comments", "/review_comments", "/labels", "/mergeable", "/mergeable_state",
				"/rebaseable", "/author_association", "/Reviews/*/author_association"},
			Ordered: []string{"/Reviews", "/Commits"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "pulls.list", Permissions: []string{"Pull requests: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/pulls",
			},
			{
				Name: "pulls.get", Permissions: []string{"Pull requests: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{number}",
			},
			{
				Name: "pulls.listReviews", Permissions: []string{"Pull requests: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{number}/reviews",
			},
			{
				Name: "pulls.listCommits", Permissions: []string{"Pull requests: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{number}/commits",
			},
		},
	}
}
