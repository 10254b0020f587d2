package simcloud

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// codec writes documents on the wire as one protocol does. What the model does not have is an error: an estate cannot
// invent a shape. Lists may be given as *page.
type codec interface {
	// element appends one element of the list that r is.
	element(dst []byte, list *apiRef, v any) ([]byte, error)
}

// page is a part of a list.
type page struct {
	w   window
	one element
}

// element appends what enc makes of the i-th element of a list, rendered once a shape.
type element func(dst []byte, i int, enc encode) ([]byte, error)

// encode appends a value on the wire.
type encode func(dst []byte, v any) ([]byte, error)

// each appends all elements of the page.
func (p *page) each(dst []byte, between string, c codec, list *apiRef) ([]byte, error) {
	enc := func(dst []byte, v any) ([]byte, error) { return c.element(dst, list, v) }
	for i := p.w.From; i < p.w.To; i++ {
		if i > p.w.From {
			dst = append(dst, between...)
		}
		var err error
		if dst, err = p.one(dst, i, enc); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// listOf returns a value as a list.
func listOf(v any) ([]any, error) {
	switch v := v.(type) {
	case []any:
		return v, nil
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out, nil
	}
	return nil, fmt.Errorf("%T is no list", v)
}

// visit calls one with each member of a document, in order of name. Members without a value are left out.
func (s *apiShape) visit(v any, one func(r *apiRef, v any) error) error {
	doc, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %T is no structure", s.name, v)
	}
	for _, m := range slices.Sorted(maps.Keys(doc)) {
		if doc[m] == nil {
			continue
		}
		r := s.member(m)
		if r == nil {
			return fmt.Errorf("%s has no member %s", s.name, m)
		}
		if err := one(r, doc[m]); err != nil {
			return fmt.Errorf("%s.%w", m, err)
		}
	}
	return nil
}

// text returns a value of a simple shape as text, in the format that times have by default.
func (r *apiRef) text(v any, times string) (string, error) {
	wrong := fmt.Errorf("%s: %T is no %s", r.Shape, v, r.Type)
	switch r.Type {
	case "string", "character":
		switch v := v.(type) {
		case string:
			if r.Shape == "policyDocumentType" {
				return percent(v), nil
			}
			return v, nil
		case map[string]any: // an estate may write out a document that the API answers as text
			return r.text(policyText(v), times)
		}
	case "integer", "long":
		switch v := v.(type) {
		case int, int64:
			return fmt.Sprint(v), nil
		case json.Number:
			if _, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
				return v.String(), nil
			}
		}
	case "double", "float":
		switch v := v.(type) {
		case int, float64:
			return fmt.Sprint(v), nil
		case json.Number:
			return v.String(), nil
		}
	case "boolean":
		if b, ok := v.(bool); ok {
			return strconv.FormatBool(b), nil
		}
	case "blob":
		switch v := v.(type) {
		case string:
			return base64.StdEncoding.EncodeToString([]byte(v)), nil
		case []byte:
			return base64.StdEncoding.EncodeToString(v), nil
		}
	case "timestamp":
		return r.time(v, times)
	}
	return "", wrong
}

// instant reads a time as estates write it: in RFC 3339, or in seconds since 1970.
func instant(v any) (time.Time, error) {
	switch v := v.(type) {
	case string:
		return time.Parse(time.RFC3339, v)
	case json.Number:
		f, err := v.Float64()
		return time.UnixMilli(int64(f * 1000)).UTC(), err
	}
	return time.Time{}, fmt.Errorf("%T is no time", v)
}

func (r *apiRef) time(v any, format string) (string, error) {
	t, err := instant(v)
	if err != nil {
		return "", err
	}
	for _, f := range []string{r.apiShape.Timestamp, r.Timestamp} {
		if f != "" {
			format = f
		}
	}
	switch format {
	case "unixTimestamp":
		return epoch(t), nil
	case "rfc822":
		return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"), nil
	}
	return t.UTC().Format(time.RFC3339Nano), nil
}

func epoch(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
}

// jsonCodec writes JSON 1.0, JSON 1.1 and REST JSON, whose times are seconds since 1970 unless the model says otherwise.
// An odd one does as Options.Odd says.
type jsonCodec struct{ odd bool }

func (c jsonCodec) element(dst []byte, list *apiRef, v any) ([]byte, error) {
	return c.value(dst, list.Member, v)
}

// object appends the members of a structure that stand in the body.
func (c jsonCodec) object(dst []byte, s *apiShape, v any) ([]byte, error) {
	dst, first := append(dst, '{'), true
	if c.odd {
		dst, first = append(dst, `"SimcloudNew":{"Of":[1,null]}`...), false
	}
	err := s.visit(v, func(r *apiRef, v any) (err error) {
		if r.Location != "" {
			return nil
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst, err = c.value(append(append(dst, jsonText(r.wire)...), ':'), r, v)
		return err
	})
	return append(dst, '}'), err
}

func (c jsonCodec) value(dst []byte, r *apiRef, v any) ([]byte, error) {
	switch r.Type {
	case "structure":
		return c.object(dst, r.apiShape, v)
	case "list":
		return c.list(dst, r, v)
	case "map":
		m, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: %T is no map", r.Shape, v)
		}
		dst = append(dst, '{')
		for i, k := range slices.Sorted(maps.Keys(m)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = c.value(append(append(dst, jsonText(k)...), ':'), r.Value, m[k]); err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
		}
		return append(dst, '}'), nil
	}
	s, err := r.text(v, "unixTimestamp")
	if err != nil {
		return nil, err
	}
	switch r.Type {
	case "integer", "long", "double", "float", "boolean":
		return append(dst, s...), nil
	case "timestamp":
		if !strings.ContainsAny(s, "-: ") {
			return append(dst, s...), nil
		}
	}
	return append(dst, jsonText(s)...), nil
}

func (c jsonCodec) list(dst []byte, r *apiRef, v any) (out []byte, err error) {
	if l, isList := v.([]any); c.odd && isList && len(l) == 0 {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '[')
	if p, ok := v.(*page); ok {
		if dst, err = p.each(dst, ",", c, r); err != nil {
			return nil, err
		}
		return append(dst, ']'), nil
	}
	l, err := listOf(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Shape, err)
	}
	for i, e := range l {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = c.element(dst, r, e); err != nil {
			return nil, fmt.Errorf("%d: %w", i, err)
		}
	}
	return append(dst, ']'), nil
}
