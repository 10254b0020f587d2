package store

import (
	"context"
	"slices"

	"go.etcd.io/bbolt"
)

// rowWriter writes rows in order of key, a few megabytes a transaction.
type rowWriter struct {
	to   *Store
	ctx  context.Context
	rows []row
	size int
}

const copyBytes = 4 << 20

func (w *rowWriter) bucket(name []byte) error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.to.update("compact", func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(name)
		return err
	})
}

// digests writes the index of the objects in segments.
func (w *rowWriter) digests(v *View, segments map[uint64]bool) error {
	var entries [][entrySize]byte
	write := func() error {
		return w.to.update("compact", func(tx *bbolt.Tx) error { return putIndex(tx.Bucket(bucketDigests), entries) })
	}
	f := v.finder()
	c := v.digests.Cursor()
	for k, row := c.First(); k != nil; k, row = c.Next() {
		for e := range slices.Chunk(row, entrySize) {
			if _, err := f.find(entryNumber(e)); err != nil {
				return err
			}
			if segments[f.seg.first] {
				entries = append(entries, [entrySize]byte(e))
			}
		}
		if len(entries) >= indexChunk {
			if err := write(); err != nil {
				return err
			}
			entries = entries[:0]
		}
	}
	return write()
}

func (w *rowWriter) put(r row) error {
	w.rows = append(w.rows, r)
	if w.size += len(r.key) + len(r.value); w.size < copyBytes {
		return nil
	}
	return w.flush()
}

func (w *rowWriter) flush() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	rows := w.rows
	w.rows, w.size = w.rows[:0], 0
	if len(rows) == 0 {
		return nil
	}
	return w.to.update("compact", func(tx *bbolt.Tx) error {
		for _, r := range rows {
			b := tx.Bucket(r.bucket)
			b.FillPercent = 1 // in order, and mostly only read after
			if err := b.Put(r.key, r.value); err != nil {
				return err
			}
		}
		return nil
	})
}
