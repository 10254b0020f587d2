package store

import (
	"context"
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
	kept  []item // by index of prev.items; without a digest where there is none yet
	added []item // what prev has no key of
	same  int    // kept items that equal prev's
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
	root    evidence.Digest
	items   []change
	digests []evidence.Digest
	index   map[string]int
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
	w.kept = make([]item, len(w.prev.items))
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
	p.number, p.weight, p.root = l.number, l.weight, l.root
	p.index = make(map[string]int, len(p.items))
	for i, it := range p.items {
		p.index[it.key] = i
	}
	if p.digests, err = v.digestsOf(p.items); err != nil || !v.disposed {
		return err
	}
	lost, err := v.lostOf(p.items)
	if err != nil {
		return err
	}
	for i, gone := range lost { // what was disposed of is not there to be taken over
		if gone {
			p.digests[i] = evidence.Digest{}
		}
	}
	return nil
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
	previous := uint64(0)
	i, found := w.prev.index[key]
	if found {
		previous = w.prev.items[i].object
	}
	w.mu.Unlock()
	if found && w.prev.digests[i] == it.digest {
		it.object = previous
	} else if err == nil {
		it.object, err = w.b.add(w.dict, it.digest, object, previous)
	}
	if err == nil {
		err = w.put(it, i, found)
	}
	if err != nil {
		return evidence.Digest{}, fmt.Errorf("add to list %q: %w", w.series, err)
	}
	return it.digest, nil
}

// Keep puts an object of the store under key without being given it. Whether the store has it shows when the list is closed.
func (w *ListWriter) Keep(key string, object evidence.Digest) error {
	it := item{key: key, digest: object}
	w.mu.Lock()
	i, found := w.prev.index[key]
	w.mu.Unlock()
	if found && w.prev.digests[i] == object {
		it.object = w.prev.items[i].object
	}
	if err := w.put(it, i, found); err != nil {
		return fmt.Errorf("keep in list %q: %w", w.series, err)
	}
	return nil
}

// put keeps an item; found says that prev has its key at i.
func (w *ListWriter) put(it item, i int, found bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if !found {
		w.added = append(w.added, it)
		return nil
	}
	if !w.kept[i].digest.IsZero() {
		return fmt.Errorf("key %q is there twice", it.key)
	}
	it.key = w.prev.items[i].key // so that the text is kept once
	w.kept[i] = it
	if it.object == w.prev.items[i].object {
		w.same++
	}
	return nil
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
	if w.same == len(w.prev.items) && len(w.added) == 0 && w.same > 0 {
		return evidence.ListRef{Root: w.prev.root, Count: w.same}, nil
	}
	items, err := w.sorted()
	if err != nil {
		return ref, err
	}
	var roots ledger.Roots
	for _, it := range items {
		roots.Add(ledger.ListLeaf(it.key, it.digest))
	}
	ref = evidence.ListRef{Root: evidence.Digest(roots.Root()), Count: len(items)}
	known, err := w.b.knownList(ref)
	if err != nil {
		return ref, err
	}
	if known { // its record is there; whether all that it holds is there, too, is seen below
		disposed := false
		err := w.b.s.View(func(v *View) error { disposed = v.disposed; return nil })
		if err != nil || !disposed {
			return ref, err
		}
	}
	now, err := w.b.numbers(w.dict, items)
	if err != nil || known {
		return ref, err
	}
	return ref, w.b.addList(w.series, ref, &w.prev, now)
}

// sorted returns all items by key: those whose key the list before has stand in order already.
func (w *ListWriter) sorted() ([]item, error) {
	slices.SortFunc(w.added, func(a, b item) int { return strings.Compare(a.key, b.key) })
	items := make([]item, 0, len(w.kept)+len(w.added))
	for i := range w.kept {
		if w.kept[i].digest.IsZero() {
			continue
		}
		for len(w.added) > 0 && w.added[0].key < w.kept[i].key {
			items = append(items, w.added[0])
			w.added = w.added[1:]
		}
		items = append(items, w.kept[i])
	}
	items = append(items, w.added...)
	for i := 1; i < len(items); i++ {
		if items[i].key == items[i-1].key {
			return nil, fmt.Errorf("key %q is there twice", items[i].key)
		}
	}
	return items, nil
}

// numbers returns the items with their objects' numbers, for which open frames are sealed.
func (b *Batch) numbers(dict string, items []item) ([]change, error) {
	if err := b.sealFor(dict, items); err != nil {
		return nil, err
	}
	now := make([]change, len(items))
	err := b.s.View(func(v *View) (err error) {
		f := v.finder()
		for i, it := range items {
			if it.object == 0 {
				if it.object, err = b.resolve(v, &f, it.digest); err != nil {
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
