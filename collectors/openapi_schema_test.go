package collectors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// openAPI is a provider's published description of its API, reduced to the answers of the operations that we declare.
type openAPI struct {
	// Operations are the answers by our name of the operation.
	Operations map[string]*apiSchema `json:"operations"`
	// Schemas are what they refer to.
	Schemas map[string]*apiSchema `json:"schemas"`
}

// apiSchema is a schema of OpenAPI 3.0, as far as it says what an answer is made of.
type apiSchema struct {
	Ref        string                `json:"$ref,omitempty"`
	Type       string                `json:"type,omitempty"`
	Nullable   bool                  `json:"nullable,omitempty"`
	Enum       []any                 `json:"enum,omitempty"`
	Required   []string              `json:"required,omitempty"`
	Properties map[string]*apiSchema `json:"properties,omitempty"`
	Additional json.RawMessage       `json:"additionalProperties,omitempty"` // false, or a schema of the others
	Items      *apiSchema            `json:"items,omitempty"`
	AllOf      []*apiSchema          `json:"allOf,omitempty"`
	OneOf      []*apiSchema          `json:"oneOf,omitempty"`
	AnyOf      []*apiSchema          `json:"anyOf,omitempty"`
}

const refPrefix = "#/components/schemas/"

func (s *apiSchema) parts() []*apiSchema {
	parts := slices.Concat(s.AllOf, s.OneOf, s.AnyOf)
	if s.Items != nil {
		parts = append(parts, s.Items)
	}
	for _, p := range s.Properties {
		parts = append(parts, p)
	}
	if other := s.other(); other != nil {
		parts = append(parts, other)
	}
	return parts
}

// other is the schema of properties that are not named, nil for any.
func (s *apiSchema) other() *apiSchema {
	var other apiSchema
	if len(s.Additional) == 0 || s.Additional[0] != '{' || json.Unmarshal(s.Additional, &other) != nil {
		return nil
	}
	return &other
}

// holds says where a value, with numbers as json.Number, is not as the schema says. may tells whether a property that is
// required may be left out all the same.
func (a *openAPI) holds(at string, s *apiSchema, v any, may func(property string) bool) error {
	if s.Ref != "" {
		to, ok := a.Schemas[strings.TrimPrefix(s.Ref, refPrefix)]
		if !ok {
			return fmt.Errorf("%s: %s is not described", at, s.Ref)
		}
		return a.holds(at, to, v, may)
	}
	if v == nil {
		return a.null(at, s)
	}
	if err := s.kind(at, v); err != nil {
		return err
	}
	for _, part := range s.AllOf {
		if err := a.holds(at, part, v, may); err != nil {
			return err
		}
	}
	for _, choice := range [][]*apiSchema{s.OneOf, s.AnyOf} {
		var all []error
		for _, part := range choice {
			err := a.holds(at, part, v, may)
			if err == nil {
				all = nil
				break
			}
			all = append(all, err)
		}
		if len(all) > 0 {
			return fmt.Errorf("%s is none of %d: %w", at, len(all), errors.Join(all...))
		}
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			if s.Items == nil {
				break
			}
			if err := a.holds(fmt.Sprintf("%s/%d", at, i), s.Items, e, may); err != nil {
				return err
			}
		}
	case map[string]any:
		return a.properties(at, s, v, may)
	}
	return nil
}

// null says whether a value may be null: a choice allows it where one of its parts does.
func (a *openAPI) null(at string, s *apiSchema) error {
	nullable := s.Nullable || s.Type == "" && len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) == 0
	for _, part := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf) {
		nullable = nullable || a.holds(at, part, nil, nil) == nil
	}
	if !nullable {
		return fmt.Errorf("%s is null", at)
	}
	return nil
}

func (a *openAPI) properties(at string, s *apiSchema, v map[string]any, may func(string) bool) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok && !may(name) {
			return fmt.Errorf("%s has no %s", at, name)
		}
	}
	other := s.other()
	for name, e := range v {
		p, ok := s.Properties[name]
		if !ok {
			if p = other; p == nil {
				continue // a newer answer may say more
			}
		}
		if err := a.holds(at+"/"+name, p, e, may); err != nil {
			return err
		}
	}
	return nil
}

// kind holds a value against the schema's type and the values it lists.
func (s *apiSchema) kind(at string, v any) error {
	ok := true
	switch v := v.(type) {
	case string:
		ok = s.Type == "" || s.Type == "string"
	case bool:
		ok = s.Type == "" || s.Type == "boolean"
	case json.Number:
		ok = s.Type == "" || s.Type == "number" || s.Type == "integer" && !strings.ContainsAny(v.String(), ".eE")
	case []any:
		ok = s.Type == "" || s.Type == "array"
	case map[string]any:
		ok = s.Type == "" || s.Type == "object"
	}
	if !ok {
		return fmt.Errorf("%s is %T, want %s", at, v, s.Type)
	}
	if text, isText := v.(string); isText && len(s.Enum) > 0 && !slices.Contains(s.Enum, any(text)) {
		return fmt.Errorf("%s is %q, want one of %v", at, text, s.Enum)
	}
	return nil
}
