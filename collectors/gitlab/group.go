package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opGetGroup           = "gitlab:Groups.GetGroup"
	opListDescendants    = "gitlab:Groups.ListDescendantGroups"
	opListGroupAllMember = "gitlab:Groups.ListAllGroupMembers"
	opListGroupVariables = "gitlab:GroupVariables.ListVariables"
)

// group is the source's group or one beneath it, with everybody who is a member, by inheritance too, and the names and
// flags of its CI variables. The values of variables are never kept.
func group() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "gitlab.group",
			Title: "GitLab group",
			Doc: with(trimmed(evidence.ShapeOf[gitlab.Group](), unkeptOfGroups()...), map[string]*evidence.Shape{
				"Members":   listOf(trimmed(evidence.ShapeOf[gitlab.GroupMember]())),
				"Variables": listOf(trimmed(evidence.ShapeOf[gitlab.GroupVariable](), unkeptOfVariables()...)),
			}),
			Volatile: []string{"/statistics", "/root_storage_statistics", "/shared_runners_minutes_limit",
				"/extra_shared_runners_minutes_limit"},
		},
		Version: 1,
		Operations: []collect.Operation{
			listGroups(),
			{Name: opGetGroup, Permissions: []string{asReporter}, Method: "GET", Path: "/groups/{group}"},
			{Name: opListGroupAllMember, Permissions: []string{asReporter}, Method: "GET", Path: "/groups/{group}/members/all"},
			{Name: opListGroupVariables, Permissions: []string{asOwner}, Method: "GET", Path: "/groups/{group}/variables"},
		},
		Collect: collect.Typed(collectGroups),
	}
}

// unkeptOfGroups are the projects, which are subjects of their own, and texts that people typed.
func unkeptOfGroups() []string { return []string{"projects", "shared_projects", "description"} }

// unkeptOfVariables is all of a variable that could tell its value.
func unkeptOfVariables() []string { return []string{"value", "description"} }

// groups are the paths of the source's group and all beneath it, asked for once in a run.
func (s *session) groups(ctx context.Context, t *collect.Task) ([]string, error) {
	paths, err := collect.Once(ctx, t, "groups", func(ctx context.Context) ([]string, error) {
		paths := []string{s.group}
		err := s.pages(ctx, t, ask{op: opListDescendants, path: groupPath(s.group) + "/descendant_groups",
			query: url.Values{"order_by": {"id"}, "sort": {"asc"}}}, func(items []json.RawMessage) (bool, error) {
			for _, raw := range items {
				var g struct {
					FullPath string `json:"full_path"`
				}
				if err := json.Unmarshal(raw, &g); err != nil {
					return false, fmt.Errorf("read a group of the list: %w", err)
				}
				if g.FullPath == "" {
					return false, errors.New("read a group of the list: it has no path")
				}
				paths = append(paths, g.FullPath)
			}
			return true, nil
		})
		return paths, err
	})
	if err == nil {
		t.Relies(opListDescendants)
	}
	return paths, err
}

// listGroups is the call behind all that belongs to groups.
func listGroups() collect.Operation {
	return collect.Operation{Name: opListDescendants, Permissions: []string{asReporter},
		Method: "GET", Path: "/groups/{group}/descendant_groups"}
}

func collectGroups(ctx context.Context, s *session, t *collect.Task) error {
	paths, err := s.groups(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(paths))
	return collect.Each(ctx, paths, func(ctx context.Context, path string) error { return s.oneGroup(ctx, t, path) })
}

func (s *session) oneGroup(ctx context.Context, t *collect.Task, path string) error {
	d := &draft{Subject: evidence.Subject{ID: path, Name: path}}
	var err error
	d.doc, err = s.object(ctx, t, ask{op: opGetGroup, path: groupPath(path), query: ownOnly(), drop: unkeptOfGroups()})
	if err != nil {
		d.doc = map[string]any{"full_path": path}
		for _, key := range groupKeys() {
			if err := t.Miss(&d.Subject, key, err); err != nil {
				return err
			}
		}
	}
	err = s.list(ctx, t, d, "Members", ask{op: opListGroupAllMember, path: groupPath(path) + "/members/all"})
	if err != nil {
		return err
	}
	err = s.list(ctx, t, d, "Variables", ask{op: opListGroupVariables, path: groupPath(path) + "/variables",
		drop: unkeptOfVariables()})
	if err != nil {
		return err
	}
	return d.emit(ctx, t)
}

// groupKeys are the keys of a group's own answer.
func groupKeys() []string {
	fields := group().Schema.Doc.Fields
	maps.DeleteFunc(fields, func(key string, _ *evidence.Shape) bool {
		return key == "full_path" || key == "Members" || key == "Variables"
	})
	return slices.Sorted(maps.Keys(fields))
}
