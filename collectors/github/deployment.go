package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

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
			Type:       "github.deployment",
			Title:      "Deployment",
			Population: true,
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
		Collect: collect.Typed(collectDeployments),
	}
}

// listedDeployment is what the list of a repository says of a deployment.
type listedDeployment struct {
	ID          int64     `json:"id"`
	Environment string    `json:"environment"`
	CreatedAt   time.Time `json:"created_at"`
	raw         json.RawMessage
}

func collectDeployments(ctx context.Context, s *session, t *collect.Task) error {
	t.Params("repos.listDeployments", map[string]string{"since": s.since.UTC().Format(time.RFC3339)})
	return s.eachRepository(ctx, t, func(ctx context.Context, r repo) error {
		return s.pages(ctx, t, "repos.listDeployments", r.path()+"/deployments", nil, func(items []json.RawMessage) (bool, error) {
			t.Listed(len(items))
			var recent []listedDeployment
			for _, raw := range items {
				d := listedDeployment{raw: raw}
				if err := json.Unmarshal(raw, &d); err != nil {
					return false, fmt.Errorf("read the deployments of %s: %w", r.FullName, err)
				}
				if d.CreatedAt.Before(s.since) {
					t.Exclude("deployed before the window", 1)
					continue
				}
				recent = append(recent, d)
			}
			// The newest come first: a page without one ends the search.
			return len(recent) > 0, collect.Each(ctx, recent, func(ctx context.Context, d listedDeployment) error {
				return s.deployment(ctx, t, r, d)
			})
		})
	})
}

func (s *session) deployment(ctx context.Context, t *collect.Task, r repo, d listedDeployment) error {
	id := strconv.FormatInt(d.ID, 10)
	subject := evidence.Subject{
		ID:   r.FullName + "/deployments/" + id,
		Name: r.FullName + " to " + d.Environment,
	}
	doc, err := trim(d.raw, "payload")
	if err != nil {
		return err
	}
	doc["Repository"] = r.brief()
	statuses, err := s.all(ctx, t, "repos.listDeploymentStatuses", r.path()+"/deployments/"+id+"/statuses")
	if err != nil {
		// Without the states nothing leads to the run.
		for _, key := range []string{"Statuses", "Run", "Approvals"} {
			if err := t.Miss(&subject, key, err); err != nil {
				return err
			}
		}
		return emit(ctx, t, subject, doc)
	}
	doc["Statuses"] = statuses
	if run := runOf(r, statuses); run != "" {
		if err := s.run(ctx, t, &subject, doc, r.path()+"/actions/runs/"+run); err != nil {
			return err
		}
	}
	return emit(ctx, t, subject, doc)
}

// run adds the workflow run at path and the answers to its requests to deploy.
func (s *session) run(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, path string) error {
	var run map[string]any
	ok, err := t.Part(ctx, subject, "Run", "actions.getWorkflowRun", func(ctx context.Context) error {
		raw, err := s.object(ctx, path)
		if err == nil {
			run, err = trim(raw, "repository", "head_repository", "head_commit", "pull_requests")
		}
		return err
	})
	if err != nil {
		return err
	}
	if ok {
		doc["Run"] = run
	}
	approvals, err := s.all(ctx, t, "actions.getReviewsForRun", path+"/approvals", "comment")
	if err != nil {
		return t.Miss(subject, "Approvals", err)
	}
	doc["Approvals"] = approvals
	return nil
}

// runOf returns the id of the repository's workflow run that a state of the deployment leads to, or "". Whoever may write
// states chooses where they lead: a check that rests on the run compares its commit with the deployment's.
func runOf(r repo, statuses []map[string]any) string {
	for _, status := range statuses {
		for _, key := range []string{"log_url", "target_url"} {
			text, _ := status[key].(string)
			u, err := url.Parse(text)
			if err != nil {
				continue
			}
			prefix := "/" + r.FullName + "/actions/runs/"
			if len(u.Path) < len(prefix) || !strings.EqualFold(u.Path[:len(prefix)], prefix) {
				continue
			}
			id, _, _ := strings.Cut(u.Path[len(prefix):], "/")
			if _, err := strconv.ParseUint(id, 10, 63); err == nil {
				return id
			}
		}
	}
	return ""
}
