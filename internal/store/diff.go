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
	var was, is []change
	err = v.diff(on, nn, func(key string, o, n uint64) error {
		was, is = append(was, change{key, o}), append(is, change{key, n})
		return nil
	})
	if err != nil {
		return err
	}
	old, err := v.digestsOf(was)
	if err != nil {
		return err
	}
	now, err := v.digestsOf(is)
	if err != nil {
		return err
	}
	for i := range was {
		if old[i] == now[i] {
			continue // stored twice
		}
		if err := fn(was[i].key, old[i], now[i]); err != nil {
			return err
		}
	}
	return nil
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
