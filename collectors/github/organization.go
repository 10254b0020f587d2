package github

import (
	"context"
	"net/url"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// person is an account as far as it identifies somebody. What it says of itself (name, address, company) is not kept.
type person struct {
	ID        int64  `json:"id"`
	Login     string `json:"login"`
	Type      string `json:"type"`
	SiteAdmin bool   `json:"site_admin"`
}

// member is a member of the organisation with the role in it: "admin" is an owner.
type member struct {
	person
	Role string `json:"role"`
}

// actionsSecret is a secret of Actions as the API tells of it: never its value.
type actionsSecret struct {
	Name       string           `json:"name"`
	CreatedAt  github.Timestamp `json:"created_at"`
	UpdatedAt  github.Timestamp `json:"updated_at"`
	Visibility string           `json:"visibility"` // of an organisation's secret: all, private, selected
}

// organization is the organisation with its settings, its people, the apps installed in it and what it lets workflows do.
// Settings that GitHub shows to owners only are missing for anybody else, never false.
func organization() collect.Collector {
	doc := trimmed(evidence.ShapeOf[github.Organization](), privateKeys()...)
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "github.organization",
			Title: "GitHub organisation",
			Doc: with(doc, map[string]*evidence.Shape{
				"Members":                              listOf(evidence.ShapeOf[member]()),
				"MembersWithoutTwoFactor":              listOf(evidence.ShapeOf[person]()),
				"OutsideCollaborators":                 listOf(evidence.ShapeOf[person]()),
				"OutsideCollaboratorsWithoutTwoFactor": listOf(evidence.ShapeOf[person]()),
				"Installations":                        listOf(trimmed(evidence.ShapeOf[github.Installation](), "account", "suspended_by")),
				"ActionsPermissions":                   trimmed(evidence.ShapeOf[github.ActionsPermissions]()),
				"SelectedActions":                      evidence.ShapeOf[github.ActionsAllowed](),
				"WorkflowPermissions":                  evidence.ShapeOf[github.DefaultWorkflowPermissionOrganization](),
				"ActionsSecrets":                       listOf(evidence.ShapeOf[actionsSecret]()),
				"OIDCSubject":                          evidence.ShapeOf[github.OIDCSubjectClaimCustomTemplate](),
			}),
			Volatile: []string{"/updated_at", "/followers", "/following", "/disk_usage", "/public_repos", "/public_gists",
				"/private_gists", "/total_private_repos", "/owned_private_repos", "/collaborators", "/plan/filled_seats",
				"/plan/private_repos", "/Installations/*/updated_at"},
		},
		Version: 1,
		Operations: []collect.Operation{
			getOrganization(),
			{
				Name: "orgs.listMembers", Permissions: []string{"Members: read"},
				Method: "GET", Path: "/orgs/{org}/members",
			},
			{
				Name: "orgs.listOutsideCollaborators", Permissions: []string{"Members: read"},
				Method: "GET", Path: "/orgs/{org}/outside_collaborators",
			},
			{
				Name: "orgs.listInstallations", Permissions: []string{"Organization administration: read"},
				Method: "GET", Path: "/orgs/{org}/installations",
			},
			getOrgActionsPermissions(),
			{
				Name: "actions.getAllowedActionsForOrg", Permissions: []string{"Organization administration: read"},
				Method: "GET", Path: "/orgs/{org}/actions/permissions/selected-actions",
			},
			getOrgWorkflowPermissions(),
			{
				Name: "actions.listOrgSecrets", Permissions: []string{"Organization secrets: read"},
				Method: "GET", Path: "/orgs/{org}/actions/secrets",
			},
			{
				Name: "oidc.getOrgSubject", Permissions: []string{"Organization administration: read"},
				Method: "GET", Path: "/orgs/{org}/actions/oidc/customization/sub",
			},
		},
		Collect: collect.Typed(collectOrganization),
	}
}

// privateKeys are what an organisation or a person says of itself and identifies nothing.
func privateKeys() []string {
	return []string{"email", "billing_email", "twitter_username", "blog", "company", "location", "description"}
}

// ownerKeys are the settings of an organisation that only its owners are shown.
func ownerKeys() []string {
	return []string{"two_factor_requirement_enabled", "default_repository_permission", "members_can_create_repositories",
		"members_can_create_public_repositories", "members_can_create_private_repositories", "members_can_create_teams",
		"members_can_delete_repositories", "members_can_change_repo_visibility", "members_can_invite_outside_collaborators",
		"members_can_delete_issues", "members_can_fork_private_repositories"}
}

func collectOrganization(ctx context.Context, s *session, t *collect.Task) error {
	t.Listed(1)
	doc, err := s.one(ctx, t, "orgs.get", s.org(), privateKeys()...)
	if err != nil {
		return err
	}
	subject := evidence.Subject{ID: s.organization}
	if name, ok := doc["name"].(string); ok {
		subject.Name = name
	}
	for _, key := range ownerKeys() {
		if doc[key] == nil {
			delete(doc, key)
			hide(&subject, key, "orgs.get", "Organization administration: read")
		}
	}
	if err := s.people(ctx, t, &subject, doc); err != nil {
		return err
	}
	if err := s.orgActions(ctx, t, &subject, doc); err != nil {
		return err
	}
	if err := add(t, &subject, doc, "Installations", func() (any, error) {
		return s.allOf(ctx, t, "orgs.listInstallations", s.org()+"/installations", "installations", nil,
			"account", "suspended_by", "contact_email")
	}); err != nil {
		return err
	}
	return emit(ctx, t, subject, doc)
}

// org is the organisation's place in the API.
func (s *session) org() string { return "orgs/" + url.PathEscape(s.organization) }

// people adds who belongs to the organisation and who of them has no second factor.
func (s *session) people(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any) error {
	list := func(op, ref, key, value string) func() (any, error) {
		return func() (any, error) {
			all, err := s.allOf(ctx, t, op, ref, "", url.Values{key: {value}})
			for i := range all {
				all[i] = pick(all[i], "id", "login", "type", "site_admin")
			}
			return all, err
		}
	}
	members, outside := s.org()+"/members", s.org()+"/outside_collaborators"
	if err := add(t, subject, doc, "Members", func() (any, error) {
		var everybody []map[string]any
		for _, role := range []string{"admin", "member"} {
			some, err := list("orgs.listMembers", members, "role", role)()
			if err != nil {
				return nil, err
			}
			for _, m := range some.([]map[string]any) {
				m["role"] = role
				everybody = append(everybody, m)
			}
		}
		return everybody, nil
	}); err != nil {
		return err
	}
	if err := add(t, subject, doc, "MembersWithoutTwoFactor",
		list("orgs.listMembers", members, "filter", "2fa_disabled")); err != nil {
		return err
	}
	if err := add(t, subject, doc, "OutsideCollaborators",
		list("orgs.listOutsideCollaborators", outside, "filter", "all")); err != nil {
		return err
	}
	return add(t, subject, doc, "OutsideCollaboratorsWithoutTwoFactor",
		list("orgs.listOutsideCollaborators", outside, "filter", "2fa_disabled"))
}
