package azuredevops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListEndpoints          = "azuredevops:serviceendpoint.Client.GetServiceEndpoints"
	opGetPipelinePermissions = "azuredevops:pipelinepermissions.Client.GetPipelinePermissionsForResource"
)

// serviceEndpoint is a service connection: what pipelines reach other systems with, by which scheme it proves itself there,
// whether other projects have it too, and which pipelines may use it. What it proves itself with (authorization.parameters)
// and all of its data but what says what it is for is never kept.
func serviceEndpoint() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "azuredevops.service-endpoint",
			Title: "Azure DevOps service connection",
			Doc: with(evidence.ShapeOf[endpointDoc](), map[string]*evidence.Shape{
				"PipelinePermissions": evidence.ShapeOf[pipelinePermissionsDoc](),
			}),
			Volatile: []string{"/operationStatus"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: opListEndpoints, Permissions: []string{readEndpoints},
				Method: "GET", Path: "/{organization}/{project}/_apis/serviceendpoint/endpoints"},
			listProjects(),
			{Name: opGetPipelinePermissions, Permissions: []string{useResources},
				Method: "GET", Path: "/{organization}/{project}/_apis/pipelines/pipelinepermissions/endpoint/{endpoint}"},
		},
		Collect: collect.Typed(collectEndpoints),
	}
}

// endpointDoc is what is kept of a service connection.
type endpointDoc struct {
	ID            string      `json:"id"`
	Name          string      `json:"name"`
	Type          string      `json:"type"`
	Owner         string      `json:"owner"`
	CreatedBy     identityDoc `json:"createdBy"`
	IsShared      bool        `json:"isShared"`
	IsReady       bool        `json:"isReady"`
	IsOutdated    bool        `json:"isOutdated"`
	IsDisabled    bool        `json:"isDisabled"`
	Authorization struct {
		Scheme string `json:"scheme"`
	} `json:"authorization"`
	Data struct {
		CreationMode     string `json:"creationMode"`
		Environment      string `json:"environment"`
		ScopeLevel       string `json:"scopeLevel"`
		SubscriptionID   string `json:"subscriptionId"`
		SubscriptionName string `json:"subscriptionName"`
		IdentityType     string `json:"identityType"`
	} `json:"data"`
	References []struct {
		Name             string  `json:"name"`
		ProjectReference project `json:"projectReference"`
	} `json:"serviceEndpointProjectReferences"`
	OperationStatus struct {
		State string `json:"state"`
	} `json:"operationStatus"`
}

// keptData are the members of a connection's data that say what it is for. Others differ from kind to kind.
func keptData() []string {
	return []string{"creationMode", "environment", "scopeLevel", "subscriptionId", "subscriptionName", "identityType"}
}

// pipelinePermissionsDoc says which pipelines may use a thing: all of them, or some.
type pipelinePermissionsDoc struct {
	AllPipelines struct {
		Authorized   bool        `json:"authorized"`
		AuthorizedBy identityDoc `json:"authorizedBy"`
		AuthorizedOn string      `json:"authorizedOn"`
	} `json:"allPipelines"`
	Pipelines []struct {
		ID           int64       `json:"id"`
		Authorized   bool        `json:"authorized"`
		AuthorizedBy identityDoc `json:"authorizedBy"`
		AuthorizedOn string      `json:"authorizedOn"`
	} `json:"pipelines"`
	Resource struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"resource"`
}

func collectEndpoints(ctx context.Context, s *session, t *collect.Task) error {
	return s.eachProject(ctx, t, func(ctx context.Context, p project) error {
		var found []json.RawMessage
		err := s.pages(ctx, t, ask{op: opListEndpoints, path: s.within(p.ID, "serviceendpoint", "endpoints")},
			func(items []json.RawMessage) error {
				found = append(found, items...)
				return nil
			})
		if err != nil {
			return err
		}
		t.Listed(len(found))
		return collect.Each(ctx, found, func(ctx context.Context, raw json.RawMessage) error {
			return s.endpoint(ctx, t, p, raw)
		})
	})
}

func (s *session) endpoint(ctx context.Context, t *collect.Task, p project, raw json.RawMessage) error {
	var e struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return fmt.Errorf("read a service connection of the list: %w", err)
	}
	if e.ID == "" || e.Name == "" {
		return errors.New("read a service connection of the list: it has no id or no name")
	}
	doc, err := trim(raw, "description", "administratorsGroup", "readersGroup", "groupScopeId")
	if err != nil {
		return err
	}
	if authorization, ok := doc["authorization"].(map[string]any); ok {
		maps.DeleteFunc(authorization, func(key string, _ any) bool { return key != "scheme" })
	}
	if data, ok := doc["data"].(map[string]any); ok {
		maps.DeleteFunc(data, func(key string, _ any) bool { return !slices.Contains(keptData(), key) })
	}
	if status, ok := doc["operationStatus"].(map[string]any); ok {
		maps.DeleteFunc(status, func(key string, _ any) bool { return key != "state" })
	}
	references, _ := doc["serviceEndpointProjectReferences"].([]any)
	for _, reference := range references {
		if one, ok := reference.(map[string]any); ok {
			delete(one, "description")
		}
	}
	d := &draft{Subject: evidence.Subject{ID: p.Name + "/endpoints/" + e.ID, Name: p.Name + "/" + e.Name}, doc: doc}
	may, err := s.object(ctx, t, ask{op: opGetPipelinePermissions, preview: true,
		path: s.within(p.ID, "pipelines", "pipelinepermissions", "endpoint", url.PathEscape(e.ID))})
	if err := d.put(t, "PipelinePermissions", may, err); err != nil {
		return err
	}
	return d.emit(ctx, t)
}
