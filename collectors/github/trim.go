package github

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

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
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // ids keep all their digits
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read an object of the answer: %w", err)
	}
	if doc == nil {
		return nil, fmt.Errorf("read an object of the answer: it is null")
	}
	unlink(doc)
	for _, key := range drop {
		delete(doc, key)
	}
	return doc, nil
}

func unlink(v any) {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(key string, _ any) bool { return linked(key) })
		for _, e := range v {
			unlink(e)
		}
	case []any:
		for _, e := range v {
			unlink(e)
		}
	}
}

// trimmed is trim for shapes. It changes s.
func trimmed(s *evidence.Shape, drop ...string) *evidence.Shape {
	unlinkShape(s, map[*evidence.Shape]bool{})
	for _, key := range drop {
		delete(s.Fields, key)
	}
	return s
}

func unlinkShape(s *evidence.Shape, seen map[*evidence.Shape]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	maps.DeleteFunc(s.Fields, func(key string, _ *evidence.Shape) bool { return linked(key) })
	for _, f := range s.Fields {
		unlinkShape(f, seen)
	}
	unlinkShape(s.Elem, seen)
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
