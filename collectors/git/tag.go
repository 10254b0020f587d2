package git

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// tagDoc is one tag.
type tagDoc struct {
	Name       string       `json:"name"`
	Repository commitOrigin `json:"repository"`
	// Target is what it names: a commit's id, or another object's.
	Target     string `json:"target"`
	TargetType string `json:"targetType,omitempty"` // absent for a tag that is a name only
	// Annotated says that the tag is an object of its own, which can be signed and says who made it.
	Annotated bool          `json:"annotated"`
	Tagger    *person       `json:"tagger,omitempty"`
	Signature *signatureDoc `json:"signature"` // null when there is none
}

func tag() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:   "git.tag",
			Title:  "Tag of a clone",
			Doc:    evidence.ShapeOf[tagDoc](),
			Secret: []string{"/tagger/email"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "git:tags", Permissions: []string{"to read the clone"}},
			{Name: "git:tag", Permissions: []string{"to read the clone"}},
			readRepository(),
		},
		Collect: collect.Typed(collectTags),
	}
}

func collectTags(ctx context.Context, s *session, t *collect.Task) error {
	doc, err := s.repository(ctx, t)
	if err != nil {
		return err
	}
	var refs []*plumbing.Reference
	err = t.Call(ctx, "git:tags", func(context.Context) error {
		list, err := s.clone.Tags()
		if err != nil {
			return fmt.Errorf("list the tags: %w", err)
		}
		return list.ForEach(func(r *plumbing.Reference) error {
			refs = append(refs, r)
			return nil
		})
	})
	if err != nil {
		return err
	}
	t.Listed(len(refs))
	for _, ref := range refs {
		if err := s.tag(ctx, t, doc, ref); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) tag(ctx context.Context, t *collect.Task, in repositoryDoc, ref *plumbing.Reference) error {
	name := text(ref.Name().Short())
	doc := tagDoc{Name: name, Target: ref.Hash().String(), Repository: commitOrigin{in.Remotes["origin"]}}
	err := t.Call(ctx, "git:tag", func(context.Context) error {
		o, err := s.clone.TagObject(ref.Hash())
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			// A name only, unless what it names is not there.
			_, err := s.clone.Storer.EncodedObject(plumbing.AnyObject, ref.Hash())
			return err
		}
		if err != nil {
			return fmt.Errorf("read tag %s: %w", name, err)
		}
		tagger := personOf(o.Tagger)
		doc.Annotated, doc.Tagger = true, &tagger
		doc.Target, doc.TargetType = o.Target.String(), o.TargetType.String()
		doc.Signature = s.keys.check(o.PGPSignature, o.Tagger.When, o.EncodeWithoutSignature)
		return nil
	})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode tag %s: %w", name, err)
	}
	return t.Emit(ctx, evidence.Subject{ID: "refs/tags/" + name, Name: name, Doc: raw})
}
