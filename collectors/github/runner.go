package github

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// listedRunner is a machine of the organisation's own that runs jobs.
type listedRunner struct {
	github.Runner
	RunnerGroupID int64  `json:"runner_group_id"`
	Ephemeral     bool   `json:"ephemeral"` // takes one job and is gone
	Version       string `json:"version"`
}

// runner is a machine of the organisation's own that runs jobs. Group is the organisation's group that it is in, which
// says whose jobs it takes; a repository's own runner has Repository in its place. Archived repositories run nothing and are
// not asked, and none is where the organisation says that no repository may have runners of its own.
func runner() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.runner",
			Title: "Self-hosted runner",
			Doc: with(evidence.ShapeOf[listedRunner](), map[string]*evidence.Shape{
				"Group":      trimmed(evidence.ShapeOf[github.RunnerGroup]()),
				"Repository": evidence.ShapeOf[branchRepository](),
			}),
			Volatile: []string{"/status", "/busy", "/version"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{
				Name: "actions.listRunnersForOrg", Permissions: []string{"Organization self-hosted runners: read"},
				Method: "GET", Path: "/orgs/{org}/actions/runners",
			},
			{
				Name: "actions.listRunnerGroupsForOrg", Permissions: []string{"Organization self-hosted runners: read"},
				Method: "GET", Path: "/orgs/{org}/actions/runner-groups",
			},
			{
				Name: "actions.getOrgRunnerSettings", Permissions: []string{"Organization administration: read"},
				Method: "GET", Path: "/orgs/{org}/actions/permissions/self-hosted-runners",
			},
			listRepositories(),
			{
				Name: "actions.listRunnersForRepo", Permissions: []string{"Administration: read"},
				Method: "GET", Path: "/repos/{owner}/{repo}/actions/runners",
			},
		},
		Collect: collect.Typed(collectRunners),
	}
}

func collectRunners(ctx context.Context, s *session, t *collect.Task) error {
	runners, err := s.allOf(ctx, t, "actions.listRunnersForOrg", s.org()+"/actions/runners", "runners", nil)
	if err != nil {
		return err
	}
	t.Listed(len(runners))
	groups := map[string]map[string]any{}
	list, groupsErr := s.allOf(ctx, t, "actions.listRunnerGroupsForOrg", s.org()+"/actions/runner-groups", "runner_groups", nil)
	for _, g := range list {
		groups[number(g["id"])] = g
	}
	for _, doc := range runners {
		id := number(doc["id"])
		subject := evidence.Subject{ID: s.organization + "/runners/" + id, Name: text(doc["name"])}
		group, ok := groups[number(doc["runner_group_id"])]
		switch {
		case groupsErr != nil:
			if err := t.Miss(&subject, "Group", groupsErr); err != nil {
				return err
			}
		case ok:
			doc["Group"] = group
		default:
			subject.Missing = map[string]evidence.Missing{"Group": {
				Operation: "actions.listRunnerGroupsForOrg", Outcome: evidence.OutcomeFailed, Code: "GroupNotListed"}}
		}
		if err := emit(ctx, t, subject, doc); err != nil {
			return err
		}
	}
	return s.repositoryRunners(ctx, t)
}

// repositoryRunners emits the runners that repositories have to themselves.
func (s *session) repositoryRunners(ctx context.Context, t *collect.Task) error {
	settings, err := s.one(ctx, t, "actions.getOrgRunnerSettings", s.org()+"/actions/permissions/self-hosted-runners")
	if lost := t.Lost(err); lost != nil {
		return lost
	}
	if settings["enabled_repositories"] == "none" {
		return nil
	}
	return s.eachRepository(ctx, t, func(ctx context.Context, r repo) error {
		if r.Archived {
			return nil
		}
		return s.pagesOf(ctx, t, "actions.listRunnersForRepo", r.path()+"/actions/runners", "runners", nil,
			func(items []json.RawMessage) (bool, error) {
				t.Listed(len(items))
				for _, raw := range items {
					doc, err := trim(raw)
					if err != nil {
						return false, err
					}
					doc["Repository"] = r.brief()
					subject := evidence.Subject{ID: r.FullName + "/runners/" + number(doc["id"]), Name: text(doc["name"])}
					if err := emit(ctx, t, subject, doc); err != nil {
						return false, err
					}
				}
				return true, nil
			})
	})
}

// number is the digits of a whole number of a document, "" for anything else.
func number(v any) string {
	n, ok := v.(json.Number)
	if !ok {
		return ""
	}
	if _, err := strconv.ParseInt(n.String(), 10, 64); err != nil {
		return ""
	}
	return n.String()
}

// text is a text of a document, "" for anything else.
func text(v any) string {
	s, _ := v.(string)
	return s
}
