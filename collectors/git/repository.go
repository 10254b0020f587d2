package git

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// session is one open clone.
type session struct {
	clone  *git.Repository
	config Config
	keys   keys
}

// repositoryDoc is the clone as a whole.
type repositoryDoc struct {
	// Remotes are where it was cloned from, by name, without users and passwords.
	Remotes map[string]string `json:"remotes"`
	Branch  string            `json:"branch"` // whose commits are collected, in full
	Head    string            `json:"head"`   // the branch's newest commit
	// Shallow says that the clone holds the newest commits only.
	Shallow bool `json:"shallow"`
}

func repository() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "git.repository",
			Title:    "Clone of a git repository",
			Doc:      evidence.ShapeOf[repositoryDoc](),
			Volatile: []string{"/head"},
		},
		Version:    1,
		Operations: []collect.Operation{readRepository()},
		Collect:    collect.Typed(collectRepository),
	}
}

func readRepository() collect.Operation {
	return collect.Operation{Name: "git:repository", Permissions: []string{"to read the clone"}}
}

func collectRepository(ctx context.Context, s *session, t *collect.Task) error {
	doc, err := s.repository(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(1)
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode the repository: %w", err)
	}
	return t.Emit(ctx, evidence.Subject{ID: doc.name(t), Name: doc.name(t), Doc: raw})
}

// name is the address of the repository's origin, or the source's name where it has none.
func (d repositoryDoc) name(t *collect.Task) string {
	if origin := d.Remotes["origin"]; origin != "" {
		return origin
	}
	return t.Scope().Account
}

// repository reads what the clone says of itself, once a run.
func (s *session) repository(ctx context.Context, t *collect.Task) (repositoryDoc, error) {
	doc, err := collect.Once(ctx, t, "repository", func(ctx context.Context) (doc repositoryDoc, err error) {
		err = t.Call(ctx, "git:repository", func(context.Context) error {
			doc, err = s.describe()
			return err
		})
		return doc, err
	})
	if err == nil {
		t.Relies("git:repository")
	}
	return doc, err
}

func (s *session) describe() (repositoryDoc, error) {
	doc := repositoryDoc{Remotes: map[string]string{}}
	remotes, err := s.clone.Remotes()
	if err != nil {
		return doc, fmt.Errorf("read the remotes: %w", err)
	}
	for _, r := range remotes {
		if c := r.Config(); len(c.URLs) > 0 {
			doc.Remotes[c.Name] = withoutUser(c.URLs[0])
		}
	}
	shallow, err := s.clone.Storer.Shallow()
	if err != nil {
		return doc, fmt.Errorf("read what the clone leaves out: %w", err)
	}
	doc.Shallow = len(shallow) > 0
	ref, err := s.branch()
	if err != nil {
		return doc, err
	}
	doc.Branch, doc.Head = ref.Name().String(), ref.Hash().String()
	return doc, nil
}

// withoutUser is an address without who logs in there. Of what is no address, such as a folder, nothing is taken away.
func withoutUser(address string) string {
	if !strings.Contains(address, "://") {
		return address // git@host:path is the short form of ssh; it holds no password
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// branch resolves the branch whose commits are collected.
func (s *session) branch() (*plumbing.Reference, error) {
	if s.config.Branch == "" {
		ref, err := s.clone.Head()
		if err != nil {
			return nil, fmt.Errorf("read HEAD: %w", err)
		}
		return ref, nil
	}
	for _, name := range []plumbing.ReferenceName{
		plumbing.NewBranchReferenceName(s.config.Branch), plumbing.ReferenceName("refs/remotes/" + s.config.Branch),
	} {
		ref, err := s.clone.Reference(name, true)
		if !errors.Is(err, plumbing.ErrReferenceNotFound) {
			return ref, err
		}
	}
	return nil, fmt.Errorf("find the branch %s: %w", s.config.Branch, plumbing.ErrReferenceNotFound)
}

// before returns all commits that the configured revision can reach.
func (s *session) before(ctx context.Context) (map[plumbing.Hash]struct{}, error) {
	past := map[plumbing.Hash]struct{}{}
	if s.config.Since == "" {
		return past, nil
	}
	start, err := s.clone.ResolveRevision(plumbing.Revision(s.config.Since))
	if err != nil {
		return nil, fmt.Errorf("find since: %s: %w", s.config.Since, err)
	}
	return past, s.walk(ctx, *start, past, func(plumbing.Hash) {})
}

// walk calls f for every commit that can be reached from one and is not in seen, to which it adds them, in no order. The
// parents of those that a shallow clone ends with are not looked for.
func (s *session) walk(ctx context.Context, from plumbing.Hash, seen map[plumbing.Hash]struct{}, f func(plumbing.Hash)) error {
	shallow, err := s.clone.Storer.Shallow()
	if err != nil {
		return fmt.Errorf("read what the clone leaves out: %w", err)
	}
	for next := []plumbing.Hash{from}; len(next) > 0; {
		at := next[len(next)-1]
		next = next[:len(next)-1]
		if _, again := seen[at]; again {
			continue
		}
		seen[at] = struct{}{}
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := s.clone.CommitObject(at)
		if err != nil {
			return fmt.Errorf("read commit %s: %w", at, err)
		}
		f(at)
		if !slices.Contains(shallow, at) {
			next = append(next, c.ParentHashes...)
		}
	}
	return nil
}
