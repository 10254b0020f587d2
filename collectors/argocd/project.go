package argocd

import (
	"context"
	"errors"
	"slices"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const opListProjects = "argocd:ProjectService.List"

// project is a project: what its applications may come from and where they may go, its roles without their tokens, and the
// windows in which they are synchronised. Descriptions are not kept.
func project() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "argocd.project",
			Title: "Argo CD project",
			Doc:   evidence.ShapeOf[projectDoc](),
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: opListProjects, Permissions: []string{mayGetProjects}, Method: "GET", Path: "/api/v1/projects"},
			canI(mayGetProjects),
		},
		Collect: collect.Typed(collectProjects),
	}
}

// projectDoc is what is kept of a project.
type projectDoc struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		SourceRepos                []string      `json:"sourceRepos"`
		SourceNamespaces           []string      `json:"sourceNamespaces"`
		Destinations               []destination `json:"destinations"`
		ClusterResourceWhitelist   []groupKind   `json:"clusterResourceWhitelist"`
		ClusterResourceBlacklist   []groupKind   `json:"clusterResourceBlacklist"`
		NamespaceResourceWhitelist []groupKind   `json:"namespaceResourceWhitelist"`
		NamespaceResourceBlacklist []groupKind   `json:"namespaceResourceBlacklist"`
		Roles                      []struct {
			Name     string   `json:"name"`
			Policies []string `json:"policies"`
			Groups   []string `json:"groups"`
		} `json:"roles"`
		SyncWindows []struct {
			Kind         string   `json:"kind"`
			Schedule     string   `json:"schedule"`
			Duration     string   `json:"duration"`
			TimeZone     string   `json:"timeZone"`
			Applications []string `json:"applications"`
			Namespaces   []string `json:"namespaces"`
			Clusters     []string `json:"clusters"`
			ManualSync   bool     `json:"manualSync"`
			AndOperator  bool     `json:"andOperator"`
		} `json:"syncWindows"`
		SignatureKeys []struct {
			KeyID string `json:"keyID"`
		} `json:"signatureKeys"`
		PermitOnlyProjectScopedClusters bool `json:"permitOnlyProjectScopedClusters"`
		DestinationServiceAccounts      []struct {
			Server                string `json:"server"`
			Namespace             string `json:"namespace"`
			DefaultServiceAccount string `json:"defaultServiceAccount"`
		} `json:"destinationServiceAccounts"`
	} `json:"spec"`
}

// groupKind is a kind of Kubernetes resource; newer servers know a name too.
type groupKind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

func collectProjects(ctx context.Context, s *session, t *collect.Task) error {
	wanted := s.projects
	if len(wanted) == 0 {
		wanted = []string{"*"}
	}
	for _, p := range wanted {
		if err := s.all(ctx, t, "projects, get, "+p); err != nil {
			return err
		}
	}
	items, err := s.list(ctx, t, opListProjects, "/api/v1/projects")
	if err != nil {
		return err
	}
	t.Listed(len(items))
	shape := evidence.ShapeOf[projectDoc]()
	for _, item := range items {
		meta, _ := item["metadata"].(map[string]any)
		name, _ := meta["name"].(string)
		if name == "" {
			return errors.New("read a project of the list: it has no name")
		}
		if len(s.projects) > 0 && !slices.Contains(s.projects, name) {
			t.Exclude(notAsked, 1)
			continue
		}
		if err := emit(ctx, t, evidence.Subject{ID: name, Name: name}, collect.KeepObject(item, shape)); err != nil {
			return err
		}
	}
	return nil
}
