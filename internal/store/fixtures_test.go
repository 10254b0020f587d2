package store_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

var update = flag.Bool("update", false, "write testdata/stores anew; ok-* of released formats must stay as they are")

const fixtures = "../../testdata/stores"

// TestFixtures opens every kept store, old and broken. The first word of the file's name says what must come of it.
func TestFixtures(t *testing.T) {
	if *update {
		writeFixtures(t)
	}
	verdicts := map[string]error{"ok": nil, "foreign": store.ErrForeign, "truncated": store.ErrTruncated,
		"later": store.ErrVersion, "damaged": store.ErrDamaged, "behind": store.ErrBehindAnchor, "fork": store.ErrFork}
	seen := map[string]bool{}
	paths, err := filepath.Glob(filepath.Join(fixtures, "*.db"))
	must(t, err)
	for _, path := range paths {
		name := filepath.Base(path)
		word, _, _ := strings.Cut(strings.TrimSuffix(name, ".db"), "-")
		want, known := verdicts[word]
		if !known {
			t.Errorf("%s: no verdict is called %q", name, word)
			continue
		}
		seen[word] = true
		t.Run(name, func(t *testing.T) {
			before := read(t, path)
			for _, o := range []store.Options{{ReadOnly: true}, {}, {Key: key(t, "fixture.example/log")}} {
				// A copy, because opening for writing changes the file's head.
				p := filepath.Join(memoryDir(t), name)
				write(t, p, before)
				if b, err := os.ReadFile(store.AnchorPath(path)); err == nil {
					write(t, store.AnchorPath(p), b)
				}
				err := openAndCheck(t, p, o)
				if want == nil && err != nil || want != nil && !errors.Is(err, want) {
					t.Errorf("%v, want %v", err, want)
				}
				if want != nil && !bytes.Equal(read(t, p), before) && o.ReadOnly {
					t.Error("the file was changed")
				}
			}
		})
	}
	for word := range verdicts {
		if !seen[word] {
			t.Errorf("no store is kept for %q", word)
		}
	}
}

// openAndCheck returns the error of opening a store, or ErrDamaged when its check finds something.
func openAndCheck(t *testing.T, path string, o store.Options) error {
	s, err := store.Open(path, o)
	if err != nil {
		return err
	}
	r, err := s.Check(t.Context(), nil)
	if err == nil && !r.OK() {
		err = store.ErrDamaged
	}
	if o.Key != nil && err == nil {
		commit(t, s, storetest.Estate{Types: []string{"aws.s3.bucket"}, Subjects: 12, Drift: 3}, 5)
		storetest.Check(t, s)
	}
	return errors.Join(err, s.Close())
}

func writeFixtures(t *testing.T) {
	must(t, os.MkdirAll(fixtures, 0o755))
	estate := storetest.Estate{Types: []string{"aws.s3.bucket"}, Subjects: 12, Drift: 3}
	dir := t.TempDir()
	path := filepath.Join(dir, "evidence.db")
	keep := func(name string, db, anchor []byte) {
		must(t, os.WriteFile(filepath.Join(fixtures, name), db, 0o644))
		if anchor != nil {
			must(t, os.WriteFile(filepath.Join(fixtures, name+".anchor"), anchor, 0o644))
		}
	}
	backup := func(s *store.Store) []byte {
		var b bytes.Buffer
		_, err := s.Backup(&b)
		must(t, err)
		return b.Bytes()
	}
	s, err := store.Create(path, store.CreateOptions{Key: key(t, "fixture.example/log"), At: storetest.Start()})
	must(t, err)
	commit(t, s, estate, 0)
	older := backup(s)
	commit(t, s, estate, 1)
	_, err = storetest.CommitAssessment(t.Context(), s, 12, 1)
	must(t, err)
	whole := backup(s)
	must(t, s.Close())
	anchor := read(t, store.AnchorPath(path))
	keep("ok-format-1.db", whole, anchor)
	keep("behind-anchor.db", older, anchor)
	keep("truncated-half.db", whole[:len(whole)/2/4096*4096], nil)
	keep("truncated-head.db", whole[:5000], nil)
	keep("foreign-text.db", []byte("kind,count\nbuckets,7\n"), nil)
	keep("foreign-empty.db", nil, nil)

	keep("damaged-entry.db", bytes.ReplaceAll(whole, []byte(`"kind":"run"`), []byte(`"kind":"fun"`)), nil)

	fork := filepath.Join(dir, "fork.db")
	write(t, fork, older)
	s, err = store.Open(fork, store.Options{Key: key(t, "fixture.example/log")})
	must(t, err)
	for day := 7; day < 10; day++ {
		commit(t, s, estate, day)
	}
	keep("fork-of-anchor.db", backup(s), anchor)
	must(t, s.Close())

	keep("foreign-bolt.db", boltFile(t, filepath.Join(dir, "bolt.db"), "someone", "else"), nil)
	keep("later-format-2.db", boltFile(t, filepath.Join(dir, "later.db"), "meta", "exhibit store 2"), nil)
}

// boltFile returns a bbolt file with a single row "format" in one bucket.
func boltFile(t *testing.T, path, bucket, format string) []byte {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: 4096})
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte(bucket))
		must(t, err)
		return b.Put([]byte("format"), []byte(format))
	}))
	must(t, db.Close())
	return read(t, path)
}
