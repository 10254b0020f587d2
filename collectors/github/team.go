package github

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// teamMember is a member of a team, "maintainer" or "member" of it; an inherited one is in a team below.
type teamMember struct {
	person
	Role      string `json:"role"`
	Inherited bool   `json:"inherited"`
}

// teamRepository is a repository that a team reaches.
type teamRepository struct {
	ID          int64                        `json:"id"`
	FullName    string                       `json:"full_name"`
	RoleName    string                       `json:"role_name"`
	Permissions github.RepositoryPermissions `json:"permissions"`
}

// team is a team of the organisation with everybody in it and what it reaches. Asking the teams for their repositories
// takes a few calls where asking the repositories for their teams would take one for each.
func team() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.team",
			Title: "GitHub team",
			Doc: with(trimmed(evidence.ShapeOf[github.Team](), "description", "organization"), map[string]*evidence.Shape{
				"Members":      listOf(evidence.ShapeOf[teamMember]()),
				"Repositories": listOf(evidence.ShapeOf[teamRepository]()),
			}),
		},
		Version: 1,
		Operations: []collect.Operation{
			{
				Name: "teams.list", Permissions: []string{"Members: read"},
				Method: "GET", Path: "/orgs/{org}/teams",
			},
			{
				Name: "teams.listMembers", Permissions: []string{"Members: read"},
				Method: "GET", Path: "/orgs/{org}/teams/{team}/members",
			},
			{
				Name: "teams.listRepos", Permissions: []string{"Members: read", "Metadata: read"},
				Method: "GET", Path: "/orgs/{org}/teams/{team}/repos",
			},
		},
		Collect: collect.Typed(collectTeams),
	}
}

func collectTeams(ctx context.Context, s *session, t *collect.Task) error {
	return s.pages(ctx, t, "teams.list", s.org()+"/teams", nil, func(items []json.RawMessage) (bool, error) {
		t.Listed(len(items))
		return true, collect.Each(ctx, items, func(ctx context.Context, raw json.RawMessage) error {
			return s.team(ctx, t, raw)
		})
	})
}

func (s *session) team(ctx context.Context, t *collect.Task, raw json.RawMessage) error {
	doc, err := trim(raw, "description")
	if err != nil {
		return err
	}
	if parent, ok := doc["parent"].(map[string]any); ok {
		delete(parent, "description")
	}
	slug := text(doc["slug"])
	subject := evidence.Subject{ID: s.organization + "/teams/" + slug, Name: text(doc["name"])}
	path := s.org() + "/teams/" + url.PathEscape(slug)
	if err := add(t, &subject, doc, "Members", func() (any, error) {
		return s.picked(ctx, t, "teams.listMembers", path+"/members", "id", "login", "type", "site_admin", "role", "inherited")
	}); err != nil {
		return err
	}
	if err := add(t, &subject, doc, "Repositories", func() (any, error) {
		return s.picked(ctx, t, "teams.listRepos", path+"/repos", "id", "full_name", "role_name", "permissions")
	}); err != nil {
		return err
	}
	return emit(ctx, t, subject, doc)
}

// picked is all with no more of each item than the keys that are named.
func (s *session) picked(ctx context.Context, t *collect.Task, op, ref string, keys ...string) ([]map[string]any, error) {
	list, err := s.all(ctx, t, op, ref)
	for i := range list {
		list[i] = pick(list[i], keys...)
	}
	return list, err
}
