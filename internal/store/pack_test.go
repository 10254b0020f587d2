package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// fillDays commits small looks, one a day, of which each is a segment or more of its own.
func fillDays(t testing.TB, s *store.Store, from, to int) {
	t.Helper()
	for day := from; day <= to; day++ {
		commitLooks(t, s, day, look{"one", evidence.OutcomeOK, map[string]string{"a": text(day), "b": text(9)}})
	}
}

func pack(t testing.TB, s *store.Store) store.Packed {
	t.Helper()
	p, err := s.Pack(t.Context(), nil)
	must(t, err)
	return p
}

func used(t testing.TB, s *store.Store) int64 {
	t.Helper()
	st, err := s.Stats()
	must(t, err)
	return st.Parts["segments"]
}

// TestPack joins what many small runs left behind: it takes less room, everything is there as before, to views from before
// too, it can be erased and compacted, and what comes later is joined later.
func TestPack(t *testing.T) {
	from := filepath.Join(t.TempDir(), "evidence.db")
	s := create(t, from)
	defer s.Close()
	fillDays(t, s, 1, 60)
	want, before := documents(t, s), used(t, s)
	must(t, s.View(func(v *store.View) error {
		p := pack(t, s)
		if p.Segments < 60 || p.Into == 0 || p.Into > p.Segments/8 || p.Bytes <= 0 {
			t.Errorf("packed %+v", p)
		}
		for day := 1; day <= 60; day++ { // with nothing in memory of how it was
			if got, err := v.Object(evidence.Sum([]byte(text(day)))); err != nil || string(got) != text(day) {
				t.Errorf("day %d of a view from before: %s %v", day, got, err)
			}
		}
		return nil
	}))
	if after := used(t, s); after > before/2 {
		t.Errorf("the segments take %d bytes, of %d before", after, before)
	}
	if got := documents(t, s); !maps.Equal(got, want) {
		t.Errorf("there are\n%v, want\n%v", got, want)
	}
	storetest.Check(t, s)
	if p := pack(t, s); p != (store.Packed{}) {
		t.Errorf("packed %+v a second time", p)
	}
	fillDays(t, s, 61, 65)
	if p := pack(t, s); p.Into != 1 {
		t.Errorf("packed %+v of five days more", p)
	}
	by := dispose(t, s, oneBuckets, 50)
	if e := erase(t, s); e.Objects < 20 {
		t.Errorf("erased %+v", e)
	}
	want = documents(t, s)
	if want["1a"] != fmt.Sprint("gone ", by) || want["65a"] != text(65) {
		t.Errorf("after it was erased there are %v", want)
	}
	pack(t, s)
	storetest.Check(t, s)
	must(t, s.Close())
	path := filepath.Join(t.TempDir(), "copy.db")
	_, err := store.Compact(t.Context(), from, path)
	must(t, err)
	small, err := store.Open(path, store.Options{ReadOnly: true})
	must(t, err)
	defer small.Close()
	storetest.Check(t, small)
	if got := documents(t, small); !maps.Equal(got, want) {
		t.Errorf("the compacted copy has\n%v, want\n%v", got, want)
	}
	if _, err := small.Pack(t.Context(), nil); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("packing what may only be read: %v", err)
	}
}

// TestPackBesideABatch refuses: what is being staged would be joined under its feet.
func TestPackBesideABatch(t *testing.T) {
	s := storetest.New(t)
	b, err := s.Begin()
	must(t, err)
	defer b.Discard()
	if _, err := s.Pack(t.Context(), nil); !errors.Is(err, store.ErrBusy) {
		t.Errorf("packing beside a batch: %v", err)
	}
}

// TestPackFaults fails every write of Pack, each both ways: everything can be read, and the next Pack ends it.
func TestPackFaults(t *testing.T) {
	var want map[string]string
	for n := 1; ; n++ {
		writes := 0
		for _, persisted := range []bool{false, true} {
			path := filepath.Join(memoryDir(t), "evidence.db")
			s := create(t, path)
			fillDays(t, s, 1, 60)
			want = documents(t, s)
			must(t, s.Close())
			f := &failing{n: n, persisted: persisted}
			s, err := store.OpenHooked(path, store.Options{Key: key(t, "test.example/log")}, f.hooks())
			must(t, err)
			_, err = s.Pack(context.Background(), nil)
			if writes = f.writes; writes >= n && !errors.Is(err, errInjected) {
				t.Errorf("write %d persisted %v: %v", n, persisted, err)
			}
			must(t, s.Close())
			s = open(t, path)
			storetest.Check(t, s)
			pack(t, s)
			if got := documents(t, s); !maps.Equal(got, want) {
				t.Errorf("write %d persisted %v: there are\n%v, want\n%v", n, persisted, got, want)
			}
			storetest.Check(t, s)
			if p := pack(t, s); p != (store.Packed{}) {
				t.Errorf("write %d persisted %v: packed %+v in the end", n, persisted, p)
			}
			must(t, s.Close())
		}
		if writes < n {
			if n < 2 {
				t.Error("no write was failed")
			}
			return
		}
	}
}
