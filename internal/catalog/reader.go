package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// reader takes one file apart. It notes every mistake and goes on with a zero value.
type reader struct {
	file string
	data []byte
	errs *strictyaml.Errors
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	*r.errs = append(*r.errs, strictyaml.At(r.file, n, format, args...))
}

// root returns the top node of the file's only document, or nil.
func (r *reader) root() *yaml.Node {
	var doc yaml.Node
	if err := strictyaml.Decode(r.file, r.data, &doc); err != nil {
		if list, ok := err.(strictyaml.Errors); ok {
			*r.errs = append(*r.errs, list...)
		} else {
			*r.errs = append(*r.errs, strictyaml.Error{File: r.file, Msg: err.Error()})
		}
		return nil
	}
	n := &doc
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if n.Kind == 0 {
		*r.errs = append(*r.errs, strictyaml.Error{File: r.file, Line: 1, Column: 1, Msg: "the file is empty"})
		return nil
	}
	return n
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	at    *yaml.Node // the key
	value *yaml.Node
}

// entries returns the keys of a mapping in their order. Keys are text, and given once.
func (r *reader) entries(n *yaml.Node, what string) []entry {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s: expected keys with values, got %s", what, kindOf(n))
		return nil
	}
	var out []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode || k.ShortTag() == "!!merge" || k.Kind == yaml.AliasNode:
			r.fail(k, "%s: expected a key, got %s", what, kindOf(k))
		case k.ShortTag() != "!!str":
			r.fail(k, "%s: the key %s is read as %s: put it in quotes", what, k.Value, kindOf(k))
		case seen[k.Value]:
			r.fail(k, "%s: %s is given twice", what, k.Value)
		default:
			seen[k.Value] = true
			out = append(out, entry{k.Value, k, v})
		}
	}
	return out
}

// fields is a mapping with a fixed set of keys.
type fields struct {
	r    *reader
	node *yaml.Node
	what string
	vals map[string]*yaml.Node
}

// fields reads a mapping that may have the known keys only.
func (r *reader) fields(n *yaml.Node, what string, known ...string) fields {
	f := fields{r: r, node: n, what: what, vals: map[string]*yaml.Node{}}
	for _, e := range r.entries(n, what) {
		if !slices.Contains(known, e.key) {
			r.fail(e.at, "%s: unknown key %s; expected one of %s", what, e.key, strings.Join(known, ", "))
			continue
		}
		f.vals[e.key] = e.value
	}
	return f
}

// text returns the text of a key, which must be there and not be empty when needed.
func (f fields) text(key string, needed bool) string {
	n := f.vals[key]
	if n == nil {
		if needed && f.node.Kind == yaml.MappingNode {
			f.r.fail(f.node, "%s: %s is missing", f.what, key)
		}
		return ""
	}
	s, ok := f.r.text(n, key)
	if ok && strings.TrimSpace(s) == "" {
		f.r.fail(n, "%s: expected some text", key)
	}
	return strings.TrimSpace(s)
}

// oneOf returns the text of a key that must be one of the words.
func (f fields) oneOf(key string, needed bool, words ...string) string {
	s := f.text(key, needed)
	if s != "" && !slices.Contains(words, s) {
		f.r.fail(f.vals[key], "%s: expected one of %s, got %s", key, strings.Join(words, ", "), s)
		return ""
	}
	return s
}

// list returns the elements of a key's list.
func (f fields) list(key string) []*yaml.Node {
	n := f.vals[key]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		f.r.fail(n, "%s: expected a list, got %s", key, kindOf(n))
		return nil
	}
	return n.Content
}

// texts returns the elements of a key's list of text, none of them twice.
func (f fields) texts(key string) ([]string, []*yaml.Node) {
	var out []string
	var at []*yaml.Node
	for _, n := range f.list(key) {
		s, ok := f.r.text(n, key)
		switch {
		case !ok:
		case slices.Contains(out, s):
			f.r.fail(n, "%s: %s is given twice", key, s)
		default:
			out, at = append(out, s), append(at, n)
		}
	}
	return out, at
}

// text returns a scalar that YAML reads as text.
func (r *reader) text(n *yaml.Node, key string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		r.fail(n, "%s: expected text, got %s", key, kindOf(n))
		return "", false
	}
	if n.ShortTag() != "!!str" && n.ShortTag() != "!!timestamp" {
		r.fail(n, "%s: expected text, got %s %s: put it in quotes", key, kindOf(n), n.Value)
		return "", false
	}
	return n.Value, true
}

// json returns a node's value as canonical JSON, whole numbers with all their digits.
func (r *reader) json(n *yaml.Node, what string) json.RawMessage {
	before := len(*r.errs)
	raw := r.appendJSON(nil, n, what)
	if len(*r.errs) > before {
		return nil
	}
	out, err := evidence.Canonical(raw)
	if err != nil {
		r.fail(n, "%s: %v", what, err)
		return nil
	}
	return out
}

func (r *reader) appendJSON(dst []byte, n *yaml.Node, what string) []byte {
	switch n.Kind {
	case yaml.MappingNode:
		dst = append(dst, '{')
		for i, e := range r.entries(n, what) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendText(dst, e.key), ':')
			dst = r.appendJSON(dst, e.value, what+"."+e.key)
		}
		return append(dst, '}')
	case yaml.SequenceNode:
		dst = append(dst, '[')
		for i, v := range n.Content {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = r.appendJSON(dst, v, fmt.Sprintf("%s[%d]", what, i))
		}
		return append(dst, ']')
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!str", "!!timestamp":
			return appendText(dst, n.Value)
		case "!!null":
			return append(dst, "null"...)
		case "!!bool", "!!int", "!!float":
			if json.Valid([]byte(n.Value)) {
				return append(dst, n.Value...)
			}
		}
	}
	r.fail(n, "%s: expected a value as JSON knows it, got %s %s", what, kindOf(n), n.Value)
	return append(dst, "null"...)
}

func appendText(dst []byte, s string) []byte {
	raw, err := json.Marshal(s)
	if err != nil {
		return append(dst, `""`...) // a string always encodes
	}
	return append(dst, raw...)
}

// kindOf names a node's kind for people.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias (write the value out)"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "the number"
	case "!!bool":
		return "the truth value"
	case "!!null":
		return "nothing"
	case "!!merge":
		return "a merge (write the keys out)"
	case "!!str":
		return "text"
	}
	return n.ShortTag()
}
