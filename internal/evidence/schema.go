package evidence

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Schema is a subject type's declared shape. Collectors declare it; the catalog checks expressions against it; sealing
// reads Secret; drift reads Volatile.
type Schema struct {
	Type  string // "aws.s3.bucket"
	Title string // "S3 bucket"
	// Doc is the shape of the document.
	Doc *Shape
	// Secret, Volatile: JSON pointers into the document, in which "*" stands for any one key or index. A secret value is
	// replaced by a keyed digest before anything is stored. A volatile value is stored and judged, but its change alone
	// is not drift.
	Secret   []string
	Volatile []string
	// Ordered are arrays whose order means something. Everywhere else two orders of the same elements are the same.
	Ordered []string
	// Population is true when the subjects are events of a window (merged changes, deployments), not things: one that
	// the window has passed by is not gone, and what was found of it stays found.
	Population bool
}

// ShapeKind is the JSON kind that a shape allows.
type ShapeKind string

const (
	ShapeAny    ShapeKind = "any"
	ShapeBool   ShapeKind = "bool"
	ShapeInt    ShapeKind = "int"
	ShapeNumber ShapeKind = "number"
	ShapeString ShapeKind = "string" // times too: they are text in JSON
	ShapeObject ShapeKind = "object" // with Fields
	ShapeMap    ShapeKind = "map"    // any key, values of Elem
	ShapeList   ShapeKind = "list"   // of Elem
)

// Shape is the shape of one JSON value. A shape may contain itself.
type Shape struct {
	Kind   ShapeKind
	Name   string // of the type it was made from, for error messages
	Fields map[string]*Shape
	Elem   *Shape
}

// At returns the shape at a JSON pointer without escapes ("*" or any index steps into lists and maps), or nil.
func (s *Shape) At(pointer string) *Shape {
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if s == nil || pointer == "" {
			return s
		}
		switch s.Kind {
		case ShapeObject:
			s = s.Fields[step]
		case ShapeMap, ShapeList:
			s = s.Elem
		case ShapeAny:
			return s
		default:
			return nil
		}
	}
	return s
}

// ShapeOf derives the shape of T's JSON from its Go type: names from json tags, else the Go names; embedded structs are
// flattened; unexported fields and those tagged "-" are left out; json.RawMessage and interfaces are any.
func ShapeOf[T any]() *Shape {
	return shapeOf(reflect.TypeFor[T](), map[reflect.Type]*Shape{})
}

var (
	rawMessage    = reflect.TypeFor[json.RawMessage]()
	textMarshaler = reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()
	byteSlice     = reflect.TypeFor[[]byte]()
)

func shapeOf(t reflect.Type, seen map[reflect.Type]*Shape) *Shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s, ok := seen[t]; ok {
		return s
	}
	switch {
	case t == rawMessage:
		return &Shape{Kind: ShapeAny}
	case t == byteSlice, t.Implements(textMarshaler), reflect.PointerTo(t).Implements(textMarshaler):
		return &Shape{Kind: ShapeString}
	}
	s := &Shape{Name: t.String()}
	switch t.Kind() {
	case reflect.Bool:
		s.Kind = ShapeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s.Kind = ShapeInt
	case reflect.Float32, reflect.Float64:
		s.Kind = ShapeNumber
	case reflect.String:
		s.Kind = ShapeString
	case reflect.Slice, reflect.Array:
		s.Kind = ShapeList
		seen[t] = s
		s.Elem = shapeOf(t.Elem(), seen)
	case reflect.Map:
		s.Kind = ShapeMap
		seen[t] = s
		s.Elem = shapeOf(t.Elem(), seen)
	case reflect.Struct:
		s.Kind = ShapeObject
		s.Fields = map[string]*Shape{}
		seen[t] = s
		addFields(s, t, seen)
	default:
		s.Kind = ShapeAny
	}
	return s
}

func addFields(s *Shape, t reflect.Type, seen map[reflect.Type]*Shape) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if f.Anonymous && name == "" {
			e := f.Type
			for e.Kind() == reflect.Pointer {
				e = e.Elem()
			}
			if e.Kind() == reflect.Struct {
				addFields(s, e, seen)
				continue
			}
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if strings.Contains(options, "string") {
			s.Fields[name] = &Shape{Kind: ShapeString}
			continue
		}
		s.Fields[name] = shapeOf(f.Type, seen)
	}
}
