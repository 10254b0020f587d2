package azure

import (
	"encoding/json"
	"reflect"
	"time"

	"exhibit/internal/evidence"
)

// shapeOf derives the shape of T's JSON. The types of the arm modules carry no json tags: their names on the wire exist
// only in generated MarshalJSON methods, which leave nil fields out. So each field is set alone, and the key that then
// appears in the JSON is its name. Fields for which no key appears (interfaces, flattened maps) are left out.
func shapeOf[T any]() *evidence.Shape {
	return shape(reflect.TypeFor[T](), map[reflect.Type]*evidence.Shape{})
}

func shape(t reflect.Type, seen map[reflect.Type]*evidence.Shape) *evidence.Shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s, ok := seen[t]; ok {
		return s
	}
	s := &evidence.Shape{Kind: evidence.ShapeAny, Name: t.String()}
	switch t.Kind() {
	case reflect.Bool:
		s.Kind = evidence.ShapeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.Kind = evidence.ShapeInt
	case reflect.Float32, reflect.Float64:
		s.Kind = evidence.ShapeNumber
	case reflect.String:
		s.Kind = evidence.ShapeString
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			s.Kind = evidence.ShapeString
			break
		}
		s.Kind = evidence.ShapeList
		seen[t] = s
		s.Elem = shape(t.Elem(), seen)
	case reflect.Map:
		s.Kind = evidence.ShapeMap
		seen[t] = s
		s.Elem = shape(t.Elem(), seen)
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			s.Kind = evidence.ShapeString
			break
		}
		s.Kind = evidence.ShapeObject
		s.Fields = map[string]*evidence.Shape{}
		seen[t] = s
		for i := range t.NumField() {
			if key := wireName(t, i); key != "" {
				s.Fields[key] = shape(t.Field(i).Type, seen)
			}
		}
	}
	return s
}

// wireName returns the JSON key of a struct's field, or "".
func wireName(t reflect.Type, field int) string {
	v := reflect.New(t).Elem()
	bare := keys(v)
	f := v.Field(field)
	switch f.Kind() {
	case reflect.Pointer:
		f.Set(reflect.New(f.Type().Elem()))
	case reflect.Slice:
		f.Set(reflect.MakeSlice(f.Type(), 0, 0))
	case reflect.Map:
		f.Set(reflect.MakeMap(f.Type()))
	case reflect.Interface:
		if f.NumMethod() > 0 {
			return ""
		}
		f.Set(reflect.ValueOf("any"))
	default:
		return ""
	}
	for key := range keys(v) {
		if _, ok := bare[key]; !ok {
			return key
		}
	}
	return ""
}

func keys(v reflect.Value) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	if raw, err := json.Marshal(v.Interface()); err == nil {
		_ = json.Unmarshal(raw, &m) // a type that is no object has no keys
	}
	return m
}

// with adds the shapes of further answers to a document's shape.
func with(s *evidence.Shape, more map[string]*evidence.Shape) *evidence.Shape {
	for key, m := range more {
		s.Fields[key] = m
	}
	return s
}
