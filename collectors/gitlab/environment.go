package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListEnvironments    = "gitlab:Environments.ListEnvironments"
	opListProtected       = "gitlab:ProtectedEnvironments.ListProtectedEnvironments"
	opListGroupProtection = "gitlab:GroupProtectedEnvironments.ListGroupProtectedEnvironments"
)

// environment is a place that a project deploys to and that was not stopped, with Project, and what protects it:
// Protection is the project's own entry of that name, GroupProtections are those that the groups above it, up to the
// source's, have for its tier. Both are absent or empty where there is none, and where the plan does not offer it.
func environment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "gitlab.environment",
			Title: "GitLab environment",
			Doc: with(trimmed(evidence.ShapeOf[gitlab.Environment](), unkeptOfEnvironments()...), map[string]*evidence.Shape{
				"Project":          evidence.ShapeOf[projectBrief](),
				"Protection":       evidence.ShapeOf[gitlab.ProtectedEnvironment](),
				"GroupProtections": listOf(evidence.ShapeOf[gitlab.GroupProtectedEnvironment]()),
			}),
			Volatile: []string{"/updated_at", "/auto_stop_at"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: opListEnvironments, Permissions: []string{asReporter},
				Method: "GET", Path: "/projects/{project}/environments"},
			listProjects(),
			{Name: opListProtected, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/protected_environments", Absent: []string{codeNotLicensed}},
			{Name: opListGroupProtection, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/groups/{group}/protected_environments", Absent: []string{codeNotLicensed}},
		},
		Collect: collect.Typed(collectEnvironments),
	}
}

// unkeptOfEnvironments are texts that people typed, what stands as Project, and deployments, which are subjects.
func unkeptOfEnvironments() []string { return []string{"description", "project", "last_deployment"} }

// collectEnvironments asks for what protects a project's environments only where it has any.
func collectEnvironments(ctx context.Context, s *session, t *collect.Task) error {
	t.Params(opListEnvironments, map[string]string{"states": "available"})
	return s.eachProject(ctx, t, func(ctx context.Context, p listed) error {
		var found []map[string]any
		err := s.pages(ctx, t, ask{op: opListEnvironments, path: p.path() + "/environments",
			query: url.Values{"states": {"available"}}}, func(items []json.RawMessage) (bool, error) {
			t.Listed(len(items))
			for _, raw := range items {
				e, err := trim(raw, unkeptOfEnvironments()...)
				if err != nil {
					return false, fmt.Errorf("read the environments of %s: %w", p.FullPath, err)
				}
				found = append(found, e)
			}
			return true, nil
		})
		if err != nil || len(found) == 0 {
			return err
		}
		own, err := s.all(ctx, t, ask{op: opListProtected, path: p.path() + "/protected_environments",
			means: offered(p.paid)})
		g := guards{own: own, ownErr: err}
		g.groups, g.groupsErr = s.groupGuards(ctx, t, p)
		for _, e := range found {
			if err := s.environment(ctx, t, p, e, g); err != nil {
				return err
			}
		}
		return nil
	})
}

// guards are the entries that protect environments of a project, or why they are not known.
type guards struct {
	own, groups       []map[string]any
	ownErr, groupsErr error
}

// groupGuards are the entries of the groups that the project is in, up to the source's. Each is asked for once.
func (s *session) groupGuards(ctx context.Context, t *collect.Task, p listed) ([]map[string]any, error) {
	all := []map[string]any{}
	path := p.FullPath
	for len(path) > len(s.group) {
		path = path[:max(strings.LastIndex(path, "/"), 0)]
		a := ask{op: opListGroupProtection, path: groupPath(path) + "/protected_environments", means: offered(p.paid)}
		entries, err := collect.Once(ctx, t, a.path, func(ctx context.Context) ([]map[string]any, error) {
			return s.all(ctx, t, a)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}

func (s *session) environment(ctx context.Context, t *collect.Task, p listed, e map[string]any, g guards) error {
	number, _ := e["id"].(json.Number)
	id, err := strconv.ParseInt(number.String(), 10, 64)
	name, _ := e["name"].(string)
	if err != nil || name == "" {
		return errors.New("read the environments of " + p.FullPath + ": one has no id or no name")
	}
	d := &draft{doc: e}
	d.ID, d.Name = fmt.Sprintf("%s/environments/%d", p.FullPath, id), p.FullPath+" "+name
	d.doc["Project"] = p.brief()
	if err := t.Miss(&d.Subject, "Protection", g.ownErr); err != nil {
		return err
	}
	for _, entry := range g.own {
		if entry["name"] == name {
			d.doc["Protection"] = entry
		}
	}
	above := []map[string]any{}
	for _, entry := range g.groups {
		if entry["name"] == e["tier"] {
			above = append(above, entry)
		}
	}
	if err := d.put(t, "GroupProtections", above, g.groupsErr); err != nil {
		return err
	}
	return d.emit(ctx, t)
}
