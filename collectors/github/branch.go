package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"

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
			Doc: &evidence.Shape{Kind: evidence.ShapeObject, Name: "Branch", Fields: map[string]*evidence.Shape{
				"name":         {Kind: evidence.ShapeString},
				"Repository":   evidence.ShapeOf[branchRepository](),
				"Protection":   trimmed(evidence.ShapeOf[github.Protection]()),
				"Rules":        listOf(evidence.ShapeOf[branchRule]()),
				"Rulesets":     listOf(rulesets),
				"BypassActors": listOf(evidence.ShapeOf[bypassActor]()),
			}},
			Volatile: []string{"/Rulesets/*/updated_at", "/Rulesets/*/current_user_can_bypass"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listRepositories(),
			{
				Name: "repos.getBranchProtection", Permissions: []string{"Administration: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/branches/{branch}/protection",
				Absent: []string{codeNotProtected, codeNotInPlan, codeNoBranch},
			},
			{
				Name: "repos.getBranchRules", Permissions: []string{"Metadata: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/rules/branches/{branch}",
				Absent: []string{codeNotInPlan},
			},
			{
				Name: "repos.getRepoRuleset", Permissions: []string{"Metadata: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/rulesets/{ruleset}",
			},
		},
		Collect: collect.Typed(collectBranches),
	}
}

func collectBranches(ctx context.Context, s *session, t *collect.Task) error {
	repos, skipped, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(repos) + skipped)
	if skipped > 0 {
		t.Exclude(notAsked, skipped)
	}
	return collect.Each(ctx, repos, func(ctx context.Context, r repo) error { return s.branch(ctx, t, r) })
}

func (s *session) branch(ctx context.Context, t *collect.Task, r repo) error {
	if r.DefaultBranch == "" {
		t.Exclude(noBranch, 1)
		return nil
	}
	name := url.PathEscape(r.DefaultBranch)
	subject := evidence.Subject{ID: r.FullName + "/tree/" + r.DefaultBranch, Name: r.FullName + " " + r.DefaultBranch}
	doc := map[string]any{"name": r.DefaultBranch, "Repository": r.brief()}
	err := t.Call(ctx, "repos.getBranchProtection", func(ctx context.Context) error {
		raw, err := s.object(ctx, r.path()+"/branches/"+name+"/protection")
		if err == nil {
			doc["Protection"], err = trim(raw)
		}
		return err
	})
	var answer *collect.Error
	if errors.As(err, &answer) && answer.Code == codeNoBranch {
		t.Exclude(noBranch, 1)
		return nil
	}
	if err != nil {
		delete(doc, "Protection")
		if err := t.Miss(&subject, "Protection", err); err != nil {
			return err
		}
	}
	if err := s.rules(ctx, t, &subject, doc, r, name); err != nil {
		return err
	}
	return emit(ctx, t, subject, doc)
}

// noBranch is why a repository without commits is left out.
const noBranch = "repository has no commits"

// rules adds the rules in force on the branch, the rulesets they come from and whom these let pass.
func (s *session) rules(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, r repo, name string) error {
	rules, err := s.all(ctx, t, "repos.getBranchRules", r.path()+"/rules/branches/"+name)
	if collect.IsAbsent(err) {
		err = nil
	}
	if err != nil {
		for _, key := range []string{"Rules", "Rulesets", "BypassActors"} {
			if err := t.Miss(subject, key, err); err != nil {
				return err
			}
		}
		return nil
	}
	doc["Rules"] = rules
	rulesets, actors := []map[string]any{}, []map[string]any{}
	seen := map[string]bool{}
	for _, rule := range rules {
		id, ok := rule["ruleset_id"].(json.Number)
		if !ok || seen[id.String()] {
			continue
		}
		seen[id.String()] = true
		ruleset, err := s.ruleset(ctx, t, r, id.String(), rule["ruleset_source_type"] == "Repository")
		if err != nil {
			for _, key := range []string{"Rulesets", "BypassActors"} {
				if err := t.Miss(subject, key, err); err != nil {
					return err
				}
			}
			continue
		}
		rulesets = append(rulesets, ruleset)
		list, ok := ruleset["bypass_actors"].([]any)
		if !ok { // only those who may write the ruleset see whom it lets pass
			hide(subject, "BypassActors", "repos.getRepoRuleset", "Administration: write")
			continue
		}
		for _, a := range list {
			actor, ok := a.(map[string]any)
			if !ok {
				return fmt.Errorf("read ruleset %s of %s: a bypass actor is no object", id, r.FullName)
			}
			actor = maps.Clone(actor) // the ruleset is shared by all branches it rules
			actor["ruleset_id"] = id
			if actor["actor_id"] == nil {
				delete(actor, "actor_id")
			}
			actors = append(actors, actor)
		}
	}
	if _, missing := subject.Missing["Rulesets"]; !missing {
		doc["Rulesets"] = rulesets
	}
	if _, missing := subject.Missing["BypassActors"]; !missing {
		doc["BypassActors"] = actors
	}
	return nil
}

// ruleset asks for one ruleset. Those of the organisation and above are the same for every repository and asked for once.
func (s *session) ruleset(ctx context.Context, t *collect.Task, r repo, id string, own bool) (map[string]any, error) {
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return nil, errors.New("read a rule: its ruleset's id is no whole number")
	}
	ask := func(ctx context.Context) (ruleset map[string]any, err error) {
		err = t.Call(ctx, "repos.getRepoRuleset", func(ctx context.Context) error {
			raw, err := s.object(ctx, r.path()+"/rulesets/"+id+"?includes_parents=true")
			if err == nil {
				ruleset, err = trim(raw)
			}
			return err
		})
		return ruleset, err
	}
	if own {
		return ask(ctx)
	}
	return collect.Once(ctx, t, "ruleset "+id, ask)
}
