package store

import (
	"bytes"
	"fmt"
	"iter"
	"slices"

	"go.etcd.io/bbolt"
)

// Notes are small values under names, such as when a job ran last or which message is under way. They are memory of the
// program's own, not evidence: nothing proves them, and no bundle holds them.

// PutNote leaves value under name, with the commit and never without it. nil takes the note away.
func (b *Batch) PutNote(name string, value []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return ErrBatchOver
	}
	b.staged.notes = append(b.staged.notes, note(name, value))
	return nil
}

// PutNotes leaves each value under its name, all or none, without an entry; nil takes a note away. When it returns without an
// error, they are on the disk. It does not wait for a batch that is open.
func (s *Store) PutNotes(values map[string][]byte) error {
	rows := make([]row, 0, len(values))
	for name, value := range values {
		rows = append(rows, note(name, value))
	}
	slices.SortFunc(rows, func(a, b row) int { return bytes.Compare(a.key, b.key) })
	if err := s.update("notes", func(tx *bbolt.Tx) error { return putNotes(tx, rows) }); err != nil {
		return fmt.Errorf("put notes: %w", err)
	}
	return nil
}

// Note returns the value under name; nil when there is none.
func (v *View) Note(name string) []byte {
	return bytes.Clone(v.tx.Bucket(bucketNotes).Get([]byte(name)))
}

// Notes returns the notes whose names begin with prefix, in order of name.
func (v *View) Notes(prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		c := v.tx.Bucket(bucketNotes).Cursor()
		for k, value := c.Seek([]byte(prefix)); bytes.HasPrefix(k, []byte(prefix)) && k != nil; k, value = c.Next() {
			if !yield(string(k), bytes.Clone(value)) {
				return
			}
		}
	}
}

func note(name string, value []byte) row { return row{bucketNotes, []byte(name), bytes.Clone(value)} }

func putNotes(tx *bbolt.Tx, rows []row) error {
	b := tx.Bucket(bucketNotes)
	for _, r := range rows {
		err := b.Delete(r.key)
		if r.value != nil {
			err = b.Put(r.key, r.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
