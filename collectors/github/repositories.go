package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"sync"
	"time"

	"exhibit/internal/collect"
)

// repo is what is known of a repository from the organisation's list.
type repo struct {
	ID            int64           `json:"id"`
	NodeID        string          `json:"node_id"`
	Name          string          `json:"name"`
	FullName      string          `json:"full_name"`
	DefaultBranch string          `json:"default_branch"`
	Visibility    string          `json:"visibility"`
	Private       bool            `json:"private"`
	Archived      bool            `json:"archived"`
	Disabled      bool            `json:"disabled"`
	Fork          bool            `json:"fork"`
	IsTemplate    bool            `json:"is_template"`
	PushedAt      time.Time       `json:"pushed_at,omitzero"`
	Topics        json.RawMessage `json:"topics,omitempty"`
}

// path is the repository's place in the API.
func (r repo) path() string { return "repos/" + r.FullName }

// brief is what a check of something in the repository needs to know of it.
func (r repo) brief() branchRepository {
	return branchRepository{ID: r.ID, FullName: r.FullName, Visibility: r.Visibility, Private: r.Private,
		Archived: r.Archived, Disabled: r.Disabled, Fork: r.Fork, IsTemplate: r.IsTemplate}
}

// listRepositories is the call behind all subject types.
func listRepositories() collect.Operation {
	return collect.Operation{
		Name: "repos.listForOrg", Permissions: []string{"Metadata: read"},
		Method: "GET", Path: "/orgs/{org}/repos",
	}
}

// repositories is the organisation's list, asked for once in a run; skipped counts those that no pattern asks for.
func (s *session) repositories(ctx context.Context, t *collect.Task) (list []repo, skipped int, err error) {
	type answer struct {
		list    []repo
		skipped int
	}
	got, err := collect.Once(ctx, t, "repositories", func(ctx context.Context) (a answer, err error) {
		t.Params("repos.listForOrg", map[string]string{"type": "all"})
		ref := "orgs/" + url.PathEscape(s.organization) + "/repos"
		err = s.pages(ctx, t, "repos.listForOrg", ref, url.Values{"type": {"all"}, "sort": {"full_name"}},
			func(items []json.RawMessage) (bool, error) {
				for _, raw := range items {
					var r repo
					if err := json.Unmarshal(raw, &r); err != nil {
						return false, fmt.Errorf("read a repository of the list: %w", err)
					}
					if r.FullName == "" || r.Name == "" {
						return false, errors.New("read a repository of the list: it has no name")
					}
					if s.wanted(r.Name) {
						a.list = append(a.list, r)
					} else {
						a.skipped++
					}
				}
				return true, nil
			})
		return a, err
	})
	if err == nil {
		t.Relies("repos.listForOrg")
	}
	return got.list, got.skipped, err
}

func (s *session) wanted(name string) bool {
	for _, p := range s.patterns {
		if ok, _ := path.Match(p, name); ok { // Open has looked at the patterns
			return true
		}
	}
	return len(s.patterns) == 0
}

// eachRepository calls f for every repository that is asked for. A repository whose own list fails does not keep the
// others from being collected: the first such failure is returned when all are done.
func (s *session) eachRepository(ctx context.Context, t *collect.Task, f func(ctx context.Context, r repo) error) error {
	repos, _, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var first error
	err = collect.Each(ctx, repos, func(ctx context.Context, r repo) error {
		err := f(ctx, r)
		var failed *collect.Error
		if errors.As(err, &failed) {
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = err
			}
			return nil
		}
		return err
	})
	return cmp.Or(err, first)
}
