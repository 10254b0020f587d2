package collect

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"exhibit/internal/evidence"
)

// redactor replaces values in one document and keeps account of it.
type redactor struct {
	key  []byte
	done []evidence.Redaction
}

func (r *redactor) note(path, rule string) {
	r.done = append(r.done, evidence.Redaction{Path: path, Rule: rule})
}

// digest is the text that stands in a secret's place.
func (r *redactor) digest(secret string) string {
	m := hmac.New(sha256.New, r.key)
	m.Write([]byte(secret))
	return "[redacted hmac-sha256:" + hex.EncodeToString(m.Sum(nil)[:8]) + "]"
}

// declared replaces the values at the tree's paths. doc is canonical, and so is what it returns.
func (r *redactor) declared(doc []byte, tree *pathTree) ([]byte, error) {
	w := walker{doc: doc}
	w.value = func(at []byte, start, end int, secret bool) {
		value := doc[start:end]
		if !secret || bytes.Equal(value, []byte("null")) || bytes.Equal(value, []byte(`""`)) {
			return // nothing there to keep
		}
		r.note(string(at), RuleDeclared)
		w.replace(start, end, r.digest(textOf(value)))
	}
	if err := w.walk([]*pathTree{tree}); err != nil {
		return nil, err
	}
	return w.result(), nil
}

// detected replaces the strings in which the detector finds a secret. Whole strings: a detector tells where a secret
// is, and seldom all of it that hurts.
func (r *redactor) detected(doc []byte, d *detector) ([]byte, error) {
	w := walker{doc: doc}
	var texts []span
	w.value = func(at []byte, start, end int, _ bool) {
		if doc[start] == '"' && end-start > minSecret {
			texts = append(texts, span{start, end, string(at), textOf(doc[start:end])})
		}
	}
	if err := w.walk(nil); err != nil {
		return nil, err
	}
	rules := d.findAll(texts)
	for i, t := range texts {
		if rules[i] != "" {
			r.note(t.at, rules[i])
			w.replace(t.start, t.end, r.digest(t.text))
		}
	}
	return w.result(), nil
}

// span is one string of a document.
type span struct {
	start, end int
	at, text   string
}

// walker visits the values of a canonical document, which has no space and is well-formed, and replaces some.
type walker struct {
	doc   []byte
	pos   int
	at    []byte
	value func(at []byte, start, end int, secret bool) // scalars, and whatever is secret

	out  []byte
	from int
}

var errDocument = errors.New("the document is not canonical JSON")

func (w *walker) walk(branches []*pathTree) error {
	if err := w.next(branches, false); err != nil {
		return err
	}
	if w.pos != len(w.doc) {
		return errDocument
	}
	return nil
}

// replace puts text where the value from start to end was; calls come in order.
func (w *walker) replace(start, end int, text string) {
	w.out = append(w.out, w.doc[w.from:start]...)
	w.out, _ = jsontext.AppendQuote(w.out, text)
	w.from = end
}

func (w *walker) result() []byte {
	if w.from == 0 {
		return w.doc
	}
	return append(w.out, w.doc[w.from:]...)
}

func (w *walker) next(branches []*pathTree, secret bool) error {
	start := w.pos
	if w.pos >= len(w.doc) {
		return errDocument
	}
	switch c := w.doc[w.pos]; {
	case (c == '{' || c == '[') && !secret:
		return w.children(branches, c)
	case c == '{' || c == '[':
		if err := w.skip(); err != nil {
			return err
		}
	case c == '"':
		if err := w.text(); err != nil {
			return err
		}
	default:
		for w.pos < len(w.doc) && bytes.IndexByte([]byte(",]}"), w.doc[w.pos]) < 0 {
			w.pos++
		}
	}
	w.value(w.at, start, w.pos, secret)
	return nil
}

// children visits an object's or a list's values.
func (w *walker) children(branches []*pathTree, open byte) error {
	closing := open + 2 // of the ASCII pairs {} and []
	w.pos++
	depth := len(w.at)
	for i := 0; ; i++ {
		if w.pos >= len(w.doc) {
			return errDocument
		}
		if w.doc[w.pos] == closing {
			w.pos++
			return nil
		}
		if w.doc[w.pos] == ',' {
			w.pos++
		}
		key := strconv.Itoa(i)
		if open == '{' {
			start := w.pos
			if err := w.text(); err != nil {
				return err
			}
			key = textOf(w.doc[start:w.pos])
			w.pos++ // the colon
		}
		w.at = append(append(w.at, '/'), escape.Replace(key)...)
		next, end := step(branches, key)
		if err := w.next(next, end); err != nil {
			return err
		}
		w.at = w.at[:depth]
	}
}

// text steps over a string.
func (w *walker) text() error {
	for w.pos++; w.pos < len(w.doc); w.pos++ {
		switch w.doc[w.pos] {
		case '\\':
			w.pos++
		case '"':
			w.pos++
			return nil
		}
	}
	return errDocument
}

// skip steps over an object or a list.
func (w *walker) skip() error {
	for depth := 0; w.pos < len(w.doc); {
		switch w.doc[w.pos] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if err := w.text(); err != nil {
				return err
			}
			continue
		}
		w.pos++
		if depth == 0 {
			return nil
		}
	}
	return errDocument
}
