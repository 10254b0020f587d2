package drift

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"exhibit/internal/evidence"
)

// rules are a schema's paths, split into steps.
type rules struct{ volatile, ordered [][]string }

func newRules(s evidence.Schema) rules {
	return rules{volatile: splitAll(s.Volatile), ordered: splitAll(s.Ordered)}
}

func splitAll(pointers []string) [][]string {
	out := make([][]string, 0, len(pointers))
	for _, p := range pointers {
		steps := strings.Split(strings.TrimPrefix(p, "/"), "/")
		for i, s := range steps {
			steps[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
		}
		out = append(out, steps)
	}
	return out
}

func matches(patterns [][]string, path []string) bool {
next:
	for _, p := range patterns {
		if len(p) != len(path) {
			continue
		}
		for i, step := range p {
			if step != "*" && step != path[i] {
				continue next
			}
		}
		return true
	}
	return false
}

// parse reads one JSON value without losing digits.
func parse(raw []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}

// normalise returns what a document says without how it says it: volatile values are dropped, a text that is itself a JSON
// object or list is read, and policies get one spelling. Arrays keep their order here; comparing decides whether it means
// something. It changes v.
func (r rules) normalise(v any, path []string) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			p := append(path, k)
			if matches(r.volatile, p) {
				delete(v, k)
				continue
			}
			v[k] = r.normalise(e, p)
		}
		if _, ok := v["Statement"]; ok {
			return policy(v)
		}
		return v
	case []any:
		kept := v[:0]
		for i, e := range v {
			p := append(path, strconv.Itoa(i))
			if !matches(r.volatile, p) {
				kept = append(kept, r.normalise(e, p))
			}
		}
		return kept
	case string:
		if inner, ok := embedded(v); ok {
			return r.normalise(inner, path)
		}
	}
	return v
}

// embedded reads a text that is a JSON object or list, as policies are kept by many APIs; some percent-encode it, too.
func embedded(s string) (any, bool) {
	t := strings.TrimSpace(s)
	if strings.HasPrefix(t, "%7B") || strings.HasPrefix(t, "%5B") || strings.HasPrefix(t, "%7b") {
		if plain, err := url.PathUnescape(t); err == nil {
			t = plain
		}
	}
	if t == "" || t[0] != '{' && t[0] != '[' {
		return nil, false
	}
	return parse([]byte(t))
}

// key writes v so that two values are the same exactly when their keys are; unordered arrays are sorted.
func (r rules) key(v any, path []string) string { return string(r.appendKey(nil, v, path)) }

func (r rules) appendKey(b []byte, v any, path []string) []byte {
	switch v := v.(type) {
	case map[string]any:
		b = append(b, '{')
		for _, k := range sortedKeys(v) {
			b = append(strconv.AppendQuote(b, k), ':')
			b = append(r.appendKey(b, v[k], append(path, k)), ',')
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		if matches(r.ordered, path) {
			for i, e := range v {
				b = append(r.appendKey(b, e, append(path, strconv.Itoa(i))), ',')
			}
			return append(b, ']')
		}
		keys := make([]string, len(v))
		for i, e := range v {
			keys[i] = r.key(e, append(path, strconv.Itoa(i)))
		}
		slices.Sort(keys)
		for _, k := range keys {
			b = append(append(b, k...), ',')
		}
		return append(b, ']')
	case string:
		return strconv.AppendQuote(b, v)
	case json.Number:
		return append(b, v...)
	case bool:
		return strconv.AppendBool(b, v)
	}
	return append(b, "null"...)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
