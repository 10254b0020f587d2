package github

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// analysis is the newest result of a scan that was uploaded.
type analysis struct {
	ID        int64            `json:"id"`
	Ref       string           `json:"ref"`
	Category  string           `json:"category"`
	CreatedAt github.Timestamp `json:"created_at"`
	Error     string           `json:"error"`
	Tool      struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"tool"`
}

// repositoryActions are the calls for what runs in a repository.
func repositoryActions() []collect.Operation {
	return []collect.Operation{
		{
			Name: "actions.getRepoPermissions", Permissions: []string{"Administration: read"},
			Method: "GET", Path: "/repos/{owner}/{repo}/actions/permissions",
		},
		{
			Name: "actions.getRepoWorkflowPermissions", Permissions: []string{"Administration: read"},
			Method: "GET", Path: "/repos/{owner}/{repo}/actions/permissions/workflow",
		},
		{
			Name: "actions.listRepoSecrets", Permissions: []string{"Secrets: read"},
			Method: "GET", Path: "/repos/{owner}/{repo}/actions/secrets",
		},
		{
			Name: "codeScanning.getDefaultSetup", Permissions: []string{"Administration: read"},
			Method: "GET", Path: "/repos/{owner}/{repo}/code-scanning/default-setup",
			Absent: []string{codeScanningOff},
		},
		{
			Name: "codeScanning.listAnalyses", Permissions: []string{"Code scanning alerts: read"},
			Method: "GET", Path: "/repos/{owner}/{repo}/code-scanning/analyses",
			Absent: []string{codeScanningOff, codeNoAnalysis},
		},
	}
}

// actions adds what the repository's workflows may do and the names of its secrets.
func (s *session) actions(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, r repo) error {
	if r.Archived {
		return nil
	}
	if err := add(t, subject, doc, "ActionsPermissions", func() (any, error) {
		return s.one(ctx, t, "actions.getRepoPermissions", r.path()+"/actions/permissions")
	}); err != nil {
		return err
	}
	organization, err := s.orgWorkflowPermissions(ctx, t)
	switch {
	case err != nil:
		if err := t.Miss(subject, "WorkflowPermissions", err); err != nil {
			return err
		}
	case organization["default_workflow_permissions"] == "read" && organization["can_approve_pull_request_reviews"] == false:
		doc["WorkflowPermissions"] = organization // it binds the repository
	default:
		if err := add(t, subject, doc, "WorkflowPermissions", func() (any, error) {
			return s.one(ctx, t, "actions.getRepoWorkflowPermissions", r.path()+"/actions/permissions/workflow")
		}); err != nil {
			return err
		}
	}
	return add(t, subject, doc, "ActionsSecrets", func() (any, error) {
		return s.allOf(ctx, t, "actions.listRepoSecrets", r.path()+"/actions/secrets", "secrets", nil)
	})
}

// codeScanning adds the setup that GitHub keeps itself, and where there is none the newest result that somebody uploaded.
func (s *session) codeScanning(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, r repo) error {
	if r.Archived {
		return nil
	}
	setup, err := s.one(ctx, t, "codeScanning.getDefaultSetup", r.path()+"/code-scanning/default-setup")
	if setup["state"] == "configured" {
		doc["CodeScanning"] = setup
		return nil
	}
	if collect.IsAbsent(err) {
		return nil // where it is off, nobody can upload either
	}
	if err := add(t, subject, doc, "CodeScanning", func() (any, error) { return setup, err }); err != nil {
		return err
	}
	var newest json.RawMessage
	query := url.Values{"per_page": {"1"}, "sort": {"created"}, "direction": {"desc"}}
	err = s.pages(ctx, t, "codeScanning.listAnalyses", r.path()+"/code-scanning/analyses", query,
		func(items []json.RawMessage) (bool, error) {
			if len(items) > 0 {
				newest = items[0]
			}
			return false, nil
		})
	if err != nil {
		return t.Miss(subject, "LastAnalysis", err)
	}
	if newest == nil {
		return nil
	}
	last, err := trim(newest)
	if err != nil {
		return err
	}
	doc["LastAnalysis"] = pick(last, "id", "ref", "category", "created_at", "error", "tool")
	return nil
}
