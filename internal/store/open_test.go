package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exhibit/internal/ledger"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

func key(t testing.TB, origin string) *ledger.Key {
	t.Helper()
	k, err := storetest.Key(origin)
	must(t, err)
	return k
}

// create makes a store that the test closes itself.
func create(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Create(path, store.CreateOptions{Key: key(t, "test.example/log"), At: storetest.Start()})
	must(t, err)
	return s
}

func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(path, store.Options{Key: key(t, "test.example/log")})
	must(t, err)
	return s
}

// small is an estate that takes a few milliseconds to commit.
func small() storetest.Estate {
	return storetest.Estate{Types: []string{"aws.s3.bucket", "aws.kms.key"}, Subjects: 40, Drift: 4}
}

func commit(t testing.TB, s *store.Store, e storetest.Estate, days ...int) {
	t.Helper()
	corpus := e.Corpus(t)
	for _, day := range days {
		_, err := e.Commit(t.Context(), s, day, corpus.Day(t, day))
		must(t, err)
	}
}

func TestCreate(t *testing.T) {
	path := filepath.Join(memoryDir(t), "evidence.db")
	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrNotExist) {
		t.Errorf("open: %v", err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Fatal("open created a store")
	}
	if _, err := store.Create(path, store.CreateOptions{At: storetest.Start()}); err == nil {
		t.Error("created without a key")
	}
	s := create(t, path)
	g := s.Genesis()
	if g.Origin != "test.example/log" || !g.CreatedAt.Equal(storetest.Start()) || g.Simulated {
		t.Errorf("genesis %+v", g)
	}
	storetest.Check(t, s)
	st, err := s.Stats()
	if err != nil || st.FileBytes > 200<<10 || st.Entries != 1 || st.Objects != 1 {
		t.Errorf("a new store: %+v, %v", st, err)
	}
	must(t, s.Close())
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := store.Create(path, store.CreateOptions{Key: key(t, "x"), At: storetest.Start()}); !errors.Is(err, store.ErrExist) {
		t.Errorf("created over a store: %v", err)
	}
	must(t, os.Remove(path))
	if _, err := store.Create(path, store.CreateOptions{Key: key(t, "x"), At: storetest.Start()}); !errors.Is(err, store.ErrExist) {
		t.Errorf("created beside an anchor: %v", err)
	}
	if _, err := store.Create(filepath.Join(path, "no", "folder"), store.CreateOptions{Key: key(t, "x")}); err == nil {
		t.Error("created in a folder that is not there")
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(memoryDir(t), "evidence.db")
	s := create(t, path)
	commit(t, s, small(), 0, 1)

	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if _, err := store.Open(path, store.Options{ReadOnly: true}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("opened for reading beside a writer: %v", err)
	}
	must(t, s.Close())

	if _, err := store.Open(path, store.Options{Key: key(t, "another.example/log")}); !errors.Is(err, store.ErrKey) {
		t.Errorf("another key: %v", err)
	}

	r1, err := store.Open(path, store.Options{ReadOnly: true, Key: key(t, "test.example/log")})
	must(t, err)
	r2, err := store.Open(path, store.Options{ReadOnly: true})
	must(t, err)
	storetest.Check(t, r2)
	if _, err := r1.Begin(); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("a batch on a store for reading: %v", err)
	}
	must(t, r1.Close())
	must(t, r2.Close())

	s, err = store.Open(path, store.Options{})
	must(t, err)
	if _, err := s.Begin(); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("a batch without a key: %v", err)
	}
	must(t, s.Close())

	s = open(t, path)
	commit(t, s, small(), 2)
	storetest.Check(t, s)
	must(t, s.View(func(v *store.View) error {
		if v.Size() != 4 {
			t.Errorf("%d entries", v.Size())
		}
		return nil
	}))
	must(t, s.Close())
}

// TestAnchor puts older and other stores beside an anchor.
func TestAnchor(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "evidence.db")
	s := create(t, path)
	commit(t, s, small(), 0)
	must(t, s.Close())
	older := read(t, path)
	s = open(t, path)
	commit(t, s, small(), 1)
	must(t, s.Close())
	newer, anchor := read(t, path), read(t, store.AnchorPath(path))

	reopen := func(db, anchor []byte) error {
		write(t, path, db)
		if anchor == nil {
			must(t, os.Remove(store.AnchorPath(path)))
		} else {
			write(t, store.AnchorPath(path), anchor)
		}
		s, err := store.Open(path, store.Options{Key: key(t, "test.example/log")})
		if err == nil {
			storetest.Check(t, s)
			must(t, s.Close())
		}
		return err
	}
	if err := reopen(older, anchor); !errors.Is(err, store.ErrBehindAnchor) {
		t.Errorf("an older store: %v", err)
	}
	if err := reopen(newer, anchor); err != nil {
		t.Errorf("the store: %v", err)
	}

	// The older copy goes on another way, as after a restore whose anchor was lost.
	write(t, path, older)
	must(t, os.Remove(store.AnchorPath(path)))
	s = open(t, path)
	commit(t, s, small(), 5)
	commit(t, s, small(), 6)
	must(t, s.Close())
	forked := read(t, path)
	if err := reopen(forked, anchor); !errors.Is(err, store.ErrFork) {
		t.Errorf("a fork: %v", err)
	}
	if err := reopen(newer, nil); err != nil {
		t.Errorf("without an anchor: %v", err)
	}
	if err := reopen(newer, []byte("nonsense")); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("an anchor that is none: %v", err)
	}
	other := filepath.Join(dir, "other.db")
	s, err := store.Create(other, store.CreateOptions{Key: key(t, "other.example/log"), At: storetest.Start()})
	must(t, err)
	must(t, s.Close())
	if err := reopen(newer, read(t, store.AnchorPath(other))); !errors.Is(err, store.ErrFork) {
		t.Errorf("another store's anchor: %v", err)
	}
}

// TestCuts cuts a store everywhere between its pages, and inside some: opening it must say so and never fault.
func TestCuts(t *testing.T) {
	path := filepath.Join(memoryDir(t), "evidence.db")
	s := create(t, path)
	commit(t, s, small(), 0, 1, 2)
	must(t, s.Close())
	whole := read(t, path)
	for n := 0; n < len(whole); n += 512 {
		write(t, path, whole[:n])
		s, err := store.Open(path, store.Options{ReadOnly: true})
		switch {
		case err == nil: // only the unused end is gone
			storetest.Check(t, s)
			must(t, s.Close())
			if n < len(whole)/3 {
				t.Errorf("cut at %d of %d: opened", n, len(whole))
			}
		case n == 0 && errors.Is(err, store.ErrForeign), n > 0 && errors.Is(err, store.ErrTruncated):
		default:
			t.Errorf("cut at %d of %d: %v", n, len(whole), err)
		}
	}
}

// TestFlips changes a byte here and there. Either opening or Check says so, or nothing that is in use was hit: then every
// object reads as before. Nothing panics.
func TestFlips(t *testing.T) {
	path := filepath.Join(memoryDir(t), "evidence.db")
	s := create(t, path)
	commit(t, s, small(), 0, 1)
	must(t, s.View(func(v *store.View) error { return nil }))
	must(t, s.Close())
	whole := read(t, path)
	found := 0
	step := 97
	if testing.Short() {
		step = 1009
	}
	for at := 0; at < len(whole); at += step {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x41
		write(t, path, bad)
		s, err := store.Open(path, store.Options{ReadOnly: true})
		if err != nil {
			found++
			continue
		}
		r, err := s.Check(t.Context(), nil)
		if err != nil || !r.OK() {
			found++
		} else if r.Objects != 2*40+2*4+2+1+4 && r.Entries != 3 {
			t.Errorf("byte %d: nothing was found, but there are %+v", at, r)
		}
		must(t, s.Close())
	}
	if found == 0 {
		t.Error("no change was found")
	}
	t.Logf("%d of %d changes hit something in use", found, len(whole)/step)
}

// TestDamagedRead rewrites what a store holds by its own means, as one could who has the file but not the key.
func TestDamagedRead(t *testing.T) {
	path := filepath.Join(memoryDir(t), "evidence.db")
	s := create(t, path)
	commit(t, s, small(), 0)
	must(t, s.Close())
	whole := read(t, path)
	anchor := read(t, store.AnchorPath(path))
	entry := []byte(`"kind":"run"`)
	if bytes.Count(whole, entry) == 0 {
		t.Fatal("no entry to change")
	}
	write(t, path, bytes.ReplaceAll(whole, entry, []byte(`"kind":"rum"`)))
	write(t, store.AnchorPath(path), anchor)
	s = open(t, path)
	r, err := s.Check(t.Context(), nil)
	must(t, err)
	if r.OK() || !strings.Contains(r.Problems[0].Where+r.Problems[0].Reason, "entry 1") &&
		!strings.Contains(r.Problems[0].Reason, "kind") {
		t.Errorf("a changed entry: %+v", r.Problems)
	}
	must(t, s.Close())
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	must(t, os.WriteFile(path, b, 0o600))
}
