package assess

import (
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// list is a JSON array as a CEL list.
type list struct {
	vals []*fastjson.Value
	elem *evidence.Shape
}

// GetInt64Index is CEL's short cut for a constant index.
func (l *list) GetInt64Index(i int64) (any, bool) {
	if i < 0 || i >= int64(len(l.vals)) {
		return nil, false
	}
	return toCEL(l.vals[i], l.elem), true
}

// Get implements traits.Indexer.
func (l *list) Get(index ref.Val) ref.Val {
	i, err := types.GetOrError(index)
	if err != nil {
		return types.ValOrErr(index, "%v", err)
	}
	if i < 0 || i >= len(l.vals) {
		return types.NewErr("index %d out of range of %d elements", i, len(l.vals))
	}
	return toCEL(l.vals[i], l.elem)
}

// Size implements traits.Sizer.
func (l *list) Size() ref.Val { return types.Int(len(l.vals)) }

// Contains implements traits.Container.
func (l *list) Contains(v ref.Val) ref.Val {
	for _, mine := range l.vals {
		if types.Equal(toCEL(mine, l.elem), v) == types.True {
			return types.True
		}
	}
	return types.False
}

// Add implements traits.Adder.
func (l *list) Add(other ref.Val) ref.Val { return l.plain().(traits.Adder).Add(other) }

// Iterator implements traits.Iterable.
func (l *list) Iterator() traits.Iterator { return &listIterator{list: l} }

// Fold implements traits.Foldable.
func (l *list) Fold(f traits.Folder) {
	for i, v := range l.vals {
		if !f.FoldEntry(types.Int(i), toCEL(v, l.elem)) {
			return
		}
	}
}

// Equal implements ref.Val.
func (l *list) Equal(other ref.Val) ref.Val {
	o, ok := other.(traits.Lister)
	if !ok || o.Size() != l.Size() {
		return types.False
	}
	result := ref.Val(types.True)
	for i, v := range l.vals {
		switch eq := types.Equal(toCEL(v, l.elem), o.Get(types.Int(i))); {
		case eq == types.False:
			return types.False
		case eq != types.True:
			result = eq
		}
	}
	return result
}

// plain returns the list as CEL's own kind of list.
func (l *list) plain() ref.Val {
	vals := make([]ref.Val, len(l.vals))
	for i, v := range l.vals {
		vals[i] = toCEL(v, l.elem)
	}
	return types.NewRefValList(types.DefaultTypeAdapter, vals)
}

// ConvertToNative implements ref.Val.
func (l *list) ConvertToNative(t reflect.Type) (any, error) { return l.plain().ConvertToNative(t) }

// ConvertToType implements ref.Val.
func (l *list) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.ListType:
		return l
	case types.TypeType:
		return types.ListType
	}
	return types.NewErr("type conversion error from list to '%s'", t)
}

// Type implements ref.Val.
func (l *list) Type() ref.Type { return types.ListType }

// Value implements ref.Val.
func (l *list) Value() any { return l }

// listIterator makes each element when it is reached.
type listIterator struct {
	iterator
	list *list
	at   int
}

func (it *listIterator) HasNext() ref.Val { return types.Bool(it.at < len(it.list.vals)) }

func (it *listIterator) Next() ref.Val {
	if it.at >= len(it.list.vals) {
		return nil
	}
	it.at++
	return toCEL(it.list.vals[it.at-1], it.list.elem)
}
