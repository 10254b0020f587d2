package store

import (
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Diff calls fn in order of key for every key whose object differs between two lists. The zero digest stands for none.
func (v *View) Diff(before, after evidence.ListRef, fn func(key string, before, after evidence.Digest) error) error {
	if before == after {
		return nil
	}
	on, err := v.listNumber(before)
	if err != nil {
		return err
	}
	nn, err := v.listNumber(after)
	if err != nil {
		return err
	}
	of, nf := v.finder(), v.finder()
	return v.diff(on, nn, func(key string, o, n uint64) (err error) {
		var od, nd evidence.Digest
		if o != 0 {
			if od, err = of.digest(o); err != nil {
				return err
			}
		}
		if n != 0 {
			if nd, err = nf.digest(n); err != nil {
				return err
			}
		}
		if od == nd {
			return nil // stored twice
		}
		return fn(key, od, nd)
	})
}

// diff compares by object number. When the later list is written as changes on the earlier one, those are all it reads of it.
func (v *View) diff(before, after uint64, fn func(key string, before, after uint64) error) error {
	old, err := v.items(before)
	if err != nil {
		return err
	}
	over, base, err := v.changesSince(after, before)
	if err != nil {
		return err
	}
	if base != before || before == 0 {
		return compare(old, over, fn)
	}
	for _, c := range over {
		i, found := slices.BinarySearchFunc(old, c.key, func(c change, key string) int { return strings.Compare(c.key, key) })
		was := uint64(0)
		if found {
			was = old[i].object
		}
		old = old[i:]
		if was != c.object {
			if err := fn(c.key, was, c.object); err != nil {
				return err
			}
		}
	}
	return nil
}
