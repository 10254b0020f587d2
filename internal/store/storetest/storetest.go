package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
	"exhibit/internal/store"
)

// Start is when a test's store begins.
func Start() time.Time { return time.Date(2026, 1, 1, 6, 0, 0, 0, time.UTC) }

// Key returns a key that is the same for the same origin. It protects nothing.
func Key(origin string) (*ledger.Key, error) {
	return ledger.GenerateKey(&stream{seed: origin}, origin)
}

// stream is a reader of the hashes of a counter.
type stream struct {
	seed string
	n    int
	rest []byte
}

func (s *stream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		h := sha256.Sum256(fmt.Appendf(nil, "%s/%d", s.seed, s.n))
		s.rest = h[:]
		s.n++
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

var _ io.Reader = (*stream)(nil)

// New creates a store in the test's folder that is checked and closed when the test ends.
func New(t testing.TB) *store.Store {
	t.Helper()
	key, err := Key("test.example/log")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "evidence.db")
	s, err := store.Create(path, store.CreateOptions{Key: key, At: Start()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		Check(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Check fails the test when the store is not whole.
func Check(t testing.TB, s *store.Store) store.Report {
	t.Helper()
	r, err := s.Check(context.Background(), nil)
	if err != nil {
		t.Error(err)
	}
	for _, p := range r.Problems {
		t.Errorf("store check: %s: %s", p.Where, p.Reason)
	}
	return r
}

// Estate is a simulated account: Subjects of each of Types, of which Drift a day change.
type Estate struct {
	Types    []string
	Subjects int
	Drift    int
}

// Version returns the version of the n'th subject of a type on a day; day 0 is the first.
func (e Estate) Version(n, day int) int {
	if e.Drift == 0 || e.Subjects == 0 {
		return 0
	}
	// Each day the next Drift subjects, in an order that leaps through the keys.
	place := n * 7919 % e.Subjects
	first := place / e.Drift // the first day, less one, on which it changes
	if day <= first {
		return 0
	}
	return 1 + (day-1-first)/((e.Subjects+e.Drift-1)/e.Drift)
}

// Doc is one subject of a day.
type Doc struct {
	ID     string
	Object []byte
}

// Corpus holds the documents of an estate by type, so that making them is not measured with storing them.
type Corpus struct {
	estate Estate
	docs   map[string][]Doc
	day    int
}

// Corpus makes the documents of day 0.
func (e Estate) Corpus(t testing.TB) *Corpus {
	t.Helper()
	c := &Corpus{estate: e, docs: map[string][]Doc{}}
	for _, subjectType := range e.Types {
		for n := range e.Subjects {
			c.docs[subjectType] = append(c.docs[subjectType], e.doc(t, subjectType, n, 0))
		}
	}
	return c
}

// Day returns the documents of a day by type, in order of their number. Days must not fall.
func (c *Corpus) Day(t testing.TB, day int) map[string][]Doc {
	t.Helper()
	for ; c.day < day; c.day++ {
		for _, subjectType := range c.estate.Types {
			for n := range c.estate.Subjects {
				if c.estate.Version(n, c.day) != c.estate.Version(n, c.day+1) {
					c.docs[subjectType][n] = c.estate.doc(t, subjectType, n, c.day+1)
				}
			}
		}
	}
	return c.docs
}

func (e Estate) doc(t testing.TB, subjectType string, n, day int) Doc {
	t.Helper()
	id, object, err := Subject(subjectType, n, e.Version(n, day))
	if err != nil {
		t.Fatal(err)
	}
	return Doc{id, object}
}

// Stage stages a day's documents and returns the body of its run.
func (e Estate) Stage(ctx context.Context, b *store.Batch, day int, docs map[string][]Doc) ([]byte, error) {
	at := Start().AddDate(0, 0, day)
	window := evidence.Window{From: at, To: at.Add(time.Minute)}
	scope := evidence.Scope{Provider: "aws", Account: "111122223333", Region: "eu-central-1"}
	snapshots := b.List("snapshots", "snapshot")
	for _, subjectType := range e.Types {
		s := evidence.Snapshot{Collector: subjectType, Source: "test", Scope: scope, Window: window, Outcome: evidence.OutcomeOK}
		list := b.List(s.Series(), subjectType)
		for _, d := range docs[subjectType] {
			if _, err := list.Add(ctx, d.ID, d.Object); err != nil {
				return nil, err
			}
		}
		var err error
		if s.Subjects, err = list.Close(); err != nil {
			return nil, err
		}
		object, err := evidence.Encode(s)
		if err != nil {
			return nil, err
		}
		if _, err := snapshots.Add(ctx, s.Series(), object); err != nil {
			return nil, err
		}
	}
	ref, err := snapshots.Close()
	if err != nil {
		return nil, err
	}
	return evidence.Encode(evidence.Run{ID: fmt.Sprintf("run-%04d", day), Window: window, Trigger: "simulation",
		Snapshots: ref, Outcome: evidence.OutcomeOK})
}

// Commit stages and commits a day's documents and returns the entry's index.
func (e Estate) Commit(ctx context.Context, s *store.Store, day int, docs map[string][]Doc) (int64, error) {
	b, err := s.Begin()
	if err != nil {
		return -1, err
	}
	defer b.Discard()
	body, err := e.Stage(ctx, b, day, docs)
	if err != nil {
		return -1, err
	}
	return b.Commit(evidence.KindRun, body, Start().AddDate(0, 0, day).Add(time.Minute))
}

// States returns n intervals of one check that begin on a day, with observations that Observation makes.
func States(n, day int) []evidence.State {
	first := Start().AddDate(0, 0, day)
	states := make([]evidence.State, n)
	for i := range states {
		o := Observation(i, day)
		states[i] = evidence.State{Control: o.Control, Check: o.Check, Scope: o.Scope, Type: o.Type, Subject: o.Subject,
			Verdict: o.Verdict, First: first, Last: first}
	}
	return states
}

// Observation returns the i'th observation of a day.
func Observation(i, day int) evidence.Observation {
	o := evidence.Observation{Control: "storage-private", Check: "aws.s3.private", Type: "aws.s3.bucket",
		Scope: "aws:111122223333", Subject: fmt.Sprintf("arn:aws:s3:::bucket-%06d", i), Verdict: evidence.Pass}
	if (i+day)%10 == 0 {
		o.Verdict = evidence.Fail
	}
	return o
}

// CommitAssessment commits an assessment of n observations and as many states.
func CommitAssessment(ctx context.Context, s *store.Store, n, day int) (int64, error) {
	b, err := s.Begin()
	if err != nil {
		return -1, err
	}
	defer b.Discard()
	a := evidence.Assessment{Evaluator: "test", AsOf: Start().AddDate(0, 0, day), Totals: map[evidence.Verdict]int{}}
	if a.Catalog, err = b.Object("catalog", []byte(`{"controls":[]}`)); err != nil {
		return -1, err
	}
	list := b.List("observations", "observation")
	states := States(n, day)
	for i := range n {
		o := Observation(i, day)
		object, err := evidence.Encode(o)
		if err != nil {
			return -1, err
		}
		if states[i].Observation, err = list.Add(ctx, o.Key(), object); err != nil {
			return -1, err
		}
		a.Totals[o.Verdict]++
	}
	if a.Observations, err = list.Close(); err != nil {
		return -1, err
	}
	if a.Findings, err = b.List("findings", "finding").Close(); err != nil {
		return -1, err
	}
	if err := b.PutStates(states); err != nil {
		return -1, err
	}
	body, err := evidence.Encode(a)
	if err != nil {
		return -1, err
	}
	return b.Commit(evidence.KindAssessment, body, a.AsOf)
}
