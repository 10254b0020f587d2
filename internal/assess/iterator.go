package assess

import (
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// iterator walks over values that are already there.
type iterator struct {
	vals []ref.Val
	next int
}

func (it *iterator) HasNext() ref.Val { return types.Bool(it.next < len(it.vals)) }

func (it *iterator) Next() ref.Val {
	if it.next >= len(it.vals) {
		return nil
	}
	it.next++
	return it.vals[it.next-1]
}

func (it *iterator) ConvertToNative(t reflect.Type) (any, error) {
	return nil, absentError("conversion of an iterator")
}
func (it *iterator) ConvertToType(ref.Type) ref.Val { return types.NoSuchOverloadErr() }
func (it *iterator) Equal(ref.Val) ref.Val          { return types.NoSuchOverloadErr() }
func (it *iterator) Type() ref.Type                 { return types.IteratorType }
func (it *iterator) Value() any                     { return it }
