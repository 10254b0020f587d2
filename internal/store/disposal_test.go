package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

const oneBuckets = "one|aws.s3.bucket|aws:1"

// dispose commits an entry that disposes of the documents of a series before an entry.
func dispose(t testing.TB, s *store.Store, series string, through int64) int64 {
	t.Helper()
	b, err := s.Begin()
	must(t, err)
	defer b.Discard()
	body, err := evidence.Encode(evidence.Disposal{Who: "test", Series: []evidence.DisposedSeries{{Series: series, Through: through}}})
	must(t, err)
	entry, err := b.Commit(evidence.KindDisposal, body, storetest.Start().AddDate(1, 0, 0))
	must(t, err)
	return entry
}

func text(version int) string {
	return fmt.Sprintf(`{"text":%q,"v":%d}`, strings.Repeat("the same in all versions ", 20), version)
}

// documents returns what can be read of the documents of each look at a series: their text, or "gone by entry n".
func documents(t testing.TB, s *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, s.View(func(v *store.View) error {
		for i := range v.EntriesOf(evidence.KindRun) {
			newest, ok, err := v.Newest(i+1, "one", "aws.s3.bucket", "aws:1")
			if err != nil || !ok {
				return err
			}
			err = v.List(newest.Subjects, func(key string, d evidence.Digest) error {
				object, err := v.Object(d)
				name := fmt.Sprint(newest.Entry, key)
				switch {
				case errors.Is(err, store.ErrDisposed):
					out[name] = "gone" + err.Error()[strings.LastIndex(err.Error(), " "):]
				case err != nil:
					return err
				default:
					out[name] = string(object)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return out
}

func erase(t testing.TB, s *store.Store) store.Erased {
	t.Helper()
	e, err := s.Erase(t.Context(), nil)
	must(t, err)
	return e
}

// TestErase disposes of old versions, which later ones are written against, and reads what is left, also from a compacted
// copy; a document that is seen again is there again, in the old list, too.
func TestErase(t *testing.T) {
	from := filepath.Join(t.TempDir(), "evidence.db")
	s := create(t, from)
	defer s.Close()
	ok := evidence.OutcomeOK
	commitLooks(t, s, 1, look{"one", ok, map[string]string{"a": text(1), "b": text(9)}})
	commitLooks(t, s, 2, look{"one", ok, map[string]string{"a": text(2), "b": text(9)}})
	commitLooks(t, s, 3, look{"one", ok, map[string]string{"a": text(3), "b": text(9)}})
	if e := erase(t, s); e != (store.Erased{}) {
		t.Errorf("erased %+v, though nothing is disposed of", e)
	}
	by := dispose(t, s, oneBuckets, 3)
	if e := erase(t, s); e.Objects != 2 || e.Bytes == 0 {
		t.Errorf("erased %+v, want two versions of a", e)
	}
	if e := erase(t, s); e != (store.Erased{}) {
		t.Errorf("erased %+v a second time", e)
	}
	gone := fmt.Sprint("gone ", by)
	want := map[string]string{"1a": gone, "1b": text(9), "2a": gone, "2b": text(9), "3a": text(3), "3b": text(9)}
	if got := documents(t, s); !maps.Equal(got, want) {
		t.Errorf("there are\n%v, want\n%v", got, want)
	}
	if r := storetest.Check(t, s); r.Disposed != 2 {
		t.Errorf("check counts %d disposed objects, want 2", r.Disposed)
	}
	commitLooks(t, s, 5, look{"one", ok, map[string]string{"a": text(1), "b": text(9)}}) // the first list again
	commitLooks(t, s, 6, look{"one", ok, map[string]string{"a": text(2), "b": text(9)}})
	want["1a"], want["2a"] = text(1), text(2)
	want["5a"], want["5b"], want["6a"], want["6b"] = text(1), text(9), text(2), text(9)
	if got := documents(t, s); !maps.Equal(got, want) {
		t.Errorf("after they were seen again there are\n%v, want\n%v", got, want)
	}
	storetest.Check(t, s)
	second := dispose(t, s, oneBuckets, 6)
	if e := erase(t, s); e.Objects != 2 {
		t.Errorf("erased %+v, want versions 3 and 1 of a", e)
	}
	gone2 := fmt.Sprint("gone ", second)
	want["1a"], want["3a"], want["5a"] = gone2, gone2, gone2
	if got := documents(t, s); !maps.Equal(got, want) {
		t.Errorf("in the end there are\n%v, want\n%v", got, want)
	}
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
}

// TestEraseBehindView reads an old view while its documents go: it sees all or nothing of a document, never another.
func TestEraseBehindView(t *testing.T) {
	s := storetest.New(t)
	commitLooks(t, s, 1, look{"one", evidence.OutcomeOK, map[string]string{"a": text(1)}})
	commitLooks(t, s, 2, look{"one", evidence.OutcomeOK, map[string]string{"a": text(2)}})
	dispose(t, s, oneBuckets, 2)
	must(t, s.View(func(v *store.View) error {
		erase(t, s)
		for version := range 2 { // fills what is kept in memory with what was
			if got, err := v.Object(evidence.Sum([]byte(text(version + 1)))); err != nil || string(got) != text(version+1) {
				t.Errorf("version %d of the old view: %s %v", version+1, got, err)
			}
		}
		return nil
	}))
	must(t, s.View(func(v *store.View) error {
		if _, err := v.Object(evidence.Sum([]byte(text(1)))); !errors.Is(err, store.ErrDisposed) {
			t.Errorf("version 1 of a new view: %v", err)
		}
		_, err := v.Object(evidence.Sum([]byte(text(2))))
		return err
	}))
}

// TestKeepDisposed keeps a document that is gone: it is not taken for being there.
func TestKeepDisposed(t *testing.T) {
	s := storetest.New(t)
	commitLooks(t, s, 1, look{"one", evidence.OutcomeOK, map[string]string{"a": text(1)}})
	commitLooks(t, s, 2, look{"one", evidence.OutcomeOK, map[string]string{"a": text(2)}})
	dispose(t, s, oneBuckets, 2)
	erase(t, s)
	b, err := s.Begin()
	must(t, err)
	defer b.Discard()
	w := b.List(oneBuckets, "aws.s3.bucket")
	must(t, w.Keep("a", evidence.Sum([]byte(text(1)))))
	if _, err := w.Close(); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("keeping what is gone: %v", err)
	}
	if _, err := s.Erase(t.Context(), nil); !errors.Is(err, store.ErrBusy) {
		t.Errorf("erasing beside a batch: %v", err)
	}
}

// TestGoneWithoutDisposal takes away a document that nothing disposed of: the store is not whole.
func TestGoneWithoutDisposal(t *testing.T) {
	for name, erase := range map[string]func(s *store.Store) error{
		"under another's disposal": func(s *store.Store) error {
			dispose(t, s, "another", 1)
			return store.EraseKept(s, evidence.Sum([]byte(text(1))))
		},
		"without any": func(s *store.Store) error { return store.EraseKept(s, evidence.Sum([]byte(text(1)))) },
	} {
		s := create(t, filepath.Join(memoryDir(t), "evidence.db"))
		commitLooks(t, s, 1, look{"one", evidence.OutcomeOK, map[string]string{"a": text(1), "b": text(9)}})
		must(t, erase(s))
		r, err := s.Check(t.Context(), nil)
		must(t, err)
		if !slices.ContainsFunc(r.Problems, func(p store.Problem) bool { return strings.Contains(p.Reason, "no disposal entry says so") }) {
			t.Errorf("%s: check finds %v", name, r.Problems)
		}
		must(t, s.Close())
	}
}

// TestEraseFaults fails every write of Erase, each both ways: whatever is kept can be read, and the next Erase ends it.
func TestEraseFaults(t *testing.T) {
	fill := func(s *store.Store) {
		for day := range 5 {
			docs := map[string]string{}
			for n := range 60 {
				docs[fmt.Sprint("b", n)] = text(n*100 + day)
			}
			commitLooks(t, s, day+1, look{"one", evidence.OutcomeOK, docs})
		}
		dispose(t, s, oneBuckets, 4)
	}
	for n := 1; ; n++ {
		writes := 0
		for _, persisted := range []bool{false, true} {
			path := filepath.Join(memoryDir(t), "evidence.db")
			s := create(t, path)
			fill(s)
			must(t, s.Close())
			f := &failing{n: n, persisted: persisted}
			s, err := store.OpenHooked(path, store.Options{Key: key(t, "test.example/log")}, f.hooks())
			must(t, err)
			_, err = s.Erase(context.Background(), nil)
			if writes = f.writes; writes >= n && !errors.Is(err, errInjected) {
				t.Errorf("write %d persisted %v: %v", n, persisted, err)
			}
			must(t, s.Close())
			s = open(t, path)
			storetest.Check(t, s)
			erase(t, s)
			if r := storetest.Check(t, s); r.Disposed != 180 {
				t.Errorf("write %d persisted %v: %d are gone in the end, want 180", n, persisted, r.Disposed)
			}
			must(t, s.Close())
		}
		if writes < n {
			if n < 4 {
				t.Errorf("only %d writes were failed", n-1)
			}
			return
		}
	}
}

// BenchmarkCollectAfterDisposal commits a day of 20,000 subjects to a store in which something was disposed of, and to one in
// which nothing was.
func BenchmarkCollectAfterDisposal(b *testing.B) {
	for _, disposed := range []bool{false, true} {
		b.Run(fmt.Sprint("disposed=", disposed), func(b *testing.B) {
			e := storetest.Estate{Types: []string{"one"}, Subjects: 20_000, Drift: 200}
			s := storetest.New(b)
			corpus := e.Corpus(b)
			day := 0
			commit := func() {
				_, err := e.Commit(b.Context(), s, day, corpus.Day(b, day))
				must(b, err)
				day++
			}
			commit()
			if disposed {
				dispose(b, s, "another", 1)
				erase(b, s)
			}
			for b.Loop() {
				commit()
			}
		})
	}
}
