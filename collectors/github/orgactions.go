package github

import (
	"context"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// getOrganization is the call for the organisation and its settings.
func getOrganization() collect.Operation {
	return collect.Operation{
		Name: "orgs.get", Permissions: []string{"Organization administration: read"},
		Method: "GET", Path: "/orgs/{org}",
	}
}

// getOrgActionsPermissions is the call for which repositories may run workflows, and with which actions.
func getOrgActionsPermissions() collect.Operation {
	return collect.Operation{
		Name: "actions.getOrgPermissions", Permissions: []string{"Organization administration: read"},
		Method: "GET", Path: "/orgs/{org}/actions/permissions",
	}
}

// getOrgWorkflowPermissions is the call for what a workflow's own token may do when nobody says.
func getOrgWorkflowPermissions() collect.Operation {
	return collect.Operation{
		Name: "actions.getOrgWorkflowPermissions", Permissions: []string{"Organization administration: read"},
		Method: "GET", Path: "/orgs/{org}/actions/permissions/workflow",
	}
}

// orgActionsPermissions is the organisation's answer, asked for once in a run.
func (s *session) orgActionsPermissions(ctx context.Context, t *collect.Task) (map[string]any, error) {
	return s.shared(ctx, t, "actions.getOrgPermissions", s.org()+"/actions/permissions")
}

// orgWorkflowPermissions is the organisation's answer, asked for once in a run.
func (s *session) orgWorkflowPermissions(ctx context.Context, t *collect.Task) (map[string]any, error) {
	return s.shared(ctx, t, "actions.getOrgWorkflowPermissions", s.org()+"/actions/permissions/workflow")
}

// shared is one for an answer that several collectors need. Nobody may change it.
func (s *session) shared(ctx context.Context, t *collect.Task, op, ref string) (map[string]any, error) {
	doc, err := collect.Once(ctx, t, op, func(ctx context.Context) (map[string]any, error) {
		return s.one(ctx, t, op, ref)
	})
	if err == nil {
		t.Relies(op)
	}
	return doc, err
}

// orgActions adds what the organisation lets workflows do.
func (s *session) orgActions(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any) error {
	permissions, err := s.orgActionsPermissions(ctx, t)
	if err != nil {
		if err := t.Miss(subject, "SelectedActions", err); err != nil {
			return err
		}
	}
	if err := add(t, subject, doc, "ActionsPermissions", func() (any, error) { return permissions, err }); err != nil {
		return err
	}
	if permissions["allowed_actions"] == "selected" { // asked of any other, GitHub answers with a conflict
		if err := add(t, subject, doc, "SelectedActions", func() (any, error) {
			return s.one(ctx, t, "actions.getAllowedActionsForOrg", s.org()+"/actions/permissions/selected-actions")
		}); err != nil {
			return err
		}
	}
	if err := add(t, subject, doc, "WorkflowPermissions", func() (any, error) {
		return s.orgWorkflowPermissions(ctx, t)
	}); err != nil {
		return err
	}
	if err := add(t, subject, doc, "ActionsSecrets", func() (any, error) {
		return s.allOf(ctx, t, "actions.listOrgSecrets", s.org()+"/actions/secrets", "secrets", nil)
	}); err != nil {
		return err
	}
	return add(t, subject, doc, "OIDCSubject", func() (any, error) {
		return s.one(ctx, t, "oidc.getOrgSubject", s.org()+"/actions/oidc/customization/sub")
	})
}
