package collect

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"exhibit/internal/evidence"
)

// Sealer turns subjects of one schema into the canonical bytes that are kept, without the secrets in them: values at
// the schema's secret paths, and strings in which a detector finds one, are replaced by a keyed digest of their text.
// The same secret has the same digest everywhere in a store, so that reuse and rotation stay visible. It may be used
// at once from many goroutines.
type Sealer struct {
	key      []byte
	declared *pathTree
	detector *detector
}

// NewSealer returns the schema's sealer. key keys the digests that stand in the place of secrets.
func NewSealer(schema evidence.Schema, key []byte) *Sealer {
	return &Sealer{key: bytes.Clone(key), declared: treeOf(schema.Secret), detector: newDetector()}
}

// RuleDeclared is the rule of a redaction by the schema.
const RuleDeclared = "declared"

// Seal returns the subject's canonical bytes.
func (s *Sealer) Seal(subject evidence.Subject) ([]byte, error) {
	doc, err := evidence.Canonical(subject.Doc)
	if err != nil {
		return nil, fmt.Errorf("seal %s %s: %w", subject.Type, subject.ID, err)
	}
	r := redactor{key: s.key}
	var d *detector
	if s.detector.suspects(doc) {
		d = s.detector
	}
	if s.declared != nil || d != nil {
		if doc, err = r.redact(doc, s.declared, d); err != nil {
			return nil, fmt.Errorf("seal %s %s: %w", subject.Type, subject.ID, err)
		}
	}
	subject.Doc = doc
	s.sealNames(&subject, &r)
	subject.Redacted = append([]evidence.Redaction(nil), r.done...)
	sort.Slice(subject.Redacted, func(i, j int) bool { return subject.Redacted[i].Path < subject.Redacted[j].Path })
	object, err := envelope(subject)
	if err != nil {
		return nil, fmt.Errorf("seal %s %s: %w", subject.Type, subject.ID, err)
	}
	return object, nil
}

// sealNames looks at what stands beside the document. A path without a leading slash names it.
func (s *Sealer) sealNames(subject *evidence.Subject, r *redactor) {
	if rule := s.detector.find(subject.Name); rule != "" {
		r.note("name", rule)
		subject.Name = r.digest(subject.Name)
	}
	for k, v := range subject.Tags {
		rule := s.detector.find(v)
		if rule == "" {
			continue
		}
		tags := make(map[string]string, len(subject.Tags))
		for k, v := range subject.Tags {
			tags[k] = v
		}
		tags[k] = r.digest(v)
		subject.Tags = tags
		r.note("tags"+appendPointer(nil, k), rule)
	}
}

// envelope writes the subject's canonical encoding around its document, which is canonical already: encoding it again
// would cost more than all else of sealing.
func envelope(s evidence.Subject) ([]byte, error) {
	b := make([]byte, 0, len(s.Doc)+len(s.ID)+len(s.Name)+len(s.Type)+256)
	b = append(append(b, `{"doc":`...), s.Doc...)
	b = append(b, `,"id":`...)
	b, err := jsontext.AppendQuote(b, s.ID)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		key   string
		text  string
		value any
		tags  map[string]string
		empty bool
	}{
		{key: `,"missing":`, value: s.Missing, empty: len(s.Missing) == 0},
		{key: `,"name":`, text: s.Name, empty: s.Name == ""},
		{key: `,"redacted":`, value: s.Redacted, empty: len(s.Redacted) == 0},
		{key: `,"tags":`, tags: s.Tags, empty: len(s.Tags) == 0},
		{key: `,"type":`, text: s.Type},
	} {
		if part.empty {
			continue
		}
		b = append(b, part.key...)
		switch {
		case part.tags != nil:
			b, err = appendTags(b, part.tags)
		case part.value != nil:
			var object []byte
			object, err = evidence.Encode(part.value)
			b = append(b, object...)
		default:
			b, err = jsontext.AppendQuote(b, part.text)
		}
		if err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// appendTags writes tags in the canonical order of their keys. That goes by UTF-16, which for ASCII is the order of bytes.
func appendTags(b []byte, tags map[string]string) ([]byte, error) {
	keys := make([]string, 0, len(tags))
	for k := range tags {
		for i := range len(k) {
			if k[i] >= utf8.RuneSelf {
				object, err := evidence.Encode(tags)
				return append(b, object...), err
			}
		}
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = jsontext.AppendQuote(b, k); err != nil {
			return nil, err
		}
		if b, err = jsontext.AppendQuote(append(b, ':'), tags[k]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// pathTree is a set of JSON pointers in which "*" is any one step.
type pathTree struct {
	next map[string]*pathTree
	end  bool
}

func treeOf(pointers []string) *pathTree {
	if len(pointers) == 0 {
		return nil
	}
	root := &pathTree{}
	for _, p := range pointers {
		t := root
		for _, step := range strings.Split(strings.TrimPrefix(p, "/"), "/") {
			step = unescape.Replace(step)
			if t.next == nil {
				t.next = map[string]*pathTree{}
			}
			if t.next[step] == nil {
				t.next[step] = &pathTree{}
			}
			t = t.next[step]
		}
		t.end = true
	}
	return root
}

// step returns the branches that one key or index leads into.
func step(branches []*pathTree, key string) (next []*pathTree, end bool) {
	for _, b := range branches {
		for _, name := range [...]string{key, "*"} {
			if n := b.next[name]; n != nil {
				next = append(next, n)
				end = end || n.end
			}
		}
	}
	return next, end
}

var (
	unescape = strings.NewReplacer("~1", "/", "~0", "~")
	escape   = strings.NewReplacer("~", "~0", "/", "~1")
)

func appendPointer(at []byte, key string) string { return string(at) + "/" + escape.Replace(key) }

// textOf returns what a JSON string says; any other value stands for itself.
func textOf(value []byte) string {
	if len(value) > 0 && value[0] == '"' {
		if text, err := jsontext.AppendUnquote(nil, value); err == nil {
			return string(text)
		}
	}
	return string(value)
}
