package assess

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// toCEL returns the CEL value of a JSON value, fetching what is inside only when asked. Whole numbers stay exact,
// except where the shape says that the number is a fraction.
func toCEL(v *fastjson.Value, s *evidence.Shape) ref.Val {
	switch v.Type() {
	case fastjson.TypeTrue:
		return types.True
	case fastjson.TypeFalse:
		return types.False
	case fastjson.TypeString:
		return types.String(textOf(v))
	case fastjson.TypeNumber:
		return number(v, s)
	case fastjson.TypeObject:
		return &object{obj: v.GetObject(), shape: s}
	case fastjson.TypeArray:
		var elem *evidence.Shape
		if s != nil {
			elem = s.Elem
		}
		return &list{vals: v.GetArray(), elem: elem}
	}
	return types.NullValue
}

// textOf returns a string's text without copying it. It is good for as long as the parser is not used again, which is
// when the evaluation has ended and its facts are encoded.
func textOf(v *fastjson.Value) string {
	b := v.GetStringBytes()
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func number(v *fastjson.Value, s *evidence.Shape) ref.Val {
	fraction := s != nil && s.Kind == evidence.ShapeNumber
	if !fraction {
		if n, err := v.Int64(); err == nil {
			return types.Int(n)
		}
		if n, err := v.Uint64(); err == nil {
			return types.Uint(n)
		}
	}
	text := string(v.MarshalTo(nil))
	if !fraction && !strings.ContainsAny(text, ".eE") {
		return types.NewErr("whole number %s has no exact value in CEL", text)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return types.NewErr("number %s: %v", text, err)
	}
	return types.Double(f)
}

// object is a JSON object. As a CEL value it is a map with string keys.
type object struct {
	obj   *fastjson.Object
	shape *evidence.Shape
	// owner is set at a document's top: reading one of its missing keys is an error that the owner notes.
	owner *subject
}

func (o *object) field(name string) *evidence.Shape {
	if o.shape == nil {
		return nil
	}
	if o.shape.Kind == evidence.ShapeObject {
		return o.shape.Fields[name]
	}
	return o.shape.Elem
}

// missing returns the error for a key that was not collected, or nil.
func (o *object) missing(key string) ref.Val {
	if o.owner == nil || len(o.owner.rec.missing) == 0 {
		return nil
	}
	m, ok := o.owner.rec.missing[key]
	if !ok {
		return nil
	}
	return o.owner.trace.miss(key, m)
}

// anyMissing is the error for reading the object as a whole when a key of it was not collected.
func (o *object) anyMissing() ref.Val {
	if o.owner == nil {
		return nil
	}
	for _, key := range o.owner.rec.missingKeys {
		return o.missing(key)
	}
	return nil
}

// FindStringKey is CEL's short cut for a constant key.
func (o *object) FindStringKey(key string) (any, bool) {
	if o.owner != nil && len(o.owner.rec.missing) != 0 {
		if _, ok := o.owner.rec.missing[key]; ok {
			return nil, false // Find says so
		}
	}
	if o.owner != nil {
		for _, t := range o.owner.top {
			if t.key == key {
				return t.val, true
			}
		}
	}
	v := o.obj.Get(key)
	if v == nil {
		return nil, false
	}
	val := toCEL(v, o.field(key))
	if o.owner != nil {
		o.owner.top = append(o.owner.top, topKey{key, val})
	}
	return val, true
}

// Find implements traits.Mapper.
func (o *object) Find(key ref.Val) (ref.Val, bool) {
	k, ok := key.(types.String)
	if !ok {
		if types.IsUnknownOrError(key) {
			return key, false
		}
		return nil, false
	}
	if m := o.missing(string(k)); m != nil {
		return m, false
	}
	if v, found := o.FindStringKey(string(k)); found {
		return v.(ref.Val), true
	}
	return nil, false
}

// Get implements traits.Indexer.
func (o *object) Get(key ref.Val) ref.Val {
	v, found := o.Find(key)
	if found || v != nil {
		return v
	}
	return types.WrapErr(absentError(fmt.Sprint(key.Value())))
}

// Contains implements traits.Container.
func (o *object) Contains(key ref.Val) ref.Val {
	v, found := o.Find(key)
	if v != nil && types.IsUnknownOrError(v) && !found {
		return v
	}
	return types.Bool(found)
}

// Size implements traits.Sizer.
func (o *object) Size() ref.Val {
	if m := o.anyMissing(); m != nil {
		return m
	}
	return types.Int(o.obj.Len())
}

// Iterator implements traits.Iterable over the keys.
func (o *object) Iterator() traits.Iterator {
	var keys []ref.Val
	o.obj.Visit(func(key []byte, _ *fastjson.Value) { keys = append(keys, types.String(key)) })
	if m := o.anyMissing(); m != nil {
		keys = append(keys, m)
	}
	return &iterator{vals: keys}
}

// Fold implements traits.Foldable: the keys in their order, then the error for those that were not collected.
func (o *object) Fold(f traits.Folder) {
	more := true
	o.obj.Visit(func(key []byte, v *fastjson.Value) {
		k := string(key)
		if more && o.missing(k) == nil {
			more = f.FoldEntry(types.String(k), toCEL(v, o.field(k)))
		}
	})
	if m := o.anyMissing(); more && m != nil {
		f.FoldEntry(m, m)
	}
}

// Equal implements ref.Val.
func (o *object) Equal(other ref.Val) ref.Val {
	m, ok := other.(traits.Mapper)
	if !ok {
		return types.False
	}
	if missing := o.anyMissing(); missing != nil {
		return missing
	}
	if size := m.Size(); size != types.Int(o.obj.Len()) {
		if types.IsUnknownOrError(size) {
			return size
		}
		return types.False
	}
	result := ref.Val(types.True)
	o.obj.Visit(func(key []byte, v *fastjson.Value) {
		if result != types.True {
			return
		}
		theirs, found := m.Find(types.String(key))
		switch {
		case found:
			result = types.Equal(toCEL(v, o.field(string(key))), theirs)
		case theirs != nil:
			result = theirs
		default:
			result = types.False
		}
	})
	return result
}

// ConvertToNative implements ref.Val.
func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	m := make(map[ref.Val]ref.Val, o.obj.Len())
	o.obj.Visit(func(key []byte, v *fastjson.Value) { m[types.String(key)] = toCEL(v, o.field(string(key))) })
	return types.NewRefValMap(types.DefaultTypeAdapter, m).ConvertToNative(t)
}

// ConvertToType implements ref.Val.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.MapType:
		return o
	case types.TypeType:
		return types.MapType
	}
	return types.NewErr("type conversion error from map to '%s'", t)
}

// Type implements ref.Val.
func (o *object) Type() ref.Type { return types.MapType }

// Value implements ref.Val.
func (o *object) Value() any { return o }
