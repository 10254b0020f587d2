package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// ListWriter stages the objects of one list and then the list. Add may be called by several goroutines at once, in any
// order of keys.
type ListWriter struct {
	b            *Batch
	series, dict string

	mu    sync.Mutex // guards what follows
	prev  previous
	items []item
	err   error
}

type item struct {
	key    string
	digest evidence.Digest
	object uint64 // 0: not known yet
}

// previous is the list that the new one most likely equals but for a few items.
type previous struct {
	number  uint64
	weight  int
	items   []change
	digests []evidence.Digest
	hint    int // where the next key is looked for first: lists mostly arrive in order
}

// List starts a list. series names the lists that succeed each other: the new one is written as what changed against the
// last of that name. dict names the objects that share a dictionary, as a rule their subject type. An error shows when the
// list is added to or closed.
func (b *Batch) List(series, dict string) *ListWriter {
	w := &ListWriter{b: b, series: series, dict: dict}
	if series == "" {
		w.err = errors.New("a list needs a series")
		return w
	}
	w.err = b.s.View(func(v *View) error { return w.prev.load(v, series) })
	w.items = make([]item, 0, len(w.prev.items))
	return w
}

func (p *previous) load(v *View, series string) error {
	head := v.tx.Bucket(bucketHeads).Get([]byte(series))
	if len(head) != 8 {
		return nil
	}
	l, err := v.listRecord(number(head))
	if err != nil {
		return err
	}
	if p.items, err = v.items(l.number); err != nil {
		return err
	}
	p.number, p.weight = l.number, l.weight
	p.digests = make([]evidence.Digest, len(p.items))
	f := v.finder()
	for i, it := range p.items {
		if p.digests[i], err = f.digest(it.object); err != nil {
			return err
		}
	}
	return nil
}

func (p *previous) find(key string) (int, bool) {
	if p.hint < len(p.items) && p.items[p.hint].key == key {
		p.hint++
		return p.hint - 1, true
	}
	i, ok := slices.BinarySearchFunc(p.items, key, func(c change, k string) int { return strings.Compare(c.key, k) })
	p.hint = i
	if ok {
		p.hint++
	}
	return i, ok
}

// Add stages an object under its key and returns its digest. object must be in the canonical encoding; it is not kept. A
// key that is given twice is an error, at the latest when the list is closed.
func (w *ListWriter) Add(ctx context.Context, key string, object []byte) (evidence.Digest, error) {
	if err := ctx.Err(); err != nil {
		return evidence.Digest{}, fmt.Errorf("add to list %q: %w", w.series, err)
	}
	it := item{key: key, digest: evidence.Sum(object)}
	w.mu.Lock()
	err := w.err
	i, found := w.prev.find(key)
	if found && w.prev.digests[i] == it.digest && err == nil {
		it.key = w.prev.items[i].key // so that the text is kept once
		it.object = w.prev.items[i].object
		w.items = append(w.items, it)
		w.mu.Unlock()
		return it.digest, nil
	}
	previous := uint64(0)
	if found {
		previous = w.prev.items[i].object
	}
	w.mu.Unlock()
	if err == nil {
		it.object, err = w.b.add(w.dict, it.digest, object, previous)
	}
	if err != nil {
		return evidence.Digest{}, fmt.Errorf("add to list %q: %w", w.series, err)
	}
	w.mu.Lock()
	w.items = append(w.items, it)
	w.mu.Unlock()
	return it.digest, nil
}

// Close stages the list and returns its reference. A list that the store has already costs nothing. A second call returns
// an error.
func (w *ListWriter) Close() (evidence.ListRef, error) {
	ref, err := w.close()
	if err != nil {
		return evidence.ListRef{}, fmt.Errorf("close list %q: %w", w.series, err)
	}
	return ref, nil
}

func (w *ListWriter) close() (ref evidence.ListRef, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return ref, w.err
	}
	w.err = errors.New("list is closed")
	slices.SortFunc(w.items, func(a, b item) int { return cmp.Compare(a.key, b.key) })
	var roots ledger.Roots
	for i, it := range w.items {
		if i > 0 && it.key == w.items[i-1].key {
			return ref, fmt.Errorf("key %q is there twice", it.key)
		}
		roots.Add(ledger.ListLeaf(it.key, it.digest))
	}
	ref = evidence.ListRef{Root: evidence.Digest(roots.Root()), Count: len(w.items)}
	known, err := w.b.knownList(ref)
	if err != nil || known {
		return ref, err
	}
	now, err := w.resolve()
	if err != nil {
		return ref, err
	}
	return ref, w.b.addList(w.series, ref, &w.prev, now)
}

// resolve returns the items with their objects' numbers, for which the open frame is sealed.
func (w *ListWriter) resolve() ([]change, error) {
	if err := w.b.sealFor(w.dict, w.items); err != nil {
		return nil, err
	}
	now := make([]change, len(w.items))
	err := w.b.s.View(func(v *View) (err error) {
		f := v.finder()
		for i, it := range w.items {
			if it.object == 0 {
				if it.object, err = w.b.resolve(v, &f, it.digest); err != nil {
					return err
				}
			}
			now[i] = change{it.key, it.object}
		}
		return nil
	})
	return now, err
}

// knownList reports whether the list needs no record.
func (b *Batch) knownList(ref evidence.ListRef) (bool, error) {
	b.mu.Lock()
	over := b.over
	_, known := b.roots[ref.Root]
	b.mu.Unlock()
	if over {
		return false, ErrBatchOver
	}
	if known || ref.Count == 0 {
		return true, nil
	}
	err := b.s.db.View(func(tx *bbolt.Tx) error {
		known = tx.Bucket(bucketRoots).Get(ref.Root[:]) != nil
		return nil
	})
	return known, err
}

// addList encodes a list against the one before it, or whole when that would make reading it long, and stages it.
func (b *Batch) addList(series string, ref evidence.ListRef, prev *previous, now []change) error {
	base, weight, changes := uint64(0), 0, now
	if prev.number != 0 {
		// Every step of a chain costs a look-up besides its changes, hence the constant part.
		limit := len(now) / 2
		diff := make([]change, 0, 64)
		_ = compare(prev.items, now, func(key string, _, after uint64) error {
			diff = append(diff, change{key, after})
			return nil
		})
		if w := prev.weight + len(diff) + len(now)/64 + 1; w <= limit {
			base, weight, changes = prev.number, w, diff
		}
	}
	chunks, data, err := b.packChunks(changes)
	if err != nil {
		return err
	}
	record := append([]byte(nil), ref.Root[:]...)
	record = binary.AppendUvarint(record, uint64(ref.Count))
	record = binary.AppendUvarint(record, base)
	record = binary.AppendUvarint(record, uint64(weight))
	record = binary.AppendUvarint(record, uint64(len(chunks)))
	for _, c := range chunks {
		record = appendText(record, c.first)
		record = binary.AppendUvarint(record, uint64(c.changes))
		record = binary.AppendUvarint(record, uint64(c.raw))
		record = binary.AppendUvarint(record, uint64(c.packed))
	}
	record = append(record, data...)

	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return ErrBatchOver
	}
	l := newList{number: b.s.nextList, root: ref.Root, series: series, record: record}
	b.s.nextList++
	b.roots[ref.Root] = l.number
	b.staged.lists = append(b.staged.lists, l)
	b.staged.raw += len(record)
	full := b.full()
	b.mu.Unlock()
	if full {
		return b.stage()
	}
	return nil
}

func (b *Batch) packChunks(changes []change) (chunks []chunkInfo, data []byte, err error) {
	for part := range slices.Chunk(changes, chunkChanges) {
		raw := appendChunk(nil, part)
		packed, err := b.s.codecs.pack(0, nil, raw)
		if err != nil {
			return nil, nil, err
		}
		c := chunkInfo{first: part[0].key, changes: len(part), raw: len(raw), packed: len(packed)}
		if len(packed) >= len(raw) {
			c.packed, packed = 0, raw
		}
		chunks = append(chunks, c)
		data = append(data, packed...)
	}
	return chunks, data, nil
}
