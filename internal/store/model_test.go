package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// TestModel commits lists that change at random and holds every answer against maps.
func TestModel(t *testing.T) {
	dir := memoryDir(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		s := create(t, filepath.Join(dir, fmt.Sprint(n)))
		m := model{s: s, now: map[string]string{}}
		for range rapid.IntRange(1, 12).Draw(rt, "commits") {
			m.change(rt)
			m.commit(rt)
		}
		m.check(rt)
		r, err := s.Check(t.Context(), nil)
		if err != nil || !r.OK() {
			rt.Errorf("check: %+v, %v", r.Problems, err)
		}
		must(t, s.Close())
	})
}

type model struct {
	s     *store.Store
	now   map[string]string
	lists []map[string]string
	refs  []evidence.ListRef
}

// change alters some items; values come from few, so that objects come back and lists repeat.
func (m *model) change(t *rapid.T) {
	keys := rapid.SampledFrom([]int{3, 40, 1200}).Draw(t, "keys")
	for range rapid.IntRange(0, keys/2).Draw(t, "changes") {
		key := fmt.Sprintf("arn:%04d/%s", rapid.IntRange(0, keys).Draw(t, "key"), []string{"", "a", "a/b"}[len(m.lists)%3])
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			delete(m.now, key)
		case 1:
			m.now[key] = fmt.Sprintf(`{"n":%d}`, rapid.IntRange(0, 5).Draw(t, "value"))
		default:
			m.now[key] = fmt.Sprintf(`{"key":%q,"text":%q,"version":%d}`, key, bytes.Repeat([]byte("x"), 200),
				rapid.IntRange(0, 3).Draw(t, "version"))
		}
	}
}

func (m *model) commit(t *rapid.T) {
	b, err := m.s.Begin()
	fatal(t, err)
	defer b.Discard()
	w := b.List("series", "type")
	for _, key := range rapid.Permutation(slices.Sorted(maps.Keys(m.now))).Draw(t, "order") {
		d, err := w.Add(t.Context(), key, []byte(m.now[key]))
		fatal(t, err)
		if d != evidence.Sum([]byte(m.now[key])) {
			t.Fatalf("digest of %s", key)
		}
	}
	ref, err := w.Close()
	fatal(t, err)
	if rapid.IntRange(0, 4).Draw(t, "discard") == 0 {
		return
	}
	_, err = b.Commit("test", fmt.Appendf(nil, `{"list":%d}`, len(m.lists)), storetest.Start())
	fatal(t, err)
	m.lists = append(m.lists, maps.Clone(m.now))
	m.refs = append(m.refs, ref)
}

func (m *model) check(t *rapid.T) {
	fatal(t, m.s.View(func(v *store.View) error {
		for i, want := range m.lists {
			m.checkList(t, v, m.refs[i], want)
			for j, other := range m.lists {
				m.checkDiff(t, v, m.refs[i], m.refs[j], want, other)
			}
		}
		return nil
	}))
}

func (m *model) checkList(t *rapid.T, v *store.View, ref evidence.ListRef, want map[string]string) {
	keys := slices.Sorted(maps.Keys(want))
	var leaves []ledger.Hash
	for _, key := range keys {
		leaves = append(leaves, ledger.ListLeaf(key, evidence.Sum([]byte(want[key]))))
	}
	if ref != (evidence.ListRef{Root: evidence.Digest(ledger.ListRoot(leaves)), Count: len(want)}) {
		t.Fatalf("list is %+v", ref)
	}
	got := map[string]string{}
	last := ""
	fatal(t, v.Objects(ref, func(key string, d evidence.Digest, object []byte) error {
		if key <= last {
			t.Errorf("%q stands behind %q", key, last)
		}
		got[key], last = string(object), key
		return nil
	}))
	if !maps.Equal(got, want) {
		t.Fatalf("list holds %v, want %v", got, want)
	}
	hashes, err := v.LeafHashes(ref)
	fatal(t, err)
	if !slices.Equal(hashes, leaves) {
		t.Error("leaf hashes differ")
	}
	if _, err := v.Get(ref, "nothing"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("get nothing: %v", err)
	}
	if len(keys) == 0 {
		return
	}
	i := rapid.IntRange(0, len(keys)-1).Draw(t, "item")
	if d, err := v.Get(ref, keys[i]); err != nil || d != evidence.Sum([]byte(want[keys[i]])) {
		t.Errorf("get %s: %s, %v", keys[i], d, err)
	}
	index, d, proof, err := v.ItemProof(ref, keys[i])
	fatal(t, err)
	fatal(t, ledger.CheckItem(proof, ref.Count, ledger.Hash(ref.Root), index, ledger.ListLeaf(keys[i], d)))
	if index != i {
		t.Errorf("%s is item %d, not %d", keys[i], index, i)
	}
}

func (m *model) checkDiff(t *rapid.T, v *store.View, before, after evidence.ListRef, old, now map[string]string) {
	want := map[string][2]string{}
	for key, object := range old {
		if now[key] != object {
			want[key] = [2]string{object, now[key]}
		}
	}
	for key, object := range now {
		if _, ok := old[key]; !ok {
			want[key] = [2]string{"", object}
		}
	}
	got := map[string][2]string{}
	text := func(d evidence.Digest) string {
		if d.IsZero() {
			return ""
		}
		b, err := v.Object(d)
		fatal(t, err)
		return string(b)
	}
	last := ""
	fatal(t, v.Diff(before, after, func(key string, b, a evidence.Digest) error {
		if key <= last {
			t.Errorf("%q stands behind %q", key, last)
		}
		got[key], last = [2]string{text(b), text(a)}, key
		return nil
	}))
	if !maps.Equal(got, want) {
		t.Fatalf("diff is %v, want %v", got, want)
	}
}

func fatal(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
