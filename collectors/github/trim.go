package github

import (
	"encoding/json"
	"maps"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// linked reports whether a key only leads to another answer of the API. What leads a person somewhere is kept.
func linked(key string) bool {
	switch key {
	case "html_url", "log_url", "target_url", "environment_url", "mirror_url":
		return false
	case "url", "_links", "node_id", "gravatar_id":
		return true
	}
	return strings.HasSuffix(key, "_url")
}

// trim returns raw, an object, without links at any depth and without the named top-level keys.
func trim(raw json.RawMessage, drop ...string) (map[string]any, error) {
	return collect.Trim(raw, linked, drop...)
}

// trimmed is trim for shapes. It changes s.
func trimmed(s *evidence.Shape, drop ...string) *evidence.Shape {
	return collect.TrimShape(s, linked, drop...)
}

// with adds the shapes of further answers to a document's shape.
func with(s *evidence.Shape, more map[string]*evidence.Shape) *evidence.Shape {
	maps.Copy(s.Fields, more)
	return s
}

// listOf is the shape of a list.
func listOf(elem *evidence.Shape) *evidence.Shape {
	return &evidence.Shape{Kind: evidence.ShapeList, Name: "[]" + elem.Name, Elem: elem}
}
