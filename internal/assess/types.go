package assess

import (
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// typeTable tells CEL's checker the types of subjects and their documents, and is its types.Provider.
type typeTable struct {
	*types.Registry // CEL's own types
	structs         map[string]*structType
	shapes          map[*evidence.Shape]*types.Type
}

// structType is an object type with a fixed set of fields.
type structType struct {
	fields map[string]*types.FieldType
	names  []string
}

func newTypeTable() (*typeTable, error) {
	base, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	return &typeTable{Registry: base, structs: map[string]*structType{}, shapes: map[*evidence.Shape]*types.Type{}}, nil
}

// FindStructType implements types.Provider.
func (t *typeTable) FindStructType(name string) (*types.Type, bool) {
	if _, ok := t.structs[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return t.Registry.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (t *typeTable) FindStructFieldNames(name string) ([]string, bool) {
	if s, ok := t.structs[name]; ok {
		return s.names, true
	}
	return t.Registry.FindStructFieldNames(name)
}

// FindStructFieldType implements types.Provider.
func (t *typeTable) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if s, ok := t.structs[name]; ok {
		f, ok := s.fields[field]
		return f, ok
	}
	return t.Registry.FindStructFieldType(name, field)
}

// NewValue implements types.Provider: objects cannot be made in an expression.
func (t *typeTable) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("a %s cannot be made in an expression", name)
}

// add registers an object type.
func (t *typeTable) add(name string, fields map[string]*types.FieldType) *types.Type {
	s := &structType{fields: fields}
	for f := range fields {
		s.names = append(s.names, f)
	}
	slices.Sort(s.names)
	t.structs[name] = s
	return types.NewObjectType(name)
}

// shapeType returns the CEL type of a shape, registering object types as name and name.Field. Scalars are nullable,
// because providers write null for them. root is true for a document's top, whose keys may be missing: they are
// looked up by object.Find, which can say so.
func (t *typeTable) shapeType(name string, s *evidence.Shape, root bool) *types.Type {
	if s == nil {
		return types.DynType
	}
	switch s.Kind {
	case evidence.ShapeBool:
		return types.NewNullableType(types.BoolType)
	case evidence.ShapeInt:
		return types.NewNullableType(types.IntType)
	case evidence.ShapeNumber:
		return types.NewNullableType(types.DoubleType)
	case evidence.ShapeString:
		return types.NewNullableType(types.StringType)
	case evidence.ShapeList:
		return types.NewListType(t.shapeType(name, s.Elem, false))
	case evidence.ShapeMap:
		return types.NewMapType(types.StringType, t.shapeType(name, s.Elem, false))
	case evidence.ShapeObject:
	default:
		return types.DynType
	}
	if known, ok := t.shapes[s]; ok && !root {
		return known
	}
	fields := make(map[string]*types.FieldType, len(s.Fields))
	typ := t.add(name, nil)
	if !root {
		t.shapes[s] = typ
	}
	names := make([]string, 0, len(s.Fields))
	for f := range s.Fields {
		names = append(names, f)
	}
	slices.Sort(names)
	for _, f := range names {
		ft := &types.FieldType{Type: t.shapeType(name+"."+f, s.Fields[f], false)}
		if !root {
			ft.IsSet, ft.GetFrom = fieldOf(f, s.Fields[f])
		}
		fields[f] = ft
	}
	t.structs[name] = &structType{fields: fields, names: names}
	return typ
}

// fieldOf returns CEL's accessors of one field of an object below a document's top. A null is read as null, but has()
// and
// .? take it for absent: providers write either.
func fieldOf(name string, s *evidence.Shape) (ref.FieldTester, ref.FieldGetter) {
	isSet := func(target any) bool {
		o, ok := target.(*object)
		if !ok {
			return false
		}
		v := o.obj.Get(name)
		return v != nil && v.Type() != fastjson.TypeNull
	}
	get := func(target any) (any, error) {
		if o, ok := target.(*object); ok {
			if v := o.obj.Get(name); v != nil {
				return toCEL(v, s), nil
			}
		}
		return nil, absentError(name)
	}
	return isSet, get
}
