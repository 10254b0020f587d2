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

// redact replaces the values at the tree's paths and the strings in which the detector finds a secret: whole strings,
// because a detector tells where a secret is, and seldom all of it that hurts. The detector looks before anything is
// replaced, so that it is kept which of the declared values have the shape of a secret. doc is canonical, and so is
// what it returns. tree and d may be nil.
func (r *redactor) redact(doc []byte, tree *pathTree, d *detector) ([]byte, error) {
	w := walker{doc: doc}
	var texts []span
	w.value = func(at []byte, start, end int, secret bool) {
		value := doc[start:end]
		switch {
		case secret && (bytes.Equal(value, []byte("null")) || bytes.Equal(value, []byte(`""`))): // nothing there to keep
		case secret, d != nil && value[0] == '"' && len(value) > minSecret:
			texts = append(texts, span{start, end, string(at), textOf(value), secret})
		}
	}
	var branches []*pathTree
	if tree != nil {
		branches = []*pathTree{tree}
	}
	if err := w.walk(branches); err != nil {
		return nil, err
	}
	found := make([]string, len(texts))
	if d != nil {
		found = d.findAll(texts)
	}
	for i, t := range texts {
		switch {
		case t.declared:
			r.done = append(r.done, evidence.Redaction{Path: t.at, Rule: RuleDeclared, Found: found[i]})
		case found[i] != "":
			r.note(t.at, found[i])
		default:
			continue
		}
		w.replace(t.start, t.end, r.digest(t.text))
	}
	return w.result(), nil
}

// span is one value of a document: a string, or whatever stands at a declared path.
type span struct {
	start, end int
	at, text   string
	declared   bool
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
