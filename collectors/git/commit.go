package git

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// commitDoc is one commit of the branch. Names, addresses and times are the word of whoever made it; only its id, and a
// signature that verifies, are more than that.
type commitDoc struct {
	SHA        string        `json:"sha"`
	Tree       string        `json:"tree"`
	Parents    []string      `json:"parents"`
	Branch     string        `json:"branch"`
	Repository commitOrigin  `json:"repository"`
	Author     person        `json:"author"`
	Committer  person        `json:"committer"`
	Trailers   []trailer     `json:"trailers"`
	Signature  *signatureDoc `json:"signature"` // null when there is none
}

// commitOrigin is the repository that a commit stands in.
type commitOrigin struct {
	Origin string `json:"origin,omitempty"`
}

// person is who says to have done something, and when.
type person struct {
	Name  string    `json:"name"`
	Email string    `json:"email"`
	At    time.Time `json:"at,omitzero"`
}

// trailer is a line at the end of a message that names a person: "Co-authored-by".
type trailer struct {
	Key string `json:"key"` // in lower case
	person
}

func commit() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "git.commit",
			Title:      "Commit of a clone's branch",
			Population: true,
			Doc:        evidence.ShapeOf[commitDoc](),
			Secret:     []string{"/author/email", "/committer/email", "/trailers/*/email"},
			Ordered:    []string{"/parents", "/trailers"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "git:log", Permissions: []string{"to read the clone"}},
			{Name: "git:commit", Permissions: []string{"to read the clone"}},
			readRepository(),
		},
		Collect: collect.Typed(collectCommits),
	}
}

// errShallow is the error for a history that ends where the clone was cut, not where the repository began.
var errShallow = errors.New("the clone is shallow: what came before is not in it; fetch it with git fetch --unshallow")

func collectCommits(ctx context.Context, s *session, t *collect.Task) error {
	doc, err := s.repository(ctx, t)
	if err != nil {
		return err
	}
	t.Params("git:log", map[string]string{"branch": doc.Branch, "since": s.config.Since})
	var ids []plumbing.Hash
	err = t.Call(ctx, "git:log", func(ctx context.Context) error {
		past, err := s.before(ctx)
		if err != nil {
			return err
		}
		return s.walk(ctx, plumbing.NewHash(doc.Head), past, func(id plumbing.Hash) { ids = append(ids, id) })
	})
	t.Listed(len(ids))
	for _, id := range ids {
		if err := s.commit(ctx, t, doc, id); err != nil {
			return err
		}
	}
	if err == nil && doc.Shallow {
		return t.Call(ctx, "git:log", func(context.Context) error { return errShallow })
	}
	return err
}

func (s *session) commit(ctx context.Context, t *collect.Task, in repositoryDoc, id plumbing.Hash) error {
	var title string
	doc := commitDoc{SHA: id.String(), Parents: []string{}, Branch: in.Branch, Repository: commitOrigin{in.Remotes["origin"]}}
	err := t.Call(ctx, "git:commit", func(context.Context) error {
		c, err := s.clone.CommitObject(id)
		if err != nil {
			return fmt.Errorf("read commit %s: %w", id, err)
		}
		doc.Tree, doc.Author, doc.Committer = c.TreeHash.String(), personOf(c.Author), personOf(c.Committer)
		for _, p := range c.ParentHashes {
			doc.Parents = append(doc.Parents, p.String())
		}
		title, _, _ = strings.Cut(text(c.Message), "\n")
		doc.Trailers = trailers(c.Message)
		doc.Signature = s.keys.check(c.PGPSignature, c.Committer.When, c.EncodeWithoutSignature)
		return nil
	})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode commit %s: %w", id, err)
	}
	return t.Emit(ctx, evidence.Subject{ID: id.String(), Name: id.String()[:10] + " " + title, Doc: raw})
}

func personOf(s object.Signature) person {
	return person{Name: text(s.Name), Email: text(s.Email), At: s.When.UTC()}
}

// text is what a commit holds as text, whatever bytes it holds.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// trailers returns the lines of a message's last paragraph that name a person.
func trailers(message string) []trailer {
	list := []trailer{}
	paragraphs := strings.Split(strings.TrimSpace(strings.ReplaceAll(message, "\r\n", "\n")), "\n\n")
	if len(paragraphs) < 2 {
		return list // a title is no trailer
	}
	for line := range strings.SplitSeq(paragraphs[len(paragraphs)-1], "\n") {
		key, value, ok := strings.Cut(line, ":")
		name, mail, named := strings.Cut(strings.TrimSpace(value), " <")
		mail, closed := strings.CutSuffix(mail, ">")
		if ok && named && closed && strings.HasSuffix(strings.ToLower(key), "-by") && !strings.Contains(key, " ") {
			list = append(list, trailer{strings.ToLower(key), person{Name: text(name), Email: text(mail)}})
		}
	}
	return list
}
