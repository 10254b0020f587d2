package store_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// TestNothingAlteredIsRead flips bytes of stored objects and reads all of them: what comes back is what was committed, or
// an error. Compression alone does not notice most of these.
func TestNothingAlteredIsRead(t *testing.T) {
	dir := memoryDir(t)
	path := filepath.Join(dir, "evidence.db")
	s := create(t, path)
	commit(t, s, storetest.Estate{Types: []string{"aws.s3.bucket"}, Subjects: 40, Drift: 5}, 0, 1)
	must(t, s.Close())
	whole, anchor := read(t, path), read(t, store.AnchorPath(path))
	refused := 0
	for n := range 60 {
		p := filepath.Join(dir, fmt.Sprintf("%d.db", n))
		write(t, p, whole)
		write(t, store.AnchorPath(p), anchor)
		flipSegment(t, p, n)
		s, err := store.Open(p, store.Options{ReadOnly: true})
		if err != nil {
			refused++
			continue
		}
		err = s.View(func(v *store.View) error {
			snaps, err := v.Snapshots(v.Size(), "")
			if err != nil {
				refused++
				return nil
			}
			for _, snap := range snaps {
				err := v.Objects(snap.Subjects, func(key string, d evidence.Digest, object []byte) error {
					if evidence.Sum(object) != d {
						t.Errorf("flip %d: Objects gave altered bytes for %s", n, key)
					}
					return nil
				})
				if err != nil {
					refused++
				}
				err = v.List(snap.Subjects, func(key string, d evidence.Digest) error {
					if object, err := v.Object(d); err == nil && evidence.Sum(object) != d {
						t.Errorf("flip %d: Object gave altered bytes for %s", n, key)
					}
					return nil
				})
				if err != nil {
					refused++
				}
			}
			return nil
		})
		must(t, err)
		must(t, s.Close())
	}
	if refused < 20 {
		t.Errorf("only %d of 60 flips were noticed by a read", refused)
	}
}

// flipSegment changes a byte of the n'th sixtieth of the largest segment.
func flipSegment(t *testing.T, path string, n int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("segments"))
		var key, value []byte
		must(t, b.ForEach(func(k, v []byte) error {
			if len(v) > len(value) {
				key, value = bytes.Clone(k), bytes.Clone(v)
			}
			return nil
		}))
		value[n*(len(value)-1)/60] ^= 0x20
		return b.Put(key, value)
	}))
	must(t, db.Close())
}
