package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListEnvironments = "azuredevops:taskagent.Client.GetEnvironments"
	opListChecks       = "azuredevops:pipelineschecks.Client.GetCheckConfigurationsOnResource"
)

// environment is where pipelines deploy to, with the checks that a run has to pass before it may: approvals with who gives
// them, how many it takes (0 is all of them) and whether whoever started the run may, hours, branches and others. What checks
// of other kinds call, and what they send there, is not kept.
//
// Releases of the older kind have approvals in their definitions, which are not collected.
func environment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "azuredevops.environment",
			Title: "Azure DevOps environment",
			Doc: with(evidence.ShapeOf[environmentDoc](), map[string]*evidence.Shape{
				"Checks": listOf(evidence.ShapeOf[checkDoc]()),
			}),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: opListEnvironments, Permissions: []string{manageEnvironments},
				Method: "GET", Path: "/{organization}/{project}/_apis/distributedtask/environments"},
			listProjects(),
			{Name: opListChecks, Permissions: []string{readBuilds},
				Method: "GET", Path: "/{organization}/{project}/_apis/pipelines/checks/configurations"},
		},
		Collect: collect.Typed(collectEnvironments),
	}
}

// environmentDoc is what the API says of an environment.
type environmentDoc struct {
	ID             int64       `json:"id"`
	Name           string      `json:"name"`
	CreatedBy      identityDoc `json:"createdBy"`
	CreatedOn      string      `json:"createdOn"`
	LastModifiedBy identityDoc `json:"lastModifiedBy"`
	LastModifiedOn string      `json:"lastModifiedOn"`
	Project        project     `json:"project"`
}

// checkDoc is what is kept of a check. minRequiredApprovers and the others are of approvals.
type checkDoc struct {
	ID         int64       `json:"id"`
	Version    int64       `json:"version"`
	CreatedBy  identityDoc `json:"createdBy"`
	CreatedOn  string      `json:"createdOn"`
	ModifiedBy identityDoc `json:"modifiedBy"`
	ModifiedOn string      `json:"modifiedOn"`
	Timeout    int64       `json:"timeout"`
	IsDisabled bool        `json:"isDisabled"`
	Type       struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"type"`
	Settings struct {
		Approvers                 []identityDoc `json:"approvers"`
		BlockedApprovers          []identityDoc `json:"blockedApprovers"`
		MinRequiredApprovers      int64         `json:"minRequiredApprovers"`
		RequesterCannotBeApprover bool          `json:"requesterCannotBeApprover"`
		DisplayName               string        `json:"displayName"`
		DefinitionRef             struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"definitionRef"`
	} `json:"settings"`
	Resource struct {
		Type string `json:"type"`
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"resource"`
}

func collectEnvironments(ctx context.Context, s *session, t *collect.Task) error {
	return s.eachProject(ctx, t, func(ctx context.Context, p project) error {
		found, err := s.environments(ctx, t, p)
		if err != nil {
			return err
		}
		t.Listed(len(found))
		return collect.Each(ctx, found, func(ctx context.Context, e listedEnvironment) error {
			return s.environment(ctx, t, p, e)
		})
	})
}

// listedEnvironment is what the list says of an environment.
type listedEnvironment struct {
	ID   json.Number `json:"id"`
	Name string      `json:"name"`
	raw  json.RawMessage
}

// environments is the list of a project's, asked for once in a run.
func (s *session) environments(ctx context.Context, t *collect.Task, p project) ([]listedEnvironment, error) {
	got, err := collect.Once(ctx, t, "environments "+p.ID, func(ctx context.Context) ([]listedEnvironment, error) {
		var found []listedEnvironment
		err := s.pages(ctx, t, ask{op: opListEnvironments, path: s.within(p.ID, "distributedtask", "environments"), preview: true},
			func(items []json.RawMessage) error {
				for _, raw := range items {
					e := listedEnvironment{raw: raw}
					if err := json.Unmarshal(raw, &e); err != nil {
						return fmt.Errorf("read an environment of the list: %w", err)
					}
					if e.ID == "" || e.Name == "" {
						return errors.New("read an environment of the list: it has no id or no name")
					}
					found = append(found, e)
				}
				return nil
			})
		return found, err
	})
	if err == nil {
		t.Relies(opListEnvironments)
	}
	return got, err
}

func (s *session) environment(ctx context.Context, t *collect.Task, p project, e listedEnvironment) error {
	doc, err := trim(e.raw, "description", "resources")
	if err != nil {
		return err
	}
	d := &draft{Subject: evidence.Subject{ID: p.environment(e), Name: p.Name + "/" + e.Name}, doc: doc}
	checks, err := s.all(ctx, t, ask{op: opListChecks, path: s.within(p.ID, "pipelines", "checks", "configurations"), preview: true,
		query: url.Values{"resourceType": {"environment"}, "resourceId": {e.ID.String()}, "$expand": {"settings"}}})
	for _, check := range checks {
		if settings, ok := check["settings"].(map[string]any); ok {
			delete(settings, "instructions")
			delete(settings, "inputs")
			delete(settings, "linkedVariableGroup")
		}
	}
	if err := d.put(t, "Checks", checks, err); err != nil {
		return err
	}
	return d.emit(ctx, t)
}
