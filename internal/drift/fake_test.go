package drift

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// fake is a View kept in memory. A list's root is the digest of its text, so that equal lists have equal roots.
type fake struct {
	objects map[evidence.Digest][]byte
	lists   map[evidence.ListRef]map[string]evidence.Digest
}

func newFake() *fake {
	return &fake{objects: map[evidence.Digest][]byte{}, lists: map[evidence.ListRef]map[string]evidence.Digest{{Root: evidence.Sum(nil)}: {}}}
}

func (f *fake) put(v any) evidence.Digest {
	raw, err := evidence.Encode(v)
	if err != nil {
		panic(err)
	}
	d := evidence.Sum(raw)
	f.objects[d] = raw
	return d
}

func (f *fake) list(items map[string]evidence.Digest) evidence.ListRef {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(items)) {
		fmt.Fprintf(&b, "%s\x00%s\n", k, items[k])
	}
	if items == nil {
		items = map[string]evidence.Digest{}
	}
	ref := evidence.ListRef{Root: evidence.Sum([]byte(b.String())), Count: len(items)}
	f.lists[ref] = items
	return ref
}

func (f *fake) Object(d evidence.Digest) ([]byte, error) {
	raw, ok := f.objects[d]
	if !ok {
		return nil, fmt.Errorf("no object %s", d.Short())
	}
	return raw, nil
}

func (f *fake) List(ref evidence.ListRef, fn func(string, evidence.Digest) error) error {
	items, ok := f.lists[ref]
	if !ok {
		return fmt.Errorf("no list %s", ref.Root.Short())
	}
	for _, k := range slices.Sorted(maps.Keys(items)) {
		if err := fn(k, items[k]); err != nil {
			return err
		}
	}
	return nil
}

func (f *fake) Diff(before, after evidence.ListRef, fn func(string, evidence.Digest, evidence.Digest) error) error {
	b, okB := f.lists[before]
	a, okA := f.lists[after]
	if !okB || !okA {
		return fmt.Errorf("no list %s or %s", before.Root.Short(), after.Root.Short())
	}
	keys := maps.Clone(b)
	maps.Copy(keys, a)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if b[k] != a[k] {
			if err := fn(k, b[k], a[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

const bucket = "aws.s3.bucket"

var testSchema = evidence.Schema{Type: bucket, Volatile: []string{"/Seen", "/Rules/*/Used"}, Ordered: []string{"/Chain"}}

func hour(h int) time.Time { return time.Date(2026, 3, 1, h, 0, 0, 0, time.UTC) }

// world makes sides for tests.
type world struct {
	*fake
	scope   evidence.Scope
	version int
}

func newWorld() world {
	return world{newFake(), evidence.Scope{Provider: "aws", Account: "1", Name: "prod"}, 1}
}

// snapshot holds subjects by id, each with its document.
func (w world) snapshot(h int, outcome evidence.Outcome, docs map[string]string) evidence.Snapshot {
	items := map[string]evidence.Digest{}
	for id, doc := range docs {
		items[id] = w.put(evidence.Subject{Type: bucket, ID: id, Name: "name of " + id, Doc: json.RawMessage(doc)})
	}
	return w.snapshotOf(h, outcome, items)
}

func (w world) snapshotOf(h int, outcome evidence.Outcome, items map[string]evidence.Digest) evidence.Snapshot {
	s := evidence.Snapshot{Collector: bucket, Source: "src", Scope: w.scope, Outcome: outcome,
		Window: evidence.Window{From: hour(h).Add(-10 * time.Minute), To: hour(h)}, Subjects: w.list(items)}
	s.Origin.CollectorVersion = w.version
	if !outcome.Seen() {
		s.Completeness.Operations = []evidence.Operation{{Name: "s3:ListBuckets", Outcome: outcome, Permission: "s3:ListAllMyBuckets"}}
	}
	return s
}

func control(assert string) []evidence.Control {
	return []evidence.Control{{ID: "public", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{{ID: "s3.public", Subject: bucket, Assert: assert,
		Severity: evidence.High}}}}
}

// side adds the verdicts on subjects to a snapshot.
func (w world) side(h int, s evidence.Snapshot, controls []evidence.Control, verdicts map[string]evidence.Verdict) Side {
	out := Side{Snapshots: []evidence.Snapshot{s}, Controls: controls}
	items := map[string]evidence.Digest{}
	counts := map[evidence.Verdict]int{}
	for id, v := range verdicts {
		o := evidence.Observation{Control: "public", Check: "s3.public", Type: bucket, Subject: id, Scope: w.scope.ID(), Verdict: v,
			Facts: map[string]json.RawMessage{"public": json.RawMessage(fmt.Sprint(v == evidence.Fail))}}
		if d, ok := w.lists[s.Subjects][id]; ok {
			o.Evidence = []evidence.Digest{d}
		}
		if v == evidence.Unknown {
			o.Reason = "the list is " + string(s.Outcome)
			o.Missing = []evidence.Missing{{Operation: "s3:ListBuckets", Outcome: s.Outcome}}
		}
		counts[v]++
		items[o.Key()] = w.put(o)
	}
	status := evidence.Satisfied
	switch {
	case counts[evidence.Fail] > 0:
		status = evidence.NotSatisfied
	case counts[evidence.Unknown] > 0 || len(verdicts) == 0:
		status = evidence.Indeterminate
	}
	f := evidence.Finding{Control: "public", Scope: w.scope.ID(), Status: status, Counts: counts}
	text, err := evidence.Encode(controls)
	if err != nil {
		panic(err)
	}
	out.Assessment = evidence.Assessment{AsOf: hour(h).Add(time.Minute), Observations: w.list(items), Catalog: evidence.Sum(text), Evaluator: "1",
		Findings: w.list(map[string]evidence.Digest{f.Key(): w.put(f)})}
	return out
}

// book keeps intervals as the store does: the newest row of a key counts.
type book map[string]evidence.State

func (b book) of(scope, check, subject string) iter.Seq2[evidence.State, error] {
	return func(yield func(evidence.State, error) bool) {
		for _, s := range b.sorted() {
			if s.Scope == scope && s.Check == check && (subject == "" || s.Subject == subject) && !yield(s, nil) {
				return
			}
		}
	}
}

func (b book) all() iter.Seq2[evidence.State, error] {
	return func(yield func(evidence.State, error) bool) {
		for _, s := range b.sorted() {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (b book) sorted() []evidence.State {
	return slices.SortedFunc(maps.Values(b), func(x, y evidence.State) int {
		if c := strings.Compare(x.Scope+"\x00"+x.Check+"\x00"+x.Subject, y.Scope+"\x00"+y.Check+"\x00"+y.Subject); c != 0 {
			return c
		}
		return x.First.Compare(y.First)
	})
}

func (b book) record(t interface{ Fatal(...any) }, v View, before, after Side) {
	var staged []evidence.State // what is staged cannot be read yet
	err := States(v, before, after, b.of, func(s evidence.State) error {
		staged = append(staged, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range staged {
		b[s.Scope+"|"+s.Check+"|"+s.Subject+"|"+s.First.Format(time.RFC3339Nano)] = s
	}
}

func mustChanges(t *testing.T, changes []evidence.Change, err error) []evidence.Change {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return changes
}
