package gitlab

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"sync"

	"exhibit/internal/collect"
)

// listed is what is known of a project from the group's list, whose items say as much as a project's own answer.
type listed struct {
	ID            int64  `json:"id"`
	Path          string `json:"path"`
	FullPath      string `json:"path_with_namespace"`
	DefaultBranch string `json:"default_branch"`
	Visibility    string `json:"visibility"`
	Archived      bool   `json:"archived"`
	EmptyRepo     bool   `json:"empty_repo"`
	MergeMethod   string `json:"merge_method"`
	WebURL        string `json:"web_url"`
	paid          bool
	raw           json.RawMessage
}

// path is the project's place in the API.
func (p listed) path() string { return projectPath(p.ID) }

// projectBrief is what a check of something in the project needs to know of it.
type projectBrief struct {
	ID            int64  `json:"id"`
	FullPath      string `json:"path_with_namespace"`
	DefaultBranch string `json:"default_branch,omitempty"`
	Visibility    string `json:"visibility"`
	Archived      bool   `json:"archived"`
	MergeMethod   string `json:"merge_method,omitempty"`
	WebURL        string `json:"web_url,omitempty"` // the project's address, by which other tools know it
}

func (p listed) brief() projectBrief {
	return projectBrief{p.ID, p.FullPath, p.DefaultBranch, p.Visibility, p.Archived, p.MergeMethod, p.WebURL}
}

const opListGroupProjects = "gitlab:Groups.ListGroupProjects"

// listProjects is the call behind all that belongs to projects.
func listProjects() collect.Operation {
	return collect.Operation{Name: opListGroupProjects, Permissions: []string{asReporter},
		Method: "GET", Path: "/groups/{group}/projects"}
}

// population is the group's projects, those that no pattern asks for left out and counted.
type population struct {
	list    []listed
	byID    map[int64]listed
	skipped int
	// paid is whether the plan offers what GitLab sells: a project's answer then has a member that others lack. It is
	// true where there is no project to tell by, so that a refusal is never taken for more than it says.
	paid bool
}

// projects is the group's list, asked for once in a run.
func (s *session) projects(ctx context.Context, t *collect.Task) (population, error) {
	got, err := collect.Once(ctx, t, "projects", func(ctx context.Context) (population, error) {
		found := population{byID: map[int64]listed{}}
		query := url.Values{"include_subgroups": {"true"}, "with_shared": {"false"}, "order_by": {"id"}, "sort": {"asc"}}
		t.Params(opListGroupProjects, map[string]string{"include_subgroups": "true", "with_shared": "false"})
		paid, all := false, 0
		err := s.pages(ctx, t, ask{op: opListGroupProjects, path: groupPath(s.group) + "/projects", query: query},
			func(items []json.RawMessage) (bool, error) {
				for _, raw := range items {
					p, err := readProject(raw)
					if err != nil {
						return false, err
					}
					all++
					paid = paid || p.paid
					if !s.wanted(p) {
						found.skipped++
						continue
					}
					found.list = append(found.list, p)
					found.byID[p.ID] = p
				}
				return true, nil
			})
		found.paid = paid || all == 0
		return found, err
	})
	if err == nil {
		t.Relies(opListGroupProjects)
	}
	return got, err
}

func readProject(raw json.RawMessage) (listed, error) {
	p := listed{raw: raw}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("read a project of the list: %w", err)
	}
	if p.ID == 0 || p.FullPath == "" {
		return p, errors.New("read a project of the list: it has no id or no path")
	}
	var licensed struct {
		ApprovalsBeforeMerge json.RawMessage `json:"approvals_before_merge"`
	}
	if err := json.Unmarshal(raw, &licensed); err != nil {
		return p, fmt.Errorf("read a project of the list: %w", err)
	}
	p.paid = licensed.ApprovalsBeforeMerge != nil
	return p, nil
}

// wanted holds a project against the patterns: one with a slash against the path beneath the group, others against the
// last part of it.
func (s *session) wanted(p listed) bool {
	for _, pattern := range s.patterns {
		name := p.Path
		if strings.Contains(pattern, "/") {
			name = strings.TrimPrefix(p.FullPath, s.group+"/")
		}
		if ok, _ := path.Match(pattern, name); ok { // Open has looked at the patterns
			return true
		}
	}
	return len(s.patterns) == 0
}

// notAsked is why what belongs to a project is left out of a list.
const notAsked = "project matches no pattern of the source"

// eachProject calls f for every project that is asked for. A project whose own list fails does not keep the others from
// being collected: the first such failure is returned when all are done.
func (s *session) eachProject(ctx context.Context, t *collect.Task, f func(ctx context.Context, p listed) error) error {
	found, err := s.projects(ctx, t)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var first error
	err = collect.Each(ctx, found.list, func(ctx context.Context, p listed) error {
		err := f(ctx, p)
		var failed *collect.Error
		if errors.As(err, &failed) {
			mu.Lock()
			defer mu.Unlock()
			first = cmp.Or(first, err)
			return nil
		}
		return err
	})
	return cmp.Or(err, first)
}
