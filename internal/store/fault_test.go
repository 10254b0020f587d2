package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

var errInjected = errors.New("injected")

// failing makes the n'th write fail, lost or persisted although an error came back. With n 0 it only counts.
type failing struct {
	n, writes int
	persisted bool
	name      string // of the write that failed
}

func (f *failing) hooks() store.Hooks {
	hit := func(write string, persisted bool) error {
		if f.writes == f.n && f.persisted == persisted {
			f.name = write
			return errInjected
		}
		return nil
	}
	return store.Hooks{
		Before: func(write string) error { f.writes++; return hit(write, false) },
		After:  func(write string) error { return hit(write, true) },
	}
}

// faultWork is what the faults hit.
type faultWork struct {
	estate storetest.Estate
	days   []map[string][]storetest.Doc
}

func newFaultWork(t testing.TB) faultWork {
	w := faultWork{estate: storetest.Estate{Types: []string{"aws.s3.bucket", "aws.kms.key"}, Subjects: 1100, Drift: 50}}
	corpus := w.estate.Corpus(t)
	for day := range 3 {
		docs := map[string][]storetest.Doc{}
		for name, d := range corpus.Day(t, day) {
			docs[name] = slices.Clone(d)
		}
		w.days = append(w.days, docs)
	}
	return w
}

// run commits a run that takes several transactions, a batch that is discarded, an assessment with states, and
// another run. It stops at the first error and returns how many entries were acknowledged.
func (w faultWork) run(ctx context.Context, s *store.Store) (acknowledged int64, err error) {
	if _, err = w.estate.Commit(ctx, s, 0, w.days[0]); err != nil {
		return acknowledged, err
	}
	acknowledged++
	b, err := s.Begin()
	if err != nil {
		return acknowledged, err
	}
	if _, err = w.estate.Stage(ctx, b, 9, w.days[1]); err == nil {
		err = errors.Join(b.PutStates(storetest.States(3000, 9)), b.Flush())
	}
	b.Discard()
	if err != nil {
		return acknowledged, err
	}
	if _, err = storetest.CommitAssessment(ctx, s, 2500, 0); err != nil {
		return acknowledged, err
	}
	acknowledged++
	if _, err = w.estate.Commit(ctx, s, 2, w.days[2]); err != nil {
		return acknowledged, err
	}
	return acknowledged + 1, nil
}

// TestFaults fails every write of a workload, each both ways. Whatever happens, the store opens again, is whole, has lost
// nothing that was acknowledged, and goes on.
func TestFaults(t *testing.T) {
	work, count := newFaultWork(t), &failing{}
	s, err := store.CreateHooked(filepath.Join(memoryDir(t), "evidence.db"),
		store.CreateOptions{Key: key(t, "test.example/log"), At: storetest.Start()}, count.hooks())
	must(t, err)
	made := count.writes
	_, err = work.run(t.Context(), s)
	must(t, err)
	storetest.Check(t, s)
	must(t, s.Close())
	kinds := map[string]bool{}
	step := 1
	if testing.Short() {
		step = 5
	}
	for n := 1; n <= count.writes; n += step {
		for _, persisted := range []bool{false, true} {
			f := &failing{n: n, persisted: persisted}
			name := fmt.Sprintf("write %d persisted %v", n, persisted)
			if n <= made {
				faultCreate(t, name, f)
			} else {
				f.n -= made
				faultRun(t, work, name, f)
			}
			kinds[f.name] = true
		}
	}
	for _, kind := range []string{"create", "stage", "index", "purge", "commit", "anchor"} {
		if !kinds[kind] && !testing.Short() {
			t.Errorf("no %s was failed, of %v", kind, kinds)
		}
	}
}

// faultCreate expects a store that could not be created to leave no file, or one that opens.
func faultCreate(t *testing.T, name string, f *failing) {
	path := filepath.Join(memoryDir(t), "evidence.db")
	o := store.CreateOptions{Key: key(t, "test.example/log"), At: storetest.Start()}
	if _, err := store.CreateHooked(path, o, f.hooks()); !errors.Is(err, errInjected) {
		t.Errorf("%s (%s): %v", name, f.name, err)
	}
	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrNotExist) {
		t.Errorf("%s (%s): left a store: %v", name, f.name, err)
	}
}

func faultRun(t *testing.T, work faultWork, name string, f *failing) {
	path := filepath.Join(memoryDir(t), "evidence.db")
	must(t, create(t, path).Close())
	s, err := store.OpenHooked(path, store.Options{Key: key(t, "test.example/log")}, f.hooks())
	must(t, err)
	acknowledged, err := work.run(t.Context(), s)
	name += " (" + f.name + ")"
	if !errors.Is(err, errInjected) {
		t.Errorf("%s: %v", name, err)
	}
	if f.name != "anchor" {
		if _, err := storetest.CommitAssessment(t.Context(), s, 1, 0); !errors.Is(err, store.ErrBroken) {
			t.Errorf("%s: went on after a failed write: %v", name, err)
		}
	}
	storetest.Check(t, s)
	must(t, s.Close())

	s = open(t, path)
	storetest.Check(t, s)
	must(t, s.View(func(v *store.View) error {
		want := 1 + acknowledged
		if f.name == "commit" && f.persisted || f.name == "anchor" {
			want++ // committed, though it was said to have failed
		}
		if v.Size() != want {
			t.Errorf("%s: %d entries, want %d", name, v.Size(), want)
		}
		n := 0
		for _, err := range v.States(store.StateFilter{}) {
			must(t, err)
			n++
		}
		if n != 0 && n != 2500 {
			t.Errorf("%s: %d states", name, n)
		}
		return nil
	}))
	if _, err := work.run(t.Context(), s); err != nil {
		t.Errorf("%s: cannot go on: %v", name, err)
	}
	storetest.Check(t, s)
	must(t, s.Close())
}

// TestStagedIsInvisible stages all kinds of things and discards them: no view may show any, now or after later commits.
func TestStagedIsInvisible(t *testing.T) {
	s := storetest.New(t)
	_, err := storetest.CommitAssessment(t.Context(), s, 100, 0)
	must(t, err)
	before := dump(t, s)
	for range 2 {
		b, err := s.Begin()
		must(t, err)
		if _, err := s.Begin(); !errors.Is(err, store.ErrBusy) {
			t.Errorf("two batches at once: %v", err)
		}
		must(t, b.PutStates(storetest.States(5000, 3)))
		must(t, b.Flush())
		must(t, b.PutNote("mail", []byte("7")))
		_, err = storetest.Estate{Types: []string{"aws.s3.bucket"}, Subjects: 2500}.Stage(t.Context(), b, 0, nil)
		must(t, err)
		b.Discard()
		b.Discard()
		if _, err := b.Object("x", []byte("{}")); !errors.Is(err, store.ErrBatchOver) {
			t.Errorf("object after discard: %v", err)
		}
		if _, err := b.Commit(evidence.KindCatalog, []byte("{}"), storetest.Start()); !errors.Is(err, store.ErrBatchOver) {
			t.Errorf("commit after discard: %v", err)
		}
		if _, err := b.List("x", "x").Close(); err == nil {
			t.Error("list after discard")
		}
		if got := dump(t, s); got != before {
			t.Errorf("staged things show:\n%s\nbefore:\n%s", got, before)
		}
	}
	b, err := s.Begin()
	must(t, err)
	must(t, b.PutNote("mail", []byte("8")))
	_, err = b.Commit(evidence.KindCatalog, []byte("{}"), storetest.Start())
	must(t, err)
	must(t, s.View(func(v *store.View) error {
		if got := string(v.Note("mail")); got != "8" {
			t.Errorf("note %q", got)
		}
		return nil
	}))
}

// dump is what a view shows.
func dump(t testing.TB, s *store.Store) string {
	t.Helper()
	var out string
	must(t, s.View(func(v *store.View) error {
		signed, err := v.Checkpoint()
		out += string(signed) + string(v.Note("mail"))
		snapshots, e := v.Snapshots(v.Size(), "")
		var assessments []store.Assessment
		var e2 error
		for a, err := range v.Assessments() {
			assessments, e2 = append(assessments, a), err
		}
		out += fmt.Sprint(snapshots, assessments)
		for s, err := range v.States(store.StateFilter{}) {
			must(t, err)
			out += fmt.Sprintln(s)
		}
		return errors.Join(err, e, e2)
	}))
	return out
}

// memoryDir is a folder in memory where there is one: a thousand syncs take a minute on a disk.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "store-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return dir
}
