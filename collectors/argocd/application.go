package argocd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const opListApplications = "argocd:ApplicationService.List"

// The rights that the collectors need, as Argo CD's policy writes them.
const (
	mayGetApplications = "applications, get, */*"
	mayGetProjects     = "projects, get, *"
	mayGetAccounts     = "accounts, get, *"
)

// listApplications is the call behind all that belongs to applications. Its parameter fields would spare the answer's
// greater part, the resources, but knows no history.
func listApplications() collect.Operation {
	return collect.Operation{Name: opListApplications, Permissions: []string{mayGetApplications},
		Method: "GET", Path: "/api/v1/applications"}
}

// application is an application: where it comes from, where it goes, how it is kept in step, and how it stands. What is
// not in the shape (values and parameters of charts, plugin environments, annotations, messages, resources) is not kept.
func application() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "argocd.application",
			Title:    "Argo CD application",
			Doc:      evidence.ShapeOf[applicationDoc](),
			Volatile: []string{"/status"},
			Ordered:  []string{"/spec/sources", "/status/history"},
		},
		Version:    1,
		Operations: []collect.Operation{listApplications(), canI(mayGetApplications)},
		Collect:    collect.Typed(collectApplications),
	}
}

// applicationDoc is what is kept of an application.
type applicationDoc struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Project     string      `json:"project"`
		Source      *sourceDoc  `json:"source"`
		Sources     []sourceDoc `json:"sources"`
		Destination destination `json:"destination"`
		SyncPolicy  *struct {
			Automated *struct {
				Enabled    *bool `json:"enabled"`
				Prune      bool  `json:"prune"`
				SelfHeal   bool  `json:"selfHeal"`
				AllowEmpty bool  `json:"allowEmpty"`
			} `json:"automated"`
			SyncOptions []string `json:"syncOptions"`
		} `json:"syncPolicy"`
		SourceHydrator *struct {
			DrySource  sourceDoc `json:"drySource"`
			SyncSource struct {
				TargetBranch string `json:"targetBranch"`
				Path         string `json:"path"`
			} `json:"syncSource"`
		} `json:"sourceHydrator"`
		RevisionHistoryLimit *int64 `json:"revisionHistoryLimit"`
		IgnoreDifferences    []struct {
			Group             string   `json:"group"`
			Kind              string   `json:"kind"`
			Name              string   `json:"name"`
			Namespace         string   `json:"namespace"`
			JSONPointers      []string `json:"jsonPointers"`
			JQPathExpressions []string `json:"jqPathExpressions"`
		} `json:"ignoreDifferences"`
	} `json:"spec"`
	Status struct {
		Sync struct {
			Status    string   `json:"status"`
			Revision  string   `json:"revision"`
			Revisions []string `json:"revisions"`
		} `json:"sync"`
		Health struct {
			Status string `json:"status"`
		} `json:"health"`
		History        []historyDoc `json:"history"`
		OperationState *struct {
			Phase      string `json:"phase"`
			StartedAt  string `json:"startedAt"`
			FinishedAt string `json:"finishedAt"`
			Operation  struct {
				InitiatedBy initiator `json:"initiatedBy"`
				Sync        *struct {
					Revision  string   `json:"revision"`
					Revisions []string `json:"revisions"`
					Prune     bool     `json:"prune"`
					DryRun    bool     `json:"dryRun"`
				} `json:"sync"`
			} `json:"operation"`
			SyncResult *struct {
				Revision  string   `json:"revision"`
				Revisions []string `json:"revisions"`
			} `json:"syncResult"`
		} `json:"operationState"`
		Conditions []struct {
			Type               string `json:"type"`
			LastTransitionTime string `json:"lastTransitionTime"`
		} `json:"conditions"`
		SourceType  string   `json:"sourceType"`
		SourceTypes []string `json:"sourceTypes"`
	} `json:"status"`
}

type metadata struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	UID               string            `json:"uid"`
	CreationTimestamp string            `json:"creationTimestamp"`
	DeletionTimestamp string            `json:"deletionTimestamp"`
	Labels            map[string]string `json:"labels"`
}

// sourceDoc is where manifests come from.
type sourceDoc struct {
	RepoURL        string `json:"repoURL"`
	Path           string `json:"path"`
	TargetRevision string `json:"targetRevision"`
	Chart          string `json:"chart"`
	Ref            string `json:"ref"`
	Helm           *struct {
		ValueFiles  []string `json:"valueFiles"`
		ReleaseName string   `json:"releaseName"`
	} `json:"helm"`
	Kustomize *struct {
		Images  []string `json:"images"`
		Version string   `json:"version"`
	} `json:"kustomize"`
	Plugin *struct {
		Name string `json:"name"`
	} `json:"plugin"`
}

type destination struct {
	Server    string `json:"server"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// initiator is who started a synchronisation: a user, or Argo CD itself.
type initiator struct {
	Username  string `json:"username"`
	Automated bool   `json:"automated"`
}

// listed is an application of the list.
type listed struct {
	name, namespace, uid, project string
	answer                        map[string]any
}

func (a listed) id() string { return a.namespace + "/" + a.name }

// applications is the server's list, asked for once in a run. Those of projects that are not asked for are left out and
// counted.
func (s *session) applications(ctx context.Context, t *collect.Task) ([]listed, int, error) {
	type population struct {
		list    []listed
		skipped int
	}
	got, err := collect.Once(ctx, t, "applications", func(ctx context.Context) (population, error) {
		var found population
		wanted := s.projects
		if len(wanted) == 0 {
			wanted = []string{"*"}
		}
		for _, p := range wanted {
			if err := s.all(ctx, t, "applications, get, "+p+"/*"); err != nil {
				return found, err
			}
		}
		items, err := s.list(ctx, t, opListApplications, "/api/v1/applications")
		for _, item := range items {
			a, err := readApplication(item)
			if err != nil {
				return found, err
			}
			if len(s.projects) > 0 && !slices.Contains(s.projects, a.project) {
				found.skipped++
				continue
			}
			found.list = append(found.list, a)
		}
		return found, err
	})
	if err == nil {
		t.Relies(opListApplications)
		t.Relies(opCanI)
	}
	return got.list, got.skipped, err
}

func readApplication(item map[string]any) (listed, error) {
	meta, _ := item["metadata"].(map[string]any)
	spec, _ := item["spec"].(map[string]any)
	a := listed{answer: item}
	a.name, _ = meta["name"].(string)
	a.namespace, _ = meta["namespace"].(string)
	a.uid, _ = meta["uid"].(string)
	a.project, _ = spec["project"].(string)
	if a.name == "" || a.namespace == "" || a.uid == "" {
		return a, fmt.Errorf("read an application of the list: %q has no name, namespace or uid", a.name)
	}
	return a, nil
}

// notAsked is why applications are left out of a list.
const notAsked = "project is not asked for"

func collectApplications(ctx context.Context, s *session, t *collect.Task) error {
	list, skipped, err := s.applications(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(list) + skipped)
	if skipped > 0 {
		t.Exclude(notAsked, skipped)
	}
	shape := evidence.ShapeOf[applicationDoc]()
	for _, a := range list {
		if err := emit(ctx, t, evidence.Subject{ID: a.id(), Name: a.name}, collect.KeepObject(a.answer, shape)); err != nil {
			return err
		}
	}
	return nil
}

// emit encodes the document and hands the subject on.
func emit(ctx context.Context, t *collect.Task, s evidence.Subject, doc map[string]any) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode %s: %w", s.ID, err)
	}
	s.Doc = raw
	return t.Emit(ctx, s)
}
