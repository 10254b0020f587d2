package store

import (
	"bytes"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
)

// stage writes what is pending in a transaction of its own.
func (b *Batch) stage() error {
	b.writing.Lock()
	defer b.writing.Unlock()
	p, err := b.take()
	if err != nil {
		return err
	}
	if p.empty() {
		return nil
	}
	if err := b.s.update("stage", func(tx *bbolt.Tx) error { return b.put(tx, p, false) }); err != nil {
		b.Discard()
		return fmt.Errorf("stage: %w", err)
	}
	if n := len(p.frames); n > 0 {
		last := p.frames[n-1]
		b.mu.Lock()
		b.written = last.first + uint64(len(last.digests))
		many := len(b.known) > stageIndex
		b.mu.Unlock()
		if many {
			return b.stageIndex()
		}
	}
	return nil
}

// take takes what is pending, with every frame packed. It is called with b.writing held.
func (b *Batch) take() (pending, error) {
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return pending{}, ErrBatchOver
	}
	p := b.staged
	b.staged = pending{notes: p.notes}
	b.mu.Unlock()
	for _, f := range p.frames {
		<-f.done
		if f.packed == nil {
			return p, fmt.Errorf("%w: a frame could not be packed", ErrBatchOver)
		}
	}
	return p, nil
}

func (p *pending) empty() bool {
	return len(p.frames) == 0 && len(p.lists) == 0 && len(p.rows) == 0 && len(p.dicts) == 0
}

// put writes p. Unless committing, rows are marked as staged.
func (b *Batch) put(tx *bbolt.Tx, p pending, committing bool) error {
	for _, d := range p.dicts {
		if err := tx.Bucket(bucketDicts).Put(key4(d.id), d.packed); err != nil {
			return err
		}
		if err := tx.Bucket(bucketDictNames).Put([]byte(d.name), key4(d.id)); err != nil {
			return err
		}
	}
	if len(p.frames) > 0 {
		segments := tx.Bucket(bucketSegments)
		segments.FillPercent = 1 // only ever appended to
		if err := segments.Put(key8(p.frames[0].first), appendSegment(nil, p.frames)); err != nil {
			return err
		}
	}
	for _, l := range p.lists {
		lists := tx.Bucket(bucketLists)
		lists.FillPercent = 1
		if err := lists.Put(key8(l.number), l.record); err != nil {
			return err
		}
	}
	if len(p.rows) > 0 && !committing && !b.marked {
		if err := tx.Bucket(bucketMeta).Put(keyStaged, []byte{1}); err != nil {
			return err
		}
		b.marked = true // b.writing is held
	}
	for _, r := range p.rows {
		if err := tx.Bucket(r.bucket).Put(r.key, r.value); err != nil {
			return err
		}
	}
	return nil
}

// indexEntries returns the sorted entries of the known objects whose number is below limit. It is called with b.mu held.
func (b *Batch) indexEntries(limit uint64) [][entrySize]byte {
	entries := make([][entrySize]byte, 0, len(b.known))
	for d, n := range b.known {
		if n != 0 && n < limit {
			entries = append(entries, indexEntry(d, n))
		}
	}
	slices.SortFunc(entries, func(a, b [entrySize]byte) int { return bytes.Compare(a[:], b[:]) })
	return entries
}

// stageIndex indexes the objects that are on the disk, in order of key: random keys would touch every page again and
// again. It is called with b.writing held.
func (b *Batch) stageIndex() error {
	b.mu.Lock()
	limit := b.written
	entries := b.indexEntries(limit)
	b.mu.Unlock()
	for chunk := range slices.Chunk(entries, indexChunk) {
		err := b.s.update("index", func(tx *bbolt.Tx) error { return putIndex(tx.Bucket(bucketDigests), chunk) })
		if err != nil {
			b.Discard()
			return fmt.Errorf("stage index: %w", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for d, n := range b.known {
		if n != 0 && n < limit {
			delete(b.known, d)
		}
	}
	return nil
}

// putLinks makes lists known by their roots and as the last of their series. All objects of a list that is known are
// indexed: a later batch takes them over without looking at them.
func putLinks(tx *bbolt.Tx, links []newList) error {
	for _, l := range links {
		if err := tx.Bucket(bucketRoots).Put(l.root[:], key8(l.number)); err != nil {
			return err
		}
		if err := tx.Bucket(bucketHeads).Put([]byte(l.series), key8(l.number)); err != nil {
			return err
		}
	}
	return nil
}

// takeLinks returns the lists that the last transaction makes known, after staging the others. The index must be on the
// disk or in the same transaction. It is called with b.writing held.
func (b *Batch) takeLinks() ([]newList, error) {
	b.mu.Lock()
	links := b.links
	b.links = nil
	b.mu.Unlock()
	for len(links) > stageRows {
		part := links[:stageRows]
		if err := b.s.update("index", func(tx *bbolt.Tx) error { return putLinks(tx, part) }); err != nil {
			return nil, fmt.Errorf("stage index: %w", err)
		}
		links = links[stageRows:]
	}
	return links, nil
}

// resolve returns the number of an object that was added to this batch or is in the store.
func (b *Batch) resolve(v *View, f *finder, d evidence.Digest) (uint64, error) {
	b.mu.Lock()
	n := b.known[d]
	b.mu.Unlock()
	if n != 0 {
		return n, nil
	}
	n, err := v.kept(f, d)
	if err == nil && n == 0 {
		err = fmt.Errorf("object %s: %w", d, ErrUnknown)
	}
	return n, err
}

// Flush writes everything that was added so far, so that views opened from now on see it. None of it is committed: it counts
// when Commit says so, or never.
func (b *Batch) Flush() error {
	if err := b.sealAll(); err != nil {
		return err
	}
	if err := b.stage(); err != nil {
		return err
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	if err := b.stageIndex(); err != nil {
		return err
	}
	links, err := b.takeLinks()
	if err != nil || len(links) == 0 {
		return err
	}
	if err := b.s.update("index", func(tx *bbolt.Tx) error { return putLinks(tx, links) }); err != nil {
		b.Discard()
		return fmt.Errorf("stage index: %w", err)
	}
	return nil
}
