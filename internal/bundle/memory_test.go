package bundle_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"exhibit/internal/bundle"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// memory is a ledger and its objects in memory: a bundle.View that a test can fill with anything, wrong things too.
type memory struct {
	key     *ledger.Key
	leaves  [][]byte
	objects map[evidence.Digest][]byte
	lists   map[evidence.ListRef][]item
	bend    func(v any) any // changes what is committed, behind the back of what made it
}

type item struct {
	key    string
	object evidence.Digest
}

// fixed is a source of "random" bytes that is always the same.
type fixed byte

func (f fixed) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(f) + byte(i)
	}
	return len(p), nil
}

func testKey(t testing.TB, seed byte, origin string) *ledger.Key {
	t.Helper()
	k, err := ledger.GenerateKey(fixed(seed), origin)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newMemory(t testing.TB, at time.Time) *memory {
	m := &memory{key: testKey(t, 1, "example.test/ledger"), objects: map[evidence.Digest][]byte{},
		lists: map[evidence.ListRef][]item{}}
	m.commit(t, evidence.KindGenesis, evidence.Genesis{Origin: m.key.Origin(), Verifier: m.key.Verifier(), CreatedAt: at,
		Simulated: true}, at)
	return m
}

func (m *memory) object(t testing.TB, v any) evidence.Digest {
	t.Helper()
	if m.bend != nil {
		v = m.bend(v)
	}
	b, err := evidence.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	d := evidence.Sum(b)
	m.objects[d] = b
	return d
}

func (m *memory) list(items map[string]evidence.Digest) evidence.ListRef {
	var sorted []item
	var tree ledger.Roots
	for _, k := range slices.Sorted(maps.Keys(items)) {
		sorted = append(sorted, item{k, items[k]})
		tree.Add(ledger.ListLeaf(k, items[k]))
	}
	ref := evidence.ListRef{Root: evidence.Digest(tree.Root()), Count: len(sorted)}
	m.lists[ref] = sorted
	return ref
}

func (m *memory) commit(t testing.TB, kind evidence.Kind, body any, at time.Time) int64 {
	t.Helper()
	b, err := evidence.Encode(evidence.Entry{Kind: kind, RecordedAt: at, Body: m.object(t, body)})
	if err != nil {
		t.Fatal(err)
	}
	m.leaves = append(m.leaves, b)
	return int64(len(m.leaves) - 1)
}

func (m *memory) Size() int64 { return int64(len(m.leaves)) }

func (m *memory) Checkpoint() ([]byte, error) {
	var tree ledger.Roots
	for _, l := range m.leaves {
		tree.Add(ledger.LeafHash(l))
	}
	return ledger.Checkpoint{Origin: m.key.Origin(), Size: m.Size(), Root: tree.Root()}.Sign(m.key)
}

func (m *memory) Entry(i int64) (evidence.Entry, []byte, error) {
	var e evidence.Entry
	return e, m.leaves[i], decode(m.leaves[i], &e)
}

func (m *memory) Object(d evidence.Digest) ([]byte, error) {
	if b, ok := m.objects[d]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("object %s: unknown", d)
}

func (m *memory) List(ref evidence.ListRef, fn func(string, evidence.Digest) error) error {
	items, ok := m.lists[ref]
	if !ok {
		return errors.New("unknown list")
	}
	for _, it := range items {
		if err := fn(it.key, it.object); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Objects(ref evidence.ListRef, fn func(string, evidence.Digest, []byte) error) error {
	return m.List(ref, func(key string, d evidence.Digest) error {
		b, err := m.Object(d)
		return cmp.Or(err, func() error {
			if err != nil {
				return err
			}
			return fn(key, d, b)
		}())
	})
}

func (m *memory) Diff(before, after evidence.ListRef, fn func(string, evidence.Digest, evidence.Digest) error) error {
	both := map[string][2]evidence.Digest{}
	for _, it := range m.lists[before] {
		both[it.key] = [2]evidence.Digest{it.object}
	}
	for _, it := range m.lists[after] {
		both[it.key] = [2]evidence.Digest{both[it.key][0], it.object}
	}
	for _, k := range slices.Sorted(maps.Keys(both)) {
		if both[k][0] != both[k][1] {
			if err := fn(k, both[k][0], both[k][1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *memory) Snapshots(size int64, subjectType string) ([]bundle.Snapshot, error) {
	newest := map[string]bundle.Snapshot{}
	for i := range size {
		e, _, err := m.Entry(i)
		if err != nil {
			return nil, err
		}
		if e.Kind != evidence.KindRun {
			continue
		}
		var r evidence.Run
		if err := decode(m.objects[e.Body], &r); err != nil {
			return nil, err
		}
		for _, it := range m.lists[r.Snapshots] {
			s := bundle.Snapshot{Digest: it.object, Entry: i}
			if err := decode(m.objects[it.object], &s.Snapshot); err != nil {
				return nil, err
			}
			if subjectType == "" || s.Collector == subjectType {
				newest[it.key] = s
			}
		}
	}
	var out []bundle.Snapshot
	for _, k := range slices.Sorted(maps.Keys(newest)) {
		out = append(out, newest[k])
	}
	return out, nil
}
