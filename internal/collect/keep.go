package collect

import (
	"strings"

	"exhibit/internal/evidence"
)

// Keep returns of a decoded JSON answer what the shape knows, at any depth: for providers whose answers hold more that must
// not be kept than may be. Addresses lose the name and password in them. What is of another kind than the shape is null.
func Keep(v any, s *evidence.Shape) any {
	switch v := v.(type) {
	case map[string]any:
		if s.Kind == evidence.ShapeMap {
			out := make(map[string]any, len(v))
			for key, e := range v {
				out[key] = Keep(e, s.Elem)
			}
			return out
		}
		out := map[string]any{}
		for key, f := range s.Fields {
			if e, ok := v[key]; ok {
				out[key] = Keep(e, f)
			}
		}
		return out
	case []any:
		if s.Kind != evidence.ShapeList {
			return nil
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Keep(e, s.Elem)
		}
		return out
	}
	if s.Kind == evidence.ShapeObject || s.Kind == evidence.ShapeMap || s.Kind == evidence.ShapeList {
		return nil
	}
	if text, ok := v.(string); ok {
		return Bare(text)
	}
	return v
}

// Bare returns text, and the address of a repository without the name and password in it, and without parameters, which
// may hold a token.
func Bare(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || !strings.HasSuffix(scheme, "http") && !strings.HasSuffix(scheme, "https") {
		return text
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		text, rest = text[:len(text)-len(rest)+i], rest[:i]
	}
	host, path, slash := strings.Cut(rest, "/")
	i := strings.LastIndexByte(host, '@')
	if i < 0 {
		return text
	}
	if host = host[i+1:]; slash {
		host += "/"
	}
	return scheme + "://" + host + path
}

// KeepObject is Keep for an object.
func KeepObject(v map[string]any, s *evidence.Shape) map[string]any {
	doc, _ := Keep(v, s).(map[string]any)
	return doc
}
