package github

import (
	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// branchRepository is what a check of a branch needs to know of its repository.
type branchRepository struct {
	ID         int64  `json:"id"`
	FullName   string `json:"full_name"`
	Visibility string `json:"visibility"`
	Private    bool   `json:"private"`
	Archived   bool   `json:"archived"`
	Disabled   bool   `json:"disabled"`
	Fork       bool   `json:"fork"`
	IsTemplate bool   `json:"is_template"`
}

// branchRule is one rule in force on the branch, whichever ruleset of the repository, organisation or enterprise it comes
// from. Its parameters are those of its type.
type branchRule struct {
	Type              string         `json:"type"`
	RulesetID         int64          `json:"ruleset_id"`
	RulesetSource     string         `json:"ruleset_source"`
	RulesetSourceType string         `json:"ruleset_source_type"`
	Parameters        ruleParameters `json:"parameters"`
}

// ruleParameters are the parameters of all types of rules that a check may ask about.
type ruleParameters struct {
	github.PullRequestRuleParameters
	github.RequiredStatusChecksRuleParameters
	github.UpdateRuleParameters
	github.RequiredDeploymentsRuleParameters
	github.PatternRuleParameters
	github.CodeScanningRuleParameters
	github.MergeQueueRuleParameters
}

// bypassActor is somebody whom a ruleset in force on the branch does not bind.
type bypassActor struct {
	RulesetID  int64  `json:"ruleset_id"`
	ActorID    int64  `json:"actor_id"` // absent for the actor types that are one actor
	ActorType  string `json:"actor_type"`
	BypassMode string `json:"bypass_mode"`
}

// branch is a repository's default branch with everything that protects it: Protection is the classic setting, absent
// when there is none; Rules are the rules in force from all rulesets, Rulesets the rulesets they come from, and
// BypassActors all whom these let pass. A list of actors that GitHub hides from the caller makes BypassActors missing.
func branch() collect.Collector {
	rulesets := trimmed(evidence.ShapeOf[github.RepositoryRuleset]())
	rulesets.Fields["rules"] = listOf(evidence.ShapeOf[branchRule]())
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.branch",
			Title: "Default branch of a GitHub repository",
			Doc: with(trimmed(evidence.ShapeOf[github.Branch]()), map[string]*evidence.Shape{
				"Repository":   evidence.ShapeOf[branchRepository](),
				"Protection":   trimmed(evidence.ShapeOf[github.Protection]()),
				"Rules":        listOf(evidence.ShapeOf[branchRule]()),
				"Rulesets":     listOf(rulesets),
				"BypassActors": listOf(evidence.ShapeOf[bypassActor]()),
			}),
			Volatile: []string{"/commit", "/Rulesets/*/updated_at", "/Rulesets/*/current_user_can_bypass"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "repos.getBranch", Permissions: []string{"Contents: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/branches/{branch...}",
			},
			{
				Name: "repos.getBranchProtection", Permissions: []string{"Administration: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/branches/{branch}/protection",
				Absent: []string{codeNotProtected},
			},
			{
				Name: "repos.getBranchRules", Permissions: []string{"Metadata: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/rules/branches/{branch...}",
			},
			{
				Name: "repos.getRepoRuleset", Permissions: []string{"Metadata: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/rulesets/{ruleset}",
			},
		},
	}
}
