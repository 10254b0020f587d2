package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// TestCommitRefuses gives bodies that do not hold together.
func TestCommitRefuses(t *testing.T) {
	s := storetest.New(t)
	nothing := evidence.ListRef{Root: evidence.Sum([]byte("nothing")), Count: 1}
	encode := func(v any) []byte {
		b, err := evidence.Encode(v)
		must(t, err)
		return b
	}
	tests := []struct {
		name string
		kind evidence.Kind
		body []byte
	}{
		{"run that is no JSON", evidence.KindRun, []byte("x")},
		{"run of unknown snapshots", evidence.KindRun, encode(evidence.Run{Snapshots: nothing})},
		{"assessment of unknown observations", evidence.KindAssessment, encode(evidence.Assessment{Observations: nothing})},
		{"assessment of unknown findings", evidence.KindAssessment, encode(evidence.Assessment{Findings: nothing})},
		{"assessment of an unknown catalog", evidence.KindAssessment, encode(evidence.Assessment{Catalog: nothing.Root})},
		{"assessment of the future", evidence.KindAssessment, encode(evidence.Assessment{View: 2})},
	}
	for _, tt := range tests {
		b, err := s.Begin()
		must(t, err)
		if i, err := b.Commit(tt.kind, tt.body, storetest.Start()); err == nil || i != -1 {
			t.Errorf("%s: committed as entry %d", tt.name, i)
		}
	}
	b, err := s.Begin()
	must(t, err)
	w := b.List("series", "x")
	_, err = w.Add(t.Context(), "k", []byte("1"))
	must(t, err)
	_, err = w.Add(t.Context(), "k", []byte("2"))
	must(t, err)
	if _, err := w.Close(); err == nil {
		t.Error("a key twice: closed")
	}
	if _, err := w.Close(); err == nil {
		t.Error("closed twice")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.List("series", "x").Add(ctx, "k", []byte("1")); !errors.Is(err, context.Canceled) {
		t.Errorf("add after the end: %v", err)
	}
	if _, err := b.List("", "x").Close(); err == nil {
		t.Error("a list without a series: closed")
	}
	b.Discard()
	must(t, s.View(func(v *store.View) error {
		if v.Size() != 1 {
			t.Errorf("%d entries", v.Size())
		}
		unknown := func(what string, err error) {
			if !errors.Is(err, store.ErrUnknown) {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err := v.Object(evidence.Digest{})
		unknown("object", err)
		_, _, err = v.Entry(1)
		unknown("entry", err)
		_, err = v.Inclusion(0, 2)
		unknown("inclusion", err)
		_, err = v.Consistency(1, 2)
		unknown("consistency", err)
		_, err = v.Root(2)
		unknown("root", err)
		unknown("list", v.List(nothing, nil))
		_, err = v.LeafHashes(evidence.ListRef{Root: evidence.Digest(ledger.EmptyRoot()), Count: 3})
		unknown("list of another length", err)
		return nil
	}))
}

// TestReaders reads while a batch writes: every view is whole and stays as it was.
func TestReaders(t *testing.T) {
	s := storetest.New(t)
	estate := storetest.Estate{Types: []string{"aws.s3.bucket"}, Subjects: 400, Drift: 100}
	corpus := estate.Corpus(t)
	_, err := estate.Commit(t.Context(), s, 0, corpus.Day(t, 0))
	must(t, err)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				err := s.View(func(v *store.View) error {
					snapshots, err := v.Snapshots(v.Size(), "")
					if err != nil {
						return err
					}
					n := 0
					return errors.Join(v.Objects(snapshots[0].Subjects, func(string, evidence.Digest, []byte) error { n++; return nil }),
						func() error {
							if n != 400 {
								return fmt.Errorf("%d subjects", n)
							}
							return nil
						}())
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for day := 1; day < 15; day++ {
		_, err := estate.Commit(t.Context(), s, day, corpus.Day(t, day))
		must(t, err)
	}
	storetest.Check(t, s)
	close(done)
	wg.Wait()
}

// TestConcurrentAdd adds to several lists from several goroutines, the same objects among them.
func TestConcurrentAdd(t *testing.T) {
	s := storetest.New(t)
	docs := storetest.Estate{Types: []string{"aws.s3.bucket"}, Subjects: 1500}.Corpus(t).Day(t, 0)["aws.s3.bucket"]
	for round := range 2 {
		b, err := s.Begin()
		must(t, err)
		var refs [4]evidence.ListRef
		var lists sync.WaitGroup
		for l := range refs {
			lists.Go(func() {
				w := b.List(fmt.Sprintf("series %d", l), fmt.Sprintf("type %d", l%3))
				var adds sync.WaitGroup
				for part := range 3 {
					adds.Go(func() {
						for i := part; i < len(docs); i += 3 {
							if _, err := w.Add(t.Context(), docs[i].ID, docs[i].Object); err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
				adds.Wait()
				var err error
				if refs[l], err = w.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		lists.Wait()
		_, err = b.Commit(evidence.KindCatalog, fmt.Appendf(nil, `{"round":%d}`, round), storetest.Start())
		must(t, err)
		for _, ref := range refs {
			if ref != refs[0] || ref.Count != len(docs) {
				t.Errorf("lists %v", refs)
			}
		}
	}
	st, err := s.Stats()
	must(t, err)
	if st.Objects > int64(len(docs))+3 {
		t.Errorf("%d objects of %d subjects", st.Objects, len(docs))
	}
}

func TestCompactAndBackup(t *testing.T) {
	dir := memoryDir(t)
	path, small, copied := filepath.Join(dir, "evidence.db"), filepath.Join(dir, "small.db"), filepath.Join(dir, "copy.db")
	s := create(t, path)
	commit(t, s, storetest.Estate{Types: []string{"aws.s3.bucket"}, Subjects: 500, Drift: 20}, 0, 1, 2)
	_, err := storetest.CommitAssessment(t.Context(), s, 300, 0)
	must(t, err)
	for i := range 3 { // what compacting leaves behind
		b, err := s.Begin()
		must(t, err)
		e := storetest.Estate{Types: []string{fmt.Sprintf("aws.lost.type%d", i)}, Subjects: 1100}
		_, err = e.Stage(t.Context(), b, 0, e.Corpus(t).Day(t, 0))
		must(t, err)
		must(t, b.PutStates(storetest.States(2100, 5)))
		must(t, b.Flush())
		b.Discard()
	}
	before, shown := storetest.Check(t, s), dump(t, s)
	var backup bytes.Buffer
	n, err := s.Backup(&backup)
	must(t, err)
	if n != int64(backup.Len()) {
		t.Errorf("wrote %d bytes, said %d", backup.Len(), n)
	}
	if _, err := s.Backup(errWriter{}); err == nil {
		t.Error("a backup to nowhere went well")
	}
	must(t, s.Close())

	st, err := store.Compact(t.Context(), path, small)
	must(t, err)
	if _, err := store.Compact(t.Context(), path, small); !errors.Is(err, store.ErrExist) {
		t.Errorf("compacted over a store: %v", err)
	}
	write(t, copied, backup.Bytes())
	for _, p := range []string{small, copied} {
		s := open(t, p)
		after := storetest.Check(t, s)
		if got := dump(t, s); got != shown {
			t.Errorf("%s shows something else", p)
		}
		if p == small && after.Objects >= before.Objects-3000 {
			t.Errorf("%d objects were compacted to %d", before.Objects, after.Objects)
		}
		commit(t, s, storetest.Estate{Types: []string{"aws.s3.bucket"}, Subjects: 500, Drift: 20}, 3)
		_, err := storetest.CommitAssessment(t.Context(), s, 300, 1)
		must(t, err)
		storetest.Check(t, s)
		must(t, s.Close())
	}
	was, err := os.Stat(path)
	must(t, err)
	if st.FileBytes >= was.Size()/2 {
		t.Errorf("%d bytes were compacted to %d", was.Size(), st.FileBytes)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Compact(ctx, path, filepath.Join(dir, "never.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("compacted after the end: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "never.db")); err == nil {
		t.Error("a store that was not finished was left")
	}
}

type errWriter struct{}

func (errWriter) Write([]byte) (int, error) { return 0, errors.New("nowhere") }
