package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// environment is a place that workflows of a repository deploy to, with who has to agree, which branches may be deployed
// and the names of its secrets. A repository whose plan has no environments has none.
func environment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.environment",
			Title: "Deployment environment",
			Doc: with(trimmed(evidence.ShapeOf[github.Environment]()), map[string]*evidence.Shape{
				"Repository":     evidence.ShapeOf[branchRepository](),
				"BranchPolicies": listOf(evidence.ShapeOf[github.DeploymentBranchPolicy]()),
				"Secrets":        listOf(evidence.ShapeOf[actionsSecret]()),
			}),
			Volatile: []string{"/updated_at"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "repos.getAllEnvironments", Permissions: []string{"Actions: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/environments",
				Absent: []string{codeNotInPlan},
			},
			{
				Name: "repos.listDeploymentBranchPolicies", Permissions: []string{"Actions: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/environments/{environment}/deployment-branch-policies",
			},
			{
				Name: "actions.listEnvironmentSecrets", Permissions: []string{"Environments: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/environments/{environment}/secrets",
			},
		},
		Collect: collect.Typed(collectEnvironments),
	}
}

// listedEnvironment is what is needed of an environment to ask for more of it.
type listedEnvironment struct {
	Name         string `json:"name"`
	BranchPolicy *struct {
		Custom bool `json:"custom_branch_policies"`
	} `json:"deployment_branch_policy"`
	raw json.RawMessage
}

func collectEnvironments(ctx context.Context, s *session, t *collect.Task) error {
	return s.eachRepository(ctx, t, func(ctx context.Context, r repo) error {
		err := s.pagesOf(ctx, t, "repos.getAllEnvironments", r.path()+"/environments", "environments", nil,
			func(items []json.RawMessage) (bool, error) {
				t.Listed(len(items))
				list := make([]listedEnvironment, len(items))
				for i, raw := range items {
					if err := json.Unmarshal(raw, &list[i]); err != nil {
						return false, fmt.Errorf("read the environments of %s: %w", r.FullName, err)
					}
					list[i].raw = raw
				}
				return true, collect.Each(ctx, list, func(ctx context.Context, e listedEnvironment) error {
					return s.environment(ctx, t, r, e)
				})
			})
		if collect.IsAbsent(err) {
			return nil
		}
		return err
	})
}

func (s *session) environment(ctx context.Context, t *collect.Task, r repo, e listedEnvironment) error {
	subject := evidence.Subject{ID: r.FullName + "/environments/" + e.Name, Name: r.FullName + " " + e.Name}
	doc, err := trim(e.raw)
	if err != nil {
		return err
	}
	doc["Repository"] = r.brief()
	path := r.path() + "/environments/" + url.PathEscape(e.Name)
	if e.BranchPolicy != nil && e.BranchPolicy.Custom {
		if err := add(t, &subject, doc, "BranchPolicies", func() (any, error) {
			return s.allOf(ctx, t, "repos.listDeploymentBranchPolicies", path+"/deployment-branch-policies",
				"branch_policies", nil)
		}); err != nil {
			return err
		}
	}
	if err := add(t, &subject, doc, "Secrets", func() (any, error) {
		return s.allOf(ctx, t, "actions.listEnvironmentSecrets", path+"/secrets", "secrets", nil)
	}); err != nil {
		return err
	}
	return emit(ctx, t, subject, doc)
}
