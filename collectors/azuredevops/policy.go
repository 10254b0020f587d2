package azuredevops

import (
	"context"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const opListPolicies = "azuredevops:policy.Client.GetPolicyConfigurations"

// policy is a repository with the policies of its branches: those whose scope names the repository, or no repository,
// which is every one of the project. Which branches each is for is in its scope: matchKind Exact and Prefix hold refName
// against the branch, DefaultBranch means the repository's own. What a policy asks for is told by its type: at least so many
// reviewers, named reviewers, a build, resolved comments and others.
//
// A policy tells nothing of who may go past it, which is a right of people and not of the policy.
func policy() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "azuredevops.policy",
			Title: "Azure DevOps repository with the policies of its branches",
			Doc: with(evidence.ShapeOf[repositoryDoc](), map[string]*evidence.Shape{
				"Policies": listOf(evidence.ShapeOf[policyDoc]()),
			}),
			Volatile: []string{"/size", "/project/lastUpdateTime", "/project/revision"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(),
			listProjects(),
			{Name: opListPolicies, Permissions: []string{readCode},
				Method: "GET", Path: "/{organization}/{project}/_apis/policy/configurations"},
		},
		Collect: collect.Typed(collectPolicies),
	}
}

// repositoryDoc is what the API says of a repository.
type repositoryDoc struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	DefaultBranch string `json:"defaultBranch"`
	WebURL        string `json:"webUrl"`
	IsDisabled    bool   `json:"isDisabled"`
	IsFork        bool   `json:"isFork"`
	IsMaintenance bool   `json:"isInMaintenance"`
	Size          int64  `json:"size"`
	Project       struct {
		ID             string `json:"id"`
		Name           string `json:"name"`
		State          string `json:"state"`
		Visibility     string `json:"visibility"`
		Revision       int64  `json:"revision"`
		LastUpdateTime string `json:"lastUpdateTime"`
	} `json:"project"`
}

// policyDoc is what the API says of a policy. Its settings differ from type to type.
type policyDoc struct {
	ID          int64       `json:"id"`
	Revision    int64       `json:"revision"`
	CreatedDate string      `json:"createdDate"`
	CreatedBy   identityDoc `json:"createdBy"`
	IsEnabled   bool        `json:"isEnabled"`
	IsBlocking  bool        `json:"isBlocking"`
	IsDeleted   bool        `json:"isDeleted"`
	Enterprise  bool        `json:"isEnterpriseManaged"`
	Type        struct {
		ID          string `json:"id"`
		DisplayName string `json:"displayName"`
	} `json:"type"`
	Settings struct {
		Scope []struct {
			RepositoryID string `json:"repositoryId"`
			RefName      string `json:"refName"`
			MatchKind    string `json:"matchKind"`
		} `json:"scope"`
		MinimumApproverCount       int64    `json:"minimumApproverCount"`
		CreatorVoteCounts          bool     `json:"creatorVoteCounts"`
		AllowDownvotes             bool     `json:"allowDownvotes"`
		BlockLastPusherVote        bool     `json:"blockLastPusherVote"`
		ResetOnSourcePush          bool     `json:"resetOnSourcePush"`
		ResetRejectionsOnPush      bool     `json:"resetRejectionsOnSourcePush"`
		RequireVoteOnLastIteration bool     `json:"requireVoteOnLastIteration"`
		RequireVoteOnEachIteration bool     `json:"requireVoteOnEachIteration"`
		RequiredReviewerIDs        []string `json:"requiredReviewerIds"`
		FilenamePatterns           []string `json:"filenamePatterns"`
		BuildDefinitionID          int64    `json:"buildDefinitionId"`
		QueueOnSourceUpdateOnly    bool     `json:"queueOnSourceUpdateOnly"`
		ManualQueueOnly            bool     `json:"manualQueueOnly"`
		ValidDuration              float64  `json:"validDuration"`
		DisplayName                string   `json:"displayName"`
	} `json:"settings"`
}

// identityDoc is an account, a group or a service. A descriptor's beginning says which: aad and msa are people's accounts,
// svc and aadsp are services, vssgp is a group.
type identityDoc struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Descriptor  string `json:"descriptor,omitempty"`
}

func collectPolicies(ctx context.Context, s *session, t *collect.Task) error {
	repositories, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	projects, err := s.projects(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(repositories))
	of := map[string][]repository{}
	for _, r := range repositories {
		if _, wanted := projects.byID[r.Project.ID]; !wanted {
			t.Exclude(notAsked, 1)
			continue
		}
		of[r.Project.ID] = append(of[r.Project.ID], r)
	}
	return s.eachProject(ctx, t, func(ctx context.Context, p project) error {
		if len(of[p.ID]) == 0 {
			return nil
		}
		policies, failed := s.policies(ctx, t, p)
		for _, r := range of[p.ID] {
			doc, err := trim(r.raw)
			if err != nil {
				return err
			}
			d := &draft{Subject: evidence.Subject{ID: r.id(), Name: r.id()}, doc: doc}
			if err := d.put(t, "Policies", policies.of(r.ID), failed); err != nil {
				return err
			}
			if err := d.emit(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// policies are a project's, each without the text that people typed for it.
type policies []map[string]any

func (s *session) policies(ctx context.Context, t *collect.Task, p project) (policies, error) {
	found, err := s.all(ctx, t, ask{op: opListPolicies, path: s.within(p.ID, "policy", "configurations")})
	for _, one := range found {
		if settings, ok := one["settings"].(map[string]any); ok {
			delete(settings, "message")
		}
	}
	return found, err
}

// of are those for a repository: whose scope names it, or none.
func (p policies) of(repository string) []map[string]any {
	out := []map[string]any{}
	for _, one := range p {
		settings, _ := one["settings"].(map[string]any)
		scopes, _ := settings["scope"].([]any)
		covers := len(scopes) == 0 // nothing tells that it is another's
		for _, scope := range scopes {
			of, _ := scope.(map[string]any)
			covers = covers || of["repositoryId"] == nil || of["repositoryId"] == "" || of["repositoryId"] == repository
		}
		if covers {
			out = append(out, one)
		}
	}
	return out
}
