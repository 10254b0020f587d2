package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"exhibit/internal/collect"
)

const (
	// looked is how many repositories one query asks about first, and glance how many things of each: most have little new.
	looked = 20
	glance = 3
	// paged is how many things a page of one repository's list holds.
	paged = 50
)

// repositoryFields are what a query asks of a repository beside the list.
const repositoryFields = "id databaseId nameWithOwner url defaultBranchRef { name } isArchived isFork visibility"

// graphRepository is what they say of it.
type graphRepository struct {
	DatabaseID       int64  `json:"databaseId"`
	NameWithOwner    string `json:"nameWithOwner"`
	URL              string `json:"url"`
	DefaultBranchRef struct {
		Name string `json:"name"`
	} `json:"defaultBranchRef"`
	IsArchived bool   `json:"isArchived"`
	IsFork     bool   `json:"isFork"`
	Visibility string `json:"visibility"`
}

// list is a list of things of a repository that a query asks for.
type list struct {
	query query
	// path leads to it from the repository.
	path []string
	// size is how many things a page holds, and first how many of each repository the first one does; zero is glance.
	size, first int
	// variables are those of the query beside which page is asked for.
	variables map[string]any
}

// page is a page of a list of one repository.
type page struct {
	repo   repo
	owner  map[string]any // the repository's own answer, without the list
	nodes  []map[string]any
	faults [][]fault // of each node
	next   string    // the cursor of the next page; empty is none
}

// lists reads a list of every repository: a glance at many repositories at a time, then page by page where each asks for
// more. A repository whose list cannot be read does not keep the others from being collected: the first such failure is
// returned when all are done.
func (s *session) lists(ctx context.Context, t *collect.Task, l list, each func(context.Context, page) (more bool, err error)) error {
	repos, _, err := s.repositories(ctx, t)
	if err != nil {
		return err
	}
	var failed failure
	err = collect.Each(ctx, slices.Collect(slices.Chunk(repos, looked)), func(ctx context.Context, some []repo) error {
		pages, err := s.page(ctx, t, l, some, cmp.Or(l.first, glance), "")
		var u *unanswered
		if len(some) > 1 && errors.As(err, &u) && len(u.Path) > 1 {
			// One that cannot be read takes the others' answers with it: each is asked for alone.
			err = nil
			for _, r := range some {
				alone, err := s.page(ctx, t, l, []repo{r}, l.size, "")
				if err := failed.keep(err); err != nil {
					return err
				}
				pages = append(pages, alone...)
			}
		}
		if err := failed.keep(err); err != nil {
			return err
		}
		return collect.Each(ctx, pages, func(ctx context.Context, p page) error {
			return failed.keep(s.readOn(ctx, t, l, p, each))
		})
	})
	return cmp.Or(err, failed.first)
}

// readOn hands a page over, and those after it until each has enough.
func (s *session) readOn(ctx context.Context, t *collect.Task, l list, p page, each func(context.Context, page) (bool, error)) error {
	for {
		more, err := each(ctx, p)
		if err != nil || !more || p.next == "" {
			return err
		}
		pages, err := s.page(ctx, t, l, []repo{p.repo}, l.size, p.next)
		if err != nil {
			return err
		}
		if pages[0].next == p.next {
			return fmt.Errorf("read the answer of %s: a page of %s names itself as the next", l.query.name, p.repo.FullName)
		}
		p = pages[0]
	}
}

// page asks for a page of each repository's list. What GitHub cannot answer about a thing on it is that thing's own fault;
// what it cannot answer beyond fails the call.
func (s *session) page(ctx context.Context, t *collect.Task, l list, repos []repo, size int, after string) ([]page, error) {
	ids := make([]string, len(repos))
	for i, r := range repos {
		ids[i] = r.NodeID
	}
	variables := maps.Clone(l.variables)
	if variables == nil {
		variables = map[string]any{}
	}
	variables["ids"], variables[first] = ids, size
	if after != "" {
		variables["after"] = after
	}
	var data struct{ Nodes []map[string]any }
	faults, err := s.ask(ctx, t, l.query, variables, len(l.path)+4, &data) // nodes, which, the path, nodes, which
	if err != nil {
		return nil, err
	}
	if len(data.Nodes) != len(repos) {
		return nil, fmt.Errorf("read the answer of %s: %d repositories where %d are asked for", l.query.name, len(data.Nodes), len(repos))
	}
	pages := make([]page, len(repos))
	for i, owner := range data.Nodes {
		if owner["id"] != repos[i].NodeID {
			return nil, fmt.Errorf("read the answer of %s: it is not about %s", l.query.name, repos[i].FullName)
		}
		delete(owner, "id")
		pages[i] = page{repo: repos[i], owner: owner}
		if err := pages[i].take(l.path, under(faults, "nodes", i)); err != nil {
			return nil, fmt.Errorf("read the answer of %s about %s: %w", l.query.name, repos[i].FullName, err)
		}
	}
	return pages, nil
}

// take moves the list at path from the repository's answer to the page. A repository without commits has no branch on which
// something could be listed.
func (p *page) take(path []string, faults []fault) error {
	at := p.owner
	for _, step := range path[:len(path)-1] {
		faults = under(faults, step)
		v, ok := at[step]
		if !ok {
			return fmt.Errorf("there is no %s", step)
		}
		if at, ok = v.(map[string]any); !ok {
			return nil
		}
	}
	last := path[len(path)-1]
	connection, ok := at[last].(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no list", last)
	}
	delete(at, last)
	c, err := readConnection(connection)
	if err != nil {
		return fmt.Errorf("%s: %w", last, err)
	}
	if c.holes {
		return fmt.Errorf("%s: a node is null", last)
	}
	p.nodes, p.next = c.nodes, c.next
	for i := range p.nodes {
		p.faults = append(p.faults, under(faults, last, "nodes", i))
	}
	return nil
}

// failure keeps the first failure of a call, so that what it does not touch goes on.
type failure struct {
	mu    sync.Mutex
	first error
}

// keep returns err when it is none of a call's: the run has ended, or the answer makes no sense.
func (f *failure) keep(err error) error {
	var failed *collect.Error
	if !errors.As(err, &failed) {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		f.first = err
	}
	return nil
}
