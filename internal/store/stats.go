package store

import (
	"fmt"
	"io"
	"os"

	"go.etcd.io/bbolt"
)

// Stats say how large a store is.
type Stats struct {
	FileBytes int64 `json:"file_bytes"` // the file's length; it moves in steps and never shrinks
	UsedBytes int64 `json:"used_bytes"` // of the file, what is not free for later writes
	Entries   int64 `json:"entries"`
	Objects   int64 `json:"objects"`
	Lists     int64 `json:"lists"`
	Snapshots int64 `json:"snapshots"`
	States    int64 `json:"states"`
	// Parts are the bytes in use by part of the schema.
	Parts map[string]int64 `json:"parts"`
}

// Stats counts what is in the store. It reads every index page.
func (s *Store) Stats() (st Stats, err error) {
	defer guard(&err)()
	info, err := os.Stat(s.path)
	if err != nil {
		return st, fmt.Errorf("stats: %w", err)
	}
	st.FileBytes, st.Parts = info.Size(), map[string]int64{}
	err = s.db.View(func(tx *bbolt.Tx) error {
		for _, name := range buckets() {
			b := tx.Bucket(name).Stats()
			bytes := int64(b.BranchAlloc + b.LeafAlloc)
			st.Parts[string(name)] = bytes
			st.UsedBytes += bytes
			switch n := int64(b.KeyN); string(name) {
			case string(bucketEntries):
				st.Entries = n
			case string(bucketLists):
				st.Lists = n
			case string(bucketSeries):
				st.Snapshots = n
			case string(bucketStates):
				st.States = stateCount(tx)
			}
		}
		c := tx.Bucket(bucketDigests).Cursor()
		for k, row := c.First(); k != nil; k, row = c.Next() {
			st.Objects += int64(len(row) / entrySize)
		}
		return nil
	})
	return st, err
}

// Backup writes a consistent copy of the file to w while the store is in use, and returns its length. The copy is a store
// of its own; it has no anchor.
func (s *Store) Backup(w io.Writer) (n int64, err error) {
	defer guard(&err)()
	err = s.db.View(func(tx *bbolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("back up store %s: %w", s.path, diskFull(err))
	}
	return n, nil
}
