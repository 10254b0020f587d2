package azuredevops

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sync"

	"exhibit/internal/collect"
)

const (
	opListProjects     = "azuredevops:core.Client.GetProjects"
	opListRepositories = "azuredevops:git.Client.GetRepositories"
)

// project is what is known of a project from the organisation's list.
type project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// listProjects is the call behind all that belongs to projects.
func listProjects() collect.Operation {
	return collect.Operation{Name: opListProjects, Permissions: []string{readProjects},
		Method: "GET", Path: "/{organization}/_apis/projects"}
}

// population is the organisation's projects, those that no pattern asks for left out.
type population struct {
	list []project
	byID map[string]project
}

// projects is the organisation's list, asked for once in a run.
func (s *session) projects(ctx context.Context, t *collect.Task) (population, error) {
	got, err := collect.Once(ctx, t, "projects", func(ctx context.Context) (population, error) {
		found := population{byID: map[string]project{}}
		err := s.pages(ctx, t, ask{op: opListProjects, path: s.path("projects"), skips: true},
			func(items []json.RawMessage) error {
				for _, raw := range items {
					var p project
					if err := json.Unmarshal(raw, &p); err != nil {
						return fmt.Errorf("read a project of the list: %w", err)
					}
					if p.ID == "" || p.Name == "" {
						return errors.New("read a project of the list: it has no id or no name")
					}
					if _, again := found.byID[p.ID]; !again && s.wanted(p) {
						found.list = append(found.list, p)
						found.byID[p.ID] = p
					}
				}
				return nil
			})
		return found, err
	})
	if err == nil {
		t.Relies(opListProjects)
	}
	return got, err
}

// wanted holds a project's name against the patterns.
func (s *session) wanted(p project) bool {
	for _, pattern := range s.patterns {
		if ok, _ := path.Match(pattern, p.Name); ok { // Open has looked at the patterns
			return true
		}
	}
	return len(s.patterns) == 0
}

// notAsked is why what belongs to a project is left out of a list.
const notAsked = "project matches no pattern of the source"

// eachProject calls f for every project that is asked for. A project whose own list fails does not keep the others from
// being collected: the first such failure is returned when all are done.
func (s *session) eachProject(ctx context.Context, t *collect.Task, f func(ctx context.Context, p project) error) error {
	found, err := s.projects(ctx, t)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var first error
	err = collect.Each(ctx, found.list, func(ctx context.Context, p project) error {
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

// repository is what is known of a repository from the organisation's list.
type repository struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	DefaultBranch string  `json:"defaultBranch"`
	WebURL        string  `json:"webUrl"`
	IsDisabled    bool    `json:"isDisabled"`
	IsFork        bool    `json:"isFork"`
	Project       project `json:"project"`
	raw           json.RawMessage
}

// listRepositories is the call behind all that belongs to repositories.
func listRepositories() collect.Operation {
	return collect.Operation{Name: opListRepositories, Permissions: []string{readCode},
		Method: "GET", Path: "/{organization}/_apis/git/repositories"}
}

// repositories is the organisation's list of every project's, asked for once in a run.
func (s *session) repositories(ctx context.Context, t *collect.Task) ([]repository, error) {
	got, err := collect.Once(ctx, t, "repositories", func(ctx context.Context) ([]repository, error) {
		var found []repository
		err := s.pages(ctx, t, ask{op: opListRepositories, path: s.path("git", "repositories")},
			func(items []json.RawMessage) error {
				for _, raw := range items {
					r := repository{raw: raw}
					if err := json.Unmarshal(raw, &r); err != nil {
						return fmt.Errorf("read a repository of the list: %w", err)
					}
					if r.ID == "" || r.Name == "" || r.Project.ID == "" {
						return errors.New("read a repository of the list: it has no id, no name or no project")
					}
					found = append(found, r)
				}
				return nil
			})
		return found, err
	})
	if err == nil {
		t.Relies(opListRepositories)
	}
	return got, err
}

// id is a repository's name among all of the organisation's.
func (r repository) id() string { return r.Project.Name + "/" + r.Name }

// repositoryBrief is what a check of something in the repository needs to know of it.
type repositoryBrief struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	DefaultBranch string `json:"defaultBranch,omitempty"`
	WebURL        string `json:"webUrl"`
	IsDisabled    bool   `json:"isDisabled"`
}

func (r repository) brief() repositoryBrief {
	return repositoryBrief{r.ID, r.Name, r.DefaultBranch, r.WebURL, r.IsDisabled}
}
