package assess

import (
	"errors"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"exhibit/internal/evidence"
)

// relatedSet is what related("type") stands for: the subjects that were seen, in order of scope and id, and why there
// may be others.
type relatedSet struct {
	recs []*record
	gaps []gap
	size int // bytes of the records
	// never is set when nothing of the type was ever collected here.
	never  bool
	limits limitsOnce
}

// gap is a part of a related list that could not be seen.
type gap struct {
	reason  string
	missing []evidence.Missing
}

// relatedList is a relatedSet in one evaluation. Its last element is an error when there is a gap, so that
// exists() on what was seen still holds, and all(), size() and filter() are unknown.
type relatedList struct {
	set   *relatedSet
	trace *trace
}

func (l *relatedList) unseen() ref.Val {
	for _, g := range l.set.gaps {
		l.trace.note(g.reason, g.missing...)
	}
	return types.WrapErr(errors.New(l.set.gaps[0].reason))
}

// Size implements traits.Sizer.
func (l *relatedList) Size() ref.Val {
	if len(l.set.gaps) > 0 {
		return l.unseen()
	}
	return types.Int(len(l.set.recs))
}

// Get implements traits.Indexer.
func (l *relatedList) Get(index ref.Val) ref.Val {
	i, err := types.GetOrError(index)
	switch {
	case err != nil:
		return types.ValOrErr(index, "%v", err)
	case len(l.set.gaps) > 0:
		return l.unseen()
	case i < 0 || i >= len(l.set.recs):
		return types.NewErr("index %d out of range of %d elements", i, len(l.set.recs))
	}
	return newSubject(l.set.recs[i], l.trace, false)
}

// Contains implements traits.Container.
func (l *relatedList) Contains(v ref.Val) ref.Val {
	for _, r := range l.set.recs {
		if newSubject(r, l.trace, true).Equal(v) == types.True {
			return types.True
		}
	}
	if len(l.set.gaps) > 0 {
		return l.unseen()
	}
	return types.False
}

// Iterator implements traits.Iterable.
func (l *relatedList) Iterator() traits.Iterator { return &relatedIterator{list: l} }

// Fold implements traits.Foldable: first what was seen, then the gap.
func (l *relatedList) Fold(f traits.Folder) {
	for i, r := range l.set.recs {
		if !f.FoldEntry(types.Int(i), newSubject(r, l.trace, false)) {
			return
		}
	}
	if len(l.set.gaps) > 0 {
		f.FoldEntry(types.Int(len(l.set.recs)), l.unseen())
	}
}

// Add implements traits.Adder.
func (l *relatedList) Add(other ref.Val) ref.Val {
	if len(l.set.gaps) > 0 {
		return l.unseen()
	}
	vals := make([]ref.Val, len(l.set.recs))
	for i, r := range l.set.recs {
		vals[i] = newSubject(r, l.trace, false)
	}
	return types.NewRefValList(types.DefaultTypeAdapter, vals).(traits.Adder).Add(other)
}

func (l *relatedList) ConvertToNative(t reflect.Type) (any, error) {
	return nil, errors.New("related subjects cannot be converted")
}
func (l *relatedList) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return types.ListType
	}
	return types.NewErr("type conversion error from list to '%s'", t)
}
func (l *relatedList) Equal(ref.Val) ref.Val { return types.NoSuchOverloadErr() }
func (l *relatedList) Type() ref.Type        { return types.ListType }
func (l *relatedList) Value() any            { return l }

type relatedIterator struct {
	iterator
	list *relatedList
	at   int
}

func (it *relatedIterator) HasNext() ref.Val {
	n := len(it.list.set.recs)
	return types.Bool(it.at < n || it.at == n && len(it.list.set.gaps) > 0)
}

func (it *relatedIterator) Next() ref.Val {
	it.at++
	if it.at > len(it.list.set.recs) {
		return it.list.unseen()
	}
	return newSubject(it.list.set.recs[it.at-1], it.list.trace, false)
}
