package store

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// listNumber returns the number of the list, 0 for the empty list and for the zero reference of a list that failed.
func (v *View) listNumber(ref evidence.ListRef) (uint64, error) {
	if ref.Count == 0 && (ref.Root.IsZero() || ref.Root == evidence.Digest(ledger.EmptyRoot())) {
		return 0, nil
	}
	n := v.staged[ref.Root]
	if n == 0 {
		b := v.roots.Get(ref.Root[:])
		if len(b) != 8 {
			return 0, fmt.Errorf("list %s: %w", ref.Root, ErrUnknown)
		}
		n = number(b)
	}
	l, err := v.listRecord(n)
	if err != nil {
		return 0, err
	}
	if l.count != ref.Count {
		return 0, fmt.Errorf("list %s has %d items, not %d: %w", ref.Root, l.count, ref.Count, ErrUnknown)
	}
	return l.number, nil
}

func (v *View) listRecord(n uint64) (listRecord, error) {
	b := v.lists.Get(key8(n))
	if b == nil {
		return listRecord{}, fmt.Errorf("%w: list number %d is missing", ErrDamaged, n)
	}
	return parseList(n, b)
}

// changes returns all changes of a record.
func (v *View) changes(l *listRecord) ([]change, error) {
	total := 0
	for _, c := range l.chunks {
		total += c.changes
	}
	out := make([]change, 0, min(total, maxChunk/8))
	for i := range l.chunks {
		var err error
		if out, err = v.chunkChanges(out, l, i); err != nil {
			return nil, fmt.Errorf("list number %d: %w", l.number, err)
		}
	}
	return out, nil
}

func (v *View) chunkChanges(dst []change, l *listRecord, i int) ([]change, error) {
	c := l.chunks[i]
	raw := l.data[c.off : c.off+c.size()]
	if c.packed != 0 {
		var err error
		if raw, err = v.s.codecs.unpack(v.tx, 0, raw, c.raw); err != nil {
			return nil, err
		}
	}
	start := len(dst)
	dst, err := readChunk(dst, raw, c.changes)
	if err != nil {
		return nil, err
	}
	if len(dst) == start || dst[start].key != c.first || start > 0 && dst[start-1].key >= c.first {
		return nil, fmt.Errorf("%w: chunk %d does not start where it should", ErrDamaged, i)
	}
	return dst, nil
}

// items returns a whole list, sorted by key.
func (v *View) items(n uint64) ([]change, error) {
	items, _, err := v.changesSince(n, 0)
	return items, err
}

// changesSince follows a list to what it is written against, until that is stop or nothing, and returns all changes since
// together; when base is 0 they are the whole list.
func (v *View) changesSince(n, stop uint64) (over []change, base uint64, err error) {
	for n != 0 && n != stop {
		l, err := v.listRecord(n)
		if err != nil {
			return nil, 0, err
		}
		under, err := v.changes(&l)
		if err != nil {
			return nil, 0, err
		}
		if over == nil {
			over = under
		} else {
			over = overlay(under, over, l.base == 0)
		}
		n = l.base
	}
	return over, n, nil
}

// item returns the object number under key, 0 when the list has none. memo remembers answers by list, for walks over the
// lists of one series.
func (v *View) item(n uint64, key string, memo map[uint64]uint64) (uint64, error) {
	if n == 0 {
		return 0, nil
	}
	if object, ok := memo[n]; ok {
		return object, nil
	}
	l, err := v.listRecord(n)
	if err != nil {
		return 0, err
	}
	var object uint64
	found := false
	if i := l.chunk(key); i >= 0 {
		cs, err := v.chunkChanges(nil, &l, i)
		if err != nil {
			return 0, fmt.Errorf("list number %d: %w", n, err)
		}
		k := sort.Search(len(cs), func(i int) bool { return cs[i].key >= key })
		if found = k < len(cs) && cs[k].key == key; found {
			object = cs[k].object
		}
	}
	if !found {
		if object, err = v.item(l.base, key, memo); err != nil {
			return 0, err
		}
	}
	memo[n] = object
	return object, nil
}

// list returns a list's items after finding it by its reference.
func (v *View) list(ref evidence.ListRef) ([]change, error) {
	n, err := v.listNumber(ref)
	if err != nil {
		return nil, err
	}
	items, err := v.items(n)
	if err == nil && len(items) != ref.Count {
		err = fmt.Errorf("list %s: %w: it has %d items, not %d", ref.Root, ErrDamaged, len(items), ref.Count)
	}
	return items, err
}

// digestsOf returns the digests of items, zero for those without an object. It looks them up in order of number, in which they stand together.
func (v *View) digestsOf(items []change) ([]evidence.Digest, error) {
	order := byNumber(items)
	digests := make([]evidence.Digest, len(items))
	f := v.finder()
	for _, i := range order {
		if items[i].object == 0 {
			continue
		}
		var err error
		if digests[i], err = f.digest(items[i].object); err != nil {
			return nil, err
		}
	}
	return digests, nil
}

// byNumber returns the indexes of items in order of object number.
func byNumber(items []change) []int {
	order := make([]int, len(items))
	sorted := true
	for i := range order {
		order[i] = i
		sorted = sorted && (i == 0 || items[i-1].object <= items[i].object)
	}
	if !sorted {
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(items[a].object, items[b].object) })
	}
	return order
}

// List calls fn for every item of the list in order of key.
func (v *View) List(ref evidence.ListRef, fn func(key string, d evidence.Digest) error) error {
	items, err := v.list(ref)
	if err != nil {
		return err
	}
	digests, err := v.digestsOf(items)
	if err != nil {
		return err
	}
	for i, it := range items {
		if err := fn(it.key, digests[i]); err != nil {
			return err
		}
	}
	return nil
}

// readAhead is how many objects Objects holds at once.
const readAhead = 4096

// Objects calls fn for every item of the list in order of key, with the object's bytes, which must not be changed. It is
// much faster than List and Object together: objects are read in the order in which they were stored, some thousands at a
// time.
func (v *View) Objects(ref evidence.ListRef, fn func(key string, d evidence.Digest, object []byte) error) error {
	items, err := v.list(ref)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(items, readAhead) {
		digests, err := v.digestsOf(part)
		if err != nil {
			return err
		}
		objects, err := v.readMany(part, digests)
		if err != nil {
			return err
		}
		for i, it := range part {
			if err := fn(it.key, digests[i], objects[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// readMany returns the items' objects, verified. Deltas wait until their bases can be read in order, too.
func (v *View) readMany(items []change, digests []evidence.Digest) ([][]byte, error) {
	objects := make([][]byte, len(items))
	bases := make([]change, 0, len(items)/4) // by base's number
	waiting := make([]int, 0, len(items)/4)
	f := v.finder()
	for _, i := range byNumber(items) {
		content, base, err := v.content(&f, items[i].object)
		if err != nil {
			return nil, fmt.Errorf("object %s: %w", digests[i], err)
		}
		objects[i] = bytes.Clone(content) // so that it does not keep its frame in memory
		if base != 0 {
			bases, waiting = append(bases, change{object: base}), append(waiting, i)
		}
	}
	for _, k := range byNumber(bases) {
		i := waiting[k]
		object, err := v.rebuild(bases[k].object, objects[i])
		if err != nil {
			return nil, fmt.Errorf("object %s: %w", digests[i], err)
		}
		objects[i] = object
	}
	for i, object := range objects {
		if evidence.Sum(object) != digests[i] {
			return nil, fmt.Errorf("object %s: %w: its bytes have another digest", digests[i], ErrDamaged)
		}
	}
	return objects, nil
}

// Get returns the digest under key, or ErrUnknown.
func (v *View) Get(ref evidence.ListRef, key string) (evidence.Digest, error) {
	n, err := v.listNumber(ref)
	if err != nil {
		return evidence.Digest{}, err
	}
	object, err := v.item(n, key, map[uint64]uint64{})
	if err != nil {
		return evidence.Digest{}, err
	}
	if object == 0 {
		return evidence.Digest{}, fmt.Errorf("%q in list %s: %w", key, ref.Root, ErrUnknown)
	}
	f := v.finder()
	return f.digest(object)
}
