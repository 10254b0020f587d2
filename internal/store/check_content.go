package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// segment checks that every object of a segment unpacks to its digest.
func (c *checker) segment(first uint64) {
	where := fmt.Sprintf("segment %d", first)
	seg, err := parseSegment(first, c.v.segments.Get(key8(first)))
	if err != nil {
		c.problem(where, "%v", err)
		return
	}
	frames, err := seg.frames()
	if err != nil {
		c.problem(where, "%v", err)
		return
	}
	bytes := int64(0)
	for _, info := range frames {
		u, err := c.v.unpack(&seg, info)
		if err != nil {
			c.problem(where, "%v", err)
			continue
		}
		for i, content := range u.contents {
			want := seg.digest(info.start + i)
			if u.bases[i] == gone {
				c.tombstone(u.first+uint64(i), want, content)
				continue
			}
			if u.bases[i] != 0 {
				content, err = c.v.rebuild(u.bases[i], content)
				if errors.Is(err, ErrDisposed) { // it was to go with its base
					c.lose(u.first + uint64(i))
					continue
				}
				if err != nil {
					c.problem("object "+want.String(), "%v", err)
					continue
				}
			}
			if got := evidence.Sum(content); got != want {
				c.problem("object "+want.String(), "its bytes have digest %s", got)
			}
			bytes += int64(len(content))
		}
	}
	c.count(func(r *Report) { r.Objects += int64(seg.objects); r.Bytes += bytes })
}

// digests checks that every row of the index of objects leads to an object of that digest.
func (c *checker) digests() {
	f := c.v.finder()
	var last []byte
	cur := c.v.digests.Cursor()
	for k, row := cur.First(); k != nil && c.ctx.Err() == nil; k, row = cur.Next() {
		if len(row) == 0 || len(row)%entrySize != 0 || !bytes.Equal(k, row[:entrySize]) {
			c.problem("index of objects", "row %x is not what its key says", k)
			continue
		}
		for e := range slices.Chunk(row, entrySize) {
			if bytes.Compare(last, e) >= 0 {
				c.problem("index of objects", "entry %x is out of order", e)
			}
			last = e
			d, err := f.digest(entryNumber(e))
			if err != nil {
				c.problem("index of objects", "%v", err)
			} else if !bytes.HasPrefix(d[:], e[:digestPrefix]) {
				c.problem("index of objects", "entry %x leads to object %s", e, d)
			}
		}
	}
}

// forest is all lists by what they are changes against.
type forest struct {
	roots    []listRecord
	children map[uint64][]listRecord
}

func listTrees(lists []listRecord) forest {
	t := forest{children: map[uint64][]listRecord{}}
	for _, l := range lists {
		if l.base == 0 {
			t.roots = append(t.roots, l)
		} else {
			t.children[l.base] = append(t.children[l.base], l)
		}
	}
	return t
}

// checkedList is a list with its leaves, from which those of the next list of its series are mostly known.
type checkedList struct {
	record listRecord
	under  int // weight of the list that it is written against
	items  []change
	leaves []ledger.Hash
}

// tree checks a whole list, and then the lists that are written against it.
func (c *checker) tree(t forest, root listRecord) {
	todo := []checkedList{{record: root}}
	f := c.v.finder()
	for len(todo) > 0 && c.ctx.Err() == nil {
		l := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if err := c.list(&l, &f); err != nil {
			c.problem("list "+l.record.root.String(), "%v", err)
			continue
		}
		for _, child := range t.children[l.record.number] {
			todo = append(todo, checkedList{record: child, under: l.record.weight, items: l.items, leaves: l.leaves})
		}
	}
}

// list replaces the items and leaves of the list's base by its own and checks its root.
func (c *checker) list(l *checkedList, f *finder) error {
	defer c.step()
	changes, err := c.v.changes(&l.record)
	if err != nil {
		return err
	}
	items, weight := changes, 0
	if l.record.base != 0 {
		items = overlay(l.items, changes, true)
		weight = chainWeight(l.under, len(changes), l.record.count)
	}
	if l.record.weight != weight {
		return fmt.Errorf("%w: it has weight %d, not %d", ErrDamaged, l.record.weight, weight)
	}
	leaves := make([]ledger.Hash, len(items))
	var roots ledger.Roots
	old := 0
	for i, it := range items {
		for old < len(l.items) && l.items[old].key < it.key {
			old++
		}
		if old < len(l.items) && l.items[old] == it {
			leaves[i] = l.leaves[old]
		} else {
			if it.object == 0 {
				return fmt.Errorf("%w: it removes %q from nothing", ErrDamaged, it.key)
			}
			d, err := f.digest(it.object)
			if err != nil {
				return fmt.Errorf("item %q: %w", it.key, err)
			}
			leaves[i] = ledger.ListLeaf(it.key, d)
		}
		roots.Add(leaves[i])
	}
	l.items, l.leaves = items, leaves
	if len(items) != l.record.count {
		return fmt.Errorf("%w: it has %d items, not %d", ErrDamaged, len(items), l.record.count)
	}
	if got := evidence.Digest(roots.Root()); got != l.record.root {
		return fmt.Errorf("%w: its items have root %s", ErrDamaged, got)
	}
	c.count(func(r *Report) { r.Lists++; r.Items += int64(len(items)) })
	return nil
}

// indexes checks that roots and heads lead to lists; that every list in use is found by its root is checked from its use.
func (c *checker) indexes(lists []listRecord) {
	known := make(map[uint64]evidence.Digest, len(lists))
	for _, l := range lists {
		known[l.number] = l.root
		if l.base != 0 {
			if _, ok := known[l.base]; !ok {
				c.problem("list "+l.root.String(), "list number %d, which it is written against, is missing", l.base)
			}
		}
	}
	cur := c.v.roots.Cursor()
	for k, b := cur.First(); k != nil; k, b = cur.Next() {
		if len(b) != 8 || string(k) != string(root(known, b)) {
			c.problem("index of lists", "row %x leads to another list", k)
		}
	}
	cur = c.v.tx.Bucket(bucketHeads).Cursor()
	for k, b := cur.First(); k != nil; k, b = cur.Next() {
		if len(b) != 8 || root(known, b) == nil {
			c.problem("index of lists", "the last list of %q is missing", k)
		}
	}
}

func root(known map[uint64]evidence.Digest, b []byte) []byte {
	if d, ok := known[number(b)]; ok {
		return d[:]
	}
	return nil
}
