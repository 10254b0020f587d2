package aws

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// encoder writes documents by one rule: Go field names, sorted; nil pointers, slices and maps and empty strings of
// fields are left out, since the answer left them out; booleans and numbers are always written; embedded structs are
// flattened. It keeps a plan per type, so that reflection over names happens once.
type encoder struct {
	plans   sync.Map  // reflect.Type to encodeFunc
	buffers sync.Pool // of *[]byte, for documents that live until they are sealed
}

type encodeFunc func(b []byte, v reflect.Value) ([]byte, error)

// field is one field of a struct's plan.
type field struct {
	name   string
	quoted string // name as a JSON key with its colon
	index  []int
	encode encodeFunc
}

// document hands f the JSON of v, a struct or a pointer to one. The JSON is f's until f returns.
func (e *encoder) document(v any, f func(json.RawMessage) error) error {
	buffer, ok := e.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	defer e.buffers.Put(buffer)
	rv := reflect.ValueOf(v)
	b, err := e.plan(rv.Type())((*buffer)[:0], rv)
	if err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	if cap(b) <= bufferKept {
		*buffer = b
	}
	return f(b)
}

// bufferKept is the largest buffer that is kept for the next document.
const bufferKept = 64 << 10

func (e *encoder) plan(t reflect.Type) encodeFunc {
	if f, ok := e.plans.Load(t); ok {
		return f.(encodeFunc)
	}
	// A type that contains itself finds this one first, which waits for the real plan.
	var wg sync.WaitGroup
	var real encodeFunc
	wg.Add(1)
	f, loaded := e.plans.LoadOrStore(t, encodeFunc(func(b []byte, v reflect.Value) ([]byte, error) {
		wg.Wait()
		return real(b, v)
	}))
	if loaded {
		return f.(encodeFunc)
	}
	real = e.make(t)
	wg.Done()
	e.plans.Store(t, real)
	return real
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)

func (e *encoder) make(t reflect.Type) encodeFunc {
	switch {
	case t == timeType:
		return func(b []byte, v reflect.Value) ([]byte, error) {
			b = append(b, '"')
			b = v.Interface().(time.Time).UTC().AppendFormat(b, time.RFC3339Nano)
			return append(b, '"'), nil
		}
	case t == rawType:
		return func(b []byte, v reflect.Value) ([]byte, error) { return append(b, v.Bytes()...), nil }
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		return e.indirect(t)
	case reflect.Struct:
		return e.object(t)
	case reflect.Map:
		return e.mapping(t)
	case reflect.Slice, reflect.Array:
		return e.list(t)
	case reflect.String:
		return func(b []byte, v reflect.Value) ([]byte, error) { return jsontext.AppendQuote(b, v.String()) }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(b, v.Bool()), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(b, v.Int(), 10), nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(b []byte, v reflect.Value) ([]byte, error) { return strconv.AppendUint(b, v.Uint(), 10), nil }
	case reflect.Float32, reflect.Float64:
		return encodeFloat
	}
	return func([]byte, reflect.Value) ([]byte, error) { return nil, fmt.Errorf("a %s has no JSON", t) }
}

func encodeFloat(b []byte, v reflect.Value) ([]byte, error) {
	f := v.Float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%v has no JSON", f)
	}
	return strconv.AppendFloat(b, f, 'g', -1, v.Type().Bits()), nil
}

func (e *encoder) indirect(t reflect.Type) encodeFunc {
	var elem encodeFunc
	if t.Kind() == reflect.Pointer {
		elem = e.plan(t.Elem())
	}
	return func(b []byte, v reflect.Value) ([]byte, error) {
		switch {
		case v.IsNil():
			return append(b, "null"...), nil
		case elem == nil:
			return e.plan(v.Elem().Type())(b, v.Elem())
		}
		return elem(b, v.Elem())
	}
}

func (e *encoder) object(t reflect.Type) encodeFunc {
	var fields []field
	e.fields(t, nil, &fields)
	sort.Slice(fields, func(i, j int) bool { return fields[i].name < fields[j].name })
	return func(b []byte, v reflect.Value) ([]byte, error) {
		b = append(b, '{')
		empty := true
		for i := range fields {
			f := &fields[i]
			value, ok := present(v, f.index)
			if !ok {
				continue
			}
			if !empty {
				b = append(b, ',')
			}
			empty = false
			b = append(b, f.quoted...)
			var err error
			if b, err = f.encode(b, value); err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
		}
		return append(b, '}'), nil
	}
}

// present returns the field's value, unless the answer left it out.
func present(v reflect.Value, index []int) (reflect.Value, bool) {
	for _, i := range index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v, !v.IsNil()
	case reflect.String:
		return v, v.Len() > 0
	}
	return v, true
}

func (e *encoder) fields(t reflect.Type, at []int, out *[]field) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), at...), i)
		if f.Anonymous {
			elem := f.Type
			if elem.Kind() == reflect.Pointer {
				elem = elem.Elem()
			}
			if elem.Kind() == reflect.Struct {
				e.fields(elem, index, out)
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		*out = append(*out, field{name: f.Name, quoted: strconv.Quote(f.Name) + ":", index: index, encode: e.plan(f.Type)})
	}
}

func (e *encoder) mapping(t reflect.Type) encodeFunc {
	elem := e.plan(t.Elem())
	return func(b []byte, v reflect.Value) ([]byte, error) {
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
		b = append(b, '{')
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = jsontext.AppendQuote(b, k.String()); err != nil {
				return nil, err
			}
			if b, err = elem(append(b, ':'), v.MapIndex(k)); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
}

func (e *encoder) list(t reflect.Type) encodeFunc {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return func(b []byte, v reflect.Value) ([]byte, error) {
			b = append(b, '"')
			b = base64.StdEncoding.AppendEncode(b, v.Bytes())
			return append(b, '"'), nil
		}
	}
	elem := e.plan(t.Elem())
	return func(b []byte, v reflect.Value) ([]byte, error) {
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = elem(b, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	}
}
