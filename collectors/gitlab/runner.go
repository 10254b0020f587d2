package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListGroupRunners   = "gitlab:Runners.ListGroupsRunners"
	opListProjectRunners = "gitlab:Runners.ListProjectRunners"
	opGetRunner          = "gitlab:Runners.GetRunnerDetails"
)

// runner is a runner of the group, of a group beneath it or of one of their projects. Those that the instance shares
// are its own business and not listed.
func runner() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "gitlab.runner",
			Title: "GitLab runner",
			Doc: with(trimmed(evidence.ShapeOf[gitlab.RunnerDetails](), unkeptOfRunners()...), map[string]*evidence.Shape{
				"created_at": {Kind: evidence.ShapeString}, // sent, but not in the SDK's type
				"created_by": trimmed(evidence.ShapeOf[gitlab.BasicUser]()),
			}),
			Volatile: []string{"/contacted_at", "/online", "/status", "/version", "/revision", "/platform", "/architecture"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: opListGroupRunners, Permissions: []string{asMaintainer}, Method: "GET", Path: "/groups/{group}/runners"},
			listGroups(),
			listProjects(),
			{Name: opListProjectRunners, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/runners"},
			{Name: opGetRunner, Permissions: []string{asMaintainer}, Method: "GET", Path: "/runners/{runner}"},
		},
		Collect: collect.Typed(collectRunners),
	}
}

// unkeptOfRunners are texts that people typed; the description is the runner's name for people.
func unkeptOfRunners() []string { return []string{"description", "maintenance_note"} }

// listedRunner is what a list says of a runner.
type listedRunner struct {
	ID          int64  `json:"id"`
	Description string `json:"description"`
}

func collectRunners(ctx context.Context, s *session, t *collect.Task) error {
	groups, err := s.groups(ctx, t)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	known := map[int64]listedRunner{} // a runner may serve several projects
	list := func(ctx context.Context, op, path, kind string) error {
		a := ask{op: op, path: path, query: url.Values{"type": {kind}}}
		return s.pages(ctx, t, a, func(items []json.RawMessage) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			for _, raw := range items {
				var r listedRunner
				if err := json.Unmarshal(raw, &r); err != nil {
					return false, fmt.Errorf("read a runner of the list: %w", err)
				}
				if r.ID == 0 {
					return false, errors.New("read a runner of the list: it has no id")
				}
				known[r.ID] = r
			}
			return true, nil
		})
	}
	err = collect.Each(ctx, groups, func(ctx context.Context, path string) error {
		return list(ctx, opListGroupRunners, groupPath(path)+"/runners", "group_type")
	})
	if err == nil {
		err = s.eachProject(ctx, t, func(ctx context.Context, p listed) error {
			return list(ctx, opListProjectRunners, p.path()+"/runners", "project_type")
		})
	}
	t.Listed(len(known))
	runners := make([]listedRunner, 0, len(known))
	for _, r := range known {
		runners = append(runners, r)
	}
	return errors.Join(err, collect.Each(ctx, runners, func(ctx context.Context, r listedRunner) error {
		return s.runner(ctx, t, r)
	}))
}

func (s *session) runner(ctx context.Context, t *collect.Task, r listedRunner) error {
	id := strconv.FormatInt(r.ID, 10)
	d := &draft{Subject: evidence.Subject{ID: "runners/" + id, Name: r.Description}}
	var err error
	d.doc, err = s.object(ctx, t, ask{op: opGetRunner, path: "/runners/" + id, drop: unkeptOfRunners()})
	if err != nil {
		d.doc = map[string]any{"id": r.ID}
		for key := range runner().Schema.Doc.Fields {
			if key == "id" {
				continue
			}
			if err := t.Miss(&d.Subject, key, err); err != nil {
				return err
			}
		}
	}
	return d.emit(ctx, t)
}
