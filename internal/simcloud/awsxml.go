package simcloud

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// xmlCodec writes the query protocols and REST XML, whose times are in RFC 3339. An odd one does as Options.Odd says.
type xmlCodec struct{ odd bool }

// body appends the members of an answer that stand in its body.
func (c xmlCodec) body(dst []byte, s *apiShape, v any) ([]byte, error) {
	if c.odd && !s.bare {
		dst = append(dst, "<simcloudNew><of>1</of></simcloudNew>"...)
	}
	err := s.visit(v, func(r *apiRef, v any) (err error) {
		switch {
		case r.Location == "text":
			dst, err = c.content(dst, r, v)
		case r.Location == "" && !r.XMLAttribute:
			dst, err = c.member(dst, r.wire, r, v)
		}
		return err
	})
	return dst, err
}

// member appends a member in its element; a flattened list is as many elements.
func (c xmlCodec) member(dst []byte, el string, r *apiRef, v any) ([]byte, error) {
	if l, isList := v.([]any); c.odd && isList && len(l) == 0 {
		return dst, nil // there is no null
	}
	if r.flat() {
		if r.Type == "list" {
			return c.list(dst, r, v)
		}
		return c.entries(dst, r, el, v)
	}
	attributes, err := c.attributes(r, v)
	if err != nil {
		return nil, err
	}
	if dst, err = c.content(opening(dst, el+attributes), r, v); err != nil {
		return nil, err
	}
	return closing(dst, el), nil
}

// attributes are the members of a structure that stand in its start tag, and the namespace that they need.
func (c xmlCodec) attributes(r *apiRef, v any) (string, error) {
	if r.Namespace == nil || r.Namespace.Prefix == "" || r.Type != "structure" {
		return "", nil
	}
	out := fmt.Sprintf(" xmlns:%s=%q", r.Namespace.Prefix, r.Namespace.URI)
	err := r.visit(v, func(r *apiRef, v any) error {
		if !r.XMLAttribute {
			return nil
		}
		text, err := r.text(v, "iso8601")
		out += fmt.Sprintf(" %s=\"%s\"", r.LocationName, escape(text))
		return err
	})
	return out, err
}

// content appends what stands inside a value's element.
func (c xmlCodec) content(dst []byte, r *apiRef, v any) ([]byte, error) {
	switch r.Type {
	case "structure":
		return c.body(dst, r.apiShape, v)
	case "list":
		return c.list(dst, r, v)
	case "map":
		return c.entries(dst, r, "entry", v)
	}
	text, err := r.text(v, "iso8601")
	if err != nil {
		return nil, err
	}
	return append(dst, escape(text)...), nil
}

func (c xmlCodec) list(dst []byte, r *apiRef, v any) ([]byte, error) {
	if p, ok := v.(*page); ok {
		return p.each(dst, "", c, r)
	}
	l, err := listOf(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Shape, err)
	}
	for i, e := range l {
		if dst, err = c.element(dst, r, e); err != nil {
			return nil, fmt.Errorf("%d: %w", i, err)
		}
	}
	return dst, nil
}

// element appends an element of a list; those of a flattened list are called like the list itself.
func (c xmlCodec) element(dst []byte, list *apiRef, v any) ([]byte, error) {
	el := "member"
	switch {
	case list.Member.LocationName != "":
		el = list.Member.LocationName
	case list.flat():
		el = list.wire
	}
	dst, err := c.content(opening(dst, el), list.Member, v)
	return closing(dst, el), err
}

func (c xmlCodec) entries(dst []byte, r *apiRef, el string, v any) ([]byte, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: %T is no map", r.Shape, v)
	}
	key, value := cmp.Or(r.Key.LocationName, "key"), cmp.Or(r.Value.LocationName, "value")
	for _, k := range slices.Sorted(maps.Keys(m)) {
		dst = wrap(opening(dst, el), key, k)
		var err error
		if dst, err = c.member(dst, value, r.Value, m[k]); err != nil {
			return nil, fmt.Errorf("%s: %w", k, err)
		}
		dst = closing(dst, el)
	}
	return dst, nil
}

func opening(dst []byte, el string) []byte { return append(append(append(dst, '<'), el...), '>') }
func closing(dst []byte, el string) []byte { return append(append(append(dst, "</"...), el...), '>') }

func wrap(dst []byte, el, text string) []byte {
	return closing(append(opening(dst, el), escape(text)...), el)
}

func escape(s string) string {
	if !strings.ContainsAny(s, "<>&\"'\n\r\t") {
		return s
	}
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// percent encodes a policy as IAM does.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func scalar(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}

// policyText returns a policy as the text that the API keeps; an estate may write it as text or as an object.
func policyText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(jsonText(v))
}

// jsonText encodes what was decoded from JSON, which always works.
func jsonText(v any) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("simcloud: " + err.Error())
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// without returns the document less some members.
func without(doc map[string]any, members ...string) map[string]any {
	out := maps.Clone(doc)
	for _, m := range members {
		delete(out, m)
	}
	return out
}

// only returns some members of the document.
func only(doc map[string]any, members ...string) map[string]any {
	out := make(map[string]any, len(members))
	for _, m := range members {
		if v, ok := doc[m]; ok {
			out[m] = v
		}
	}
	return out
}
