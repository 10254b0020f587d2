package collect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"exhibit/internal/evidence"
)

// Trim decodes an object of an answer without the keys that are dropped at any depth, and without those named at its top.
// Numbers keep all their digits.
func Trim(raw json.RawMessage, dropped func(key string) bool, top ...string) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read an object of the answer: %w", err)
	}
	if doc == nil {
		return nil, errors.New("read an object of the answer: it is null")
	}
	strip(doc, dropped)
	for _, key := range top {
		delete(doc, key)
	}
	return doc, nil
}

func strip(v any, dropped func(string) bool) {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(key string, _ any) bool { return dropped(key) })
		for _, e := range v {
			strip(e, dropped)
		}
	case []any:
		for _, e := range v {
			strip(e, dropped)
		}
	}
}

// TrimShape is Trim for shapes. It changes s.
func TrimShape(s *evidence.Shape, dropped func(key string) bool, top ...string) *evidence.Shape {
	stripShape(s, dropped, map[*evidence.Shape]bool{})
	for _, key := range top {
		delete(s.Fields, key)
	}
	return s
}

func stripShape(s *evidence.Shape, dropped func(string) bool, seen map[*evidence.Shape]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	maps.DeleteFunc(s.Fields, func(key string, _ *evidence.Shape) bool { return dropped(key) })
	for _, f := range s.Fields {
		stripShape(f, dropped, seen)
	}
	stripShape(s.Elem, dropped, seen)
}
