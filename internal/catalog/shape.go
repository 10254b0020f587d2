package catalog

import (
	"fmt"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
)

// shape demands that a case's document could have been collected: no field that the type does not have, no other kind
// of value. null fits everywhere, because providers write it.
func (r *reader) shape(n *yaml.Node, what string, s *evidence.Shape) {
	if s == nil || s.Kind == evidence.ShapeAny || s.Kind == "" || n.ShortTag() == "!!null" {
		return
	}
	want := ""
	switch s.Kind {
	case evidence.ShapeObject, evidence.ShapeMap:
		if n.Kind != yaml.MappingNode {
			want = "keys with values"
			break
		}
		for _, e := range r.entries(n, what) {
			inner := s.Elem
			if s.Kind == evidence.ShapeObject {
				var ok bool
				if inner, ok = s.Fields[e.key]; !ok {
					r.fail(e.at, "%s: %s is no field of %s", what, e.key, nameOf(s))
					continue
				}
			}
			r.shape(e.value, what+"."+e.key, inner)
		}
	case evidence.ShapeList:
		if n.Kind != yaml.SequenceNode {
			want = "a list"
			break
		}
		for i, v := range n.Content {
			r.shape(v, fmt.Sprintf("%s[%d]", what, i), s.Elem)
		}
	case evidence.ShapeBool:
		want = scalar(n, "true or false", "!!bool")
	case evidence.ShapeInt:
		want = scalar(n, "a whole number", "!!int")
	case evidence.ShapeNumber:
		want = scalar(n, "a number", "!!int", "!!float")
	case evidence.ShapeString:
		want = scalar(n, "text", "!!str", "!!timestamp")
	}
	if want != "" {
		r.fail(n, "%s: expected %s, got %s %s", what, want, kindOf(n), n.Value)
	}
}

// scalar returns want when the node is none of the tags.
func scalar(n *yaml.Node, want string, tags ...string) string {
	for _, t := range tags {
		if n.Kind == yaml.ScalarNode && n.ShortTag() == t {
			return ""
		}
	}
	return want
}

func nameOf(s *evidence.Shape) string {
	if s.Name == "" {
		return "the document"
	}
	return s.Name
}
