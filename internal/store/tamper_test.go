package store_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// TestTampered changes single rows behind the store's back, with the file's pages in order: opening or checking finds all.
func TestTampered(t *testing.T) {
	dir := memoryDir(t)
	path := filepath.Join(dir, "evidence.db")
	s := create(t, path)
	commit(t, s, storetest.Estate{Types: []string{"aws.s3.bucket", "aws.kms.key"}, Subjects: 60, Drift: 5}, 0, 1, 2)
	_, err := storetest.CommitAssessment(t.Context(), s, 40, 0)
	must(t, err)
	must(t, s.Close())
	whole, anchor := read(t, path), read(t, store.AnchorPath(path))

	// What is not named in found may be lost without loss of evidence: what it says is a hint.
	found := map[string]bool{"meta": true, "entries": true, "hashes": true, "kinds": true, "segments": true, "digests": true,
		"dicts": true, "lists": true, "roots": true, "series": true}
	type row struct{ k, v []byte }
	ops := map[string]func(b *bbolt.Bucket, r row) error{
		"remove": func(b *bbolt.Bucket, r row) error { return b.Delete(r.k) },
		"cut": func(b *bbolt.Bucket, r row) error {
			if len(r.v) == 0 {
				return b.Delete(r.k)
			}
			return b.Put(r.k, r.v[:len(r.v)-1])
		},
		"flip": func(b *bbolt.Bucket, r row) error {
			v := bytes.Clone(r.v)
			if len(v) == 0 {
				return b.Delete(r.k)
			}
			v[len(v)/2] ^= 0x43 // not a bit that the compression leaves unused
			return b.Put(r.k, v)
		},
		"add": func(b *bbolt.Bucket, r row) error {
			k := bytes.Clone(r.k)
			k[0]++
			return b.Put(k, r.v)
		},
	}
	n := 0
	for bucket := range found {
		for name, op := range ops {
			for place := range 3 {
				n++
				p := filepath.Join(dir, fmt.Sprintf("%d.db", n))
				write(t, p, whole)
				write(t, store.AnchorPath(p), anchor)
				db, err := bbolt.Open(p, 0o600, nil)
				must(t, err)
				must(t, db.Update(func(tx *bbolt.Tx) error {
					b := tx.Bucket([]byte(bucket))
					var rows []row
					must(t, b.ForEach(func(k, v []byte) error {
						rows = append(rows, row{bytes.Clone(k), bytes.Clone(v)})
						return nil
					}))
					return op(b, rows[place*(len(rows)-1)/2])
				}))
				must(t, db.Close())
				harmless := name == "add" && (bucket == "meta" || bucket == "dicts" || bucket == "segments" || bucket == "lists")
				if err := openAndCheck(t, p, store.Options{}); err == nil && !harmless {
					t.Errorf("%s: %s at place %d: nothing was found", bucket, name, place)
				}
			}
		}
	}
}

// TestChainsStaySmall changes one item of a list again and again: reading the newest must not follow all of them.
func TestChainsStaySmall(t *testing.T) {
	s := storetest.New(t)
	docs := map[string]string{}
	for i := range 200 {
		docs[fmt.Sprint("key-", i)] = "{}"
	}
	for day := range 120 {
		docs[fmt.Sprint("key-", day%7)] = fmt.Sprintf(`{"day":%d}`, day)
		commitLooks(t, s, day, look{"one", "ok", docs})
	}
	must(t, s.View(func(v *store.View) error {
		snapshots, err := v.Snapshots(v.Size(), "")
		must(t, err)
		n, err := v.ChainLength(snapshots[0].Subjects)
		if n > 30 {
			t.Errorf("the newest list is read from %d", n)
		}
		return err
	}))
}
