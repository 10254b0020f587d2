package assess

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// asOf is when the tests assess; their snapshots are an hour old unless they say otherwise.
var asOf = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// memView is committed evidence in memory.
type memView struct {
	snaps    []Snap
	subjects map[evidence.Digest][]item
}

type item struct {
	id     string
	digest evidence.Digest
	object []byte
}

func (v *memView) Size() int64 { return 7 }

func (v *memView) Snapshots(typ string) ([]Snap, error) {
	return slices.DeleteFunc(slices.Clone(v.snaps), func(s Snap) bool { return typ != "" && s.Collector != typ }), nil
}

func (v *memView) Subjects(ref evidence.ListRef, fn func(string, evidence.Digest, []byte) error) error {
	buf := []byte{}
	for _, it := range v.subjects[ref.Root] {
		buf = append(buf[:0], it.object...) // reused, so that a kept object shows
		if err := fn(it.id, it.digest, buf); err != nil {
			return err
		}
	}
	return nil
}

// add puts a snapshot of subjects into the view; change may alter it before.
func (v *memView) add(t testing.TB, typ, account, region string, change func(*evidence.Snapshot), subjects ...evidence.Subject) {
	t.Helper()
	s := evidence.Snapshot{Collector: typ, Source: "src", Outcome: evidence.OutcomeOK,
		Scope:  evidence.Scope{Provider: providerOf(typ), Account: account, Region: region},
		Window: evidence.Window{From: asOf.Add(-time.Hour), To: asOf.Add(-time.Hour + time.Minute)}}
	if len(subjects) == 0 {
		s.Outcome = evidence.OutcomeEmpty
	}
	var items []item
	for _, sub := range subjects {
		sub.Type = typ
		if sub.Doc == nil {
			sub.Doc = json.RawMessage(`{}`)
		}
		raw, err := evidence.Encode(sub)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item{sub.ID, evidence.Sum(raw), raw})
	}
	s.Subjects = evidence.ListRef{Root: evidence.Sum([]byte(fmt.Sprint(typ, account, region, len(v.snaps)))), Count: len(items)}
	s.Completeness.Listed, s.Completeness.Kept = len(items), len(items)
	if change != nil {
		change(&s)
	}
	if v.subjects == nil {
		v.subjects = map[evidence.Digest][]item{}
	}
	v.subjects[s.Subjects.Root] = items
	v.snaps = append(v.snaps, Snap{Snapshot: s, Digest: evidence.Sum([]byte(s.Series()))})
	slices.SortStableFunc(v.snaps, func(a, b Snap) int { return strings.Compare(a.Series(), b.Series()) })
}

// memSink keeps what it gets, by key.
type memSink struct {
	mu           sync.Mutex
	t            testing.TB
	observations map[string][]byte
	findings     map[string][]byte
}

func (s *memSink) put(m map[string][]byte, key string, object []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, twice := m[key]; twice {
		s.t.Errorf("%s is given twice", key)
	}
	m[key] = bytes.Clone(object)
	canonical, err := evidence.Canonical(bytes.Clone(object))
	if err != nil || !bytes.Equal(canonical, object) {
		s.t.Errorf("not canonical (%v): %s", err, object)
	}
	return nil
}
func (s *memSink) Observation(key string, o []byte) error { return s.put(s.observations, key, o) }
func (s *memSink) Finding(key string, o []byte) error     { return s.put(s.findings, key, o) }

func (s *memSink) observation(key string) (o evidence.Observation) {
	s.t.Helper()
	raw, ok := s.observations[key]
	if !ok {
		s.t.Fatalf("no observation %s among %v", key, slices.Sorted(maps.Keys(s.observations)))
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *memSink) finding(key string) (f evidence.Finding) {
	s.t.Helper()
	raw, ok := s.findings[key]
	if !ok {
		s.t.Fatalf("no finding %s among %v", key, slices.Sorted(maps.Keys(s.findings)))
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		s.t.Fatal(err)
	}
	return f
}

// text is everything in order, for comparison.
func (s *memSink) text() string {
	var b strings.Builder
	for _, m := range []map[string][]byte{s.observations, s.findings} {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(&b, "%s %s\n", k, m[k])
		}
	}
	return b.String()
}

// testSchemas are small types of two providers.
func testSchemas() []evidence.Schema {
	type grant struct{ Who string }
	type bucket struct {
		Name   string
		Size   int64
		Ratio  float64
		Public *struct{ Block bool }
		Grants []grant
		Policy string
		Labels map[string]string
	}
	type trail struct {
		Bucket    string
		Multi     bool
		CreatedAt string
	}
	return []evidence.Schema{
		{Type: "aws.s3.bucket", Doc: evidence.ShapeOf[bucket]()},
		{Type: "aws.cloudtrail.trail", Doc: evidence.ShapeOf[trail]()},
		{Type: "gcp.storage.bucket", Doc: evidence.ShapeOf[bucket]()},
		{Type: "file.document", Doc: &evidence.Shape{Kind: evidence.ShapeAny}},
	}
}

// oneCheck is a control with one check.
func oneCheck(subject, where, assert string) evidence.Control {
	return evidence.Control{ID: "ctl", Title: "t", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{{
		ID: "aws.t.check", Subject: subject, Where: where, Assert: assert, OnEmpty: evidence.Unknown, Severity: evidence.High}}}
}

func mustNew(t testing.TB, controls ...evidence.Control) *Evaluator {
	t.Helper()
	e, err := New(controls, testSchemas())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func assess(t testing.TB, e *Evaluator, v View, in Input) (evidence.Assessment, *memSink) {
	t.Helper()
	sink := &memSink{t: t, observations: map[string][]byte{}, findings: map[string][]byte{}}
	if in.AsOf.IsZero() {
		in.AsOf = asOf
	}
	a, err := e.Assess(context.Background(), v, in, sink)
	if err != nil {
		t.Fatal(err)
	}
	return a, sink
}

func doc(id, text string) evidence.Subject {
	return evidence.Subject{ID: id, Name: "name of " + id, Doc: json.RawMessage(text)}
}
