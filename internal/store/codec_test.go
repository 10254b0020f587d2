package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"exhibit/internal/evidence"
)

func FuzzDelta(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":"the same text all over"}`), []byte(`{"a":2,"b":"the same text all over"}`))
	f.Add([]byte(""), []byte("x"))
	f.Add([]byte("x"), []byte(""))
	f.Add(bytes.Repeat([]byte("abcdefgh"), 50), bytes.Repeat([]byte("abcdefghi"), 50))
	f.Fuzz(func(t *testing.T, base, target []byte) {
		delta, ok := makeDelta(nil, base, target, 1<<30)
		if !ok {
			t.Fatal("a limit was reached")
		}
		got, err := applyDelta(base, delta, len(target))
		if err != nil || !bytes.Equal(got, target) {
			t.Errorf("rebuilt %q, %v", got, err)
		}
		if len(target) > 0 {
			if _, err := applyDelta(base, delta, len(target)-1); err == nil {
				t.Error("rebuilt more than the limit")
			}
		}
	})
}

func FuzzApplyDelta(f *testing.F) {
	delta, _ := makeDelta(nil, []byte("one two three four"), []byte("one two 3 four"), 100)
	f.Add([]byte("one two three four"), delta)
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		out, err := applyDelta(base, delta, 1<<16)
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Error(err)
		}
		if len(out) > 1<<16+len(delta) {
			t.Errorf("%d bytes", len(out))
		}
	})
}

func TestDeltaIsSmall(t *testing.T) {
	base := []byte(strings.Repeat(`{"key":"some value that is long","other":[1,2,3]},`, 30))
	changed := bytes.Replace(base, []byte("[1,2,3]"), []byte("[1,2,4]"), 1)
	changed = append(bytes.Replace(changed, []byte("long"), []byte("short"), 1), "end"...)
	delta, ok := makeDelta(nil, base, changed, len(changed)/3)
	if !ok || len(delta) > 60 {
		t.Errorf("a delta of %d bytes, %v", len(delta), ok)
	}
	if _, ok := makeDelta(nil, base, bytes.Repeat([]byte("xyz123"), 200), 100); ok {
		t.Error("a delta to something else is said to pay")
	}
}

// segmentOf packs frames as a batch does, without compression.
func segmentOf(first uint64, frames ...[]string) []byte {
	var all []*sealed
	for _, contents := range frames {
		s := &sealed{first: first}
		var raw [][]byte
		for _, c := range contents {
			raw = append(raw, []byte(c))
			s.digests = append(s.digests, evidence.Sum([]byte(c)))
		}
		s.packed = packFrame(first, raw, make([]uint64, len(raw)))
		s.raw = len(s.packed)
		first += uint64(len(contents))
		all = append(all, s)
	}
	return appendSegment(nil, all)
}

func FuzzSegment(f *testing.F) {
	f.Add(segmentOf(7, []string{"a", "b", ""}, []string{"c"}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseSegment(7, b)
		if err != nil {
			return
		}
		frames, err := s.frames()
		if err != nil {
			return
		}
		for i := range s.objects {
			s.digest(i)
			info, err := s.frame(i)
			if err != nil || i < info.start || i >= info.start+info.count {
				t.Fatalf("object %d is in frame %+v, %v", i, info, err)
			}
		}
		for _, info := range frames {
			if u, err := info.unpack(s.first, info.packed); err == nil && len(u.contents) != info.count {
				t.Fatalf("%d objects in frame %+v", len(u.contents), info)
			}
		}
	})
}

func TestSegment(t *testing.T) {
	b := segmentOf(7, []string{"a", "b", ""}, []string{"c"})
	s, err := parseSegment(7, b)
	if err != nil || s.objects != 4 {
		t.Fatalf("%+v, %v", s, err)
	}
	for i, want := range []string{"a", "b", "", "c"} {
		info, err := s.frame(i)
		if err != nil {
			t.Fatal(err)
		}
		u, err := info.unpack(s.first, info.packed)
		if err != nil || string(u.contents[i-info.start]) != want || s.digest(i) != evidence.Sum([]byte(want)) {
			t.Errorf("object %d: %v", i, err)
		}
	}
	for n := range b {
		if s, err := parseSegment(7, b[:n]); err == nil {
			if _, err := s.frames(); err == nil {
				t.Errorf("cut at %d: parsed", n)
			}
		}
	}
}

func TestChunk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`(arn:aws:)?[a-z/]{0,12}`), 1, 50, rapid.ID[string]).Draw(t, "keys")
		slices.Sort(keys)
		var want []change
		for _, k := range keys {
			want = append(want, change{k, rapid.Uint64Range(0, 1<<40).Draw(t, "object")})
		}
		raw := appendChunk(nil, want)
		got, err := readChunk(nil, raw, len(want))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("read %v, want %v, %v", got, want, err)
		}
		n := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
		if _, err := readChunk(nil, raw[:n], len(want)); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	})
}

func FuzzChunk(f *testing.F) {
	f.Add(appendChunk(nil, []change{{"a", 1}, {"ab", 0}, {"b", 9}}), 3)
	f.Fuzz(func(t *testing.T, raw []byte, n int) {
		if n < 0 {
			return
		}
		got, err := readChunk(nil, raw, n)
		if err == nil && (len(got) != n || !slices.IsSortedFunc(got, func(a, b change) int { return strings.Compare(a.key, b.key) })) {
			t.Errorf("read %v", got)
		}
	})
}

func FuzzList(f *testing.F) {
	f.Add([]byte("x"))
	good := append(bytes.Repeat([]byte{7}, 32), 2, 1, 3, 1)
	good = append(appendText(good, "a"), 1, 4, 0)
	f.Add(append(good, "abcd"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseList(9, b)
		if err != nil {
			return
		}
		for _, c := range l.chunks {
			_ = l.data[c.off : c.off+c.size()]
		}
		l.chunk("key")
		if l.base >= 9 {
			t.Errorf("written against list %d", l.base)
		}
	})
}

func FuzzRows(f *testing.F) {
	states := []evidence.State{{Subject: "abc", Name: "n", First: time.Unix(5, 6)}, {Subject: "abd", Verdict: evidence.Pass}}
	f.Add([]byte("a\x00b\x00c\x00\x00\x00\x00\x00\x00\x00\x00\x01"), []byte{1, 2, 1, 4, 0, 4, 0})
	f.Add([]byte("key"), appendStates(nil, states, []uint64{3, 0}))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		for n := range 3 {
			got, err := readStates(nil, value, n, "scope", "check")
			if err != nil {
				continue
			}
			var states []evidence.State
			var numbers []uint64
			for _, s := range got {
				states, numbers = append(states, s.State), append(numbers, s.observation)
			}
			again, err := readStates(nil, appendStates(nil, states, numbers), n, "scope", "check")
			if len(got) != n || err != nil || !slices.Equal(got, again) {
				t.Errorf("%x is %+v, then %+v, %v", value, got, again, err)
			}
		}
		_, _ = parseSeriesRow(key, value)
		_, _, _ = stateGroup(key)
	})
}

func FuzzHead(f *testing.F) {
	f.Add(make([]byte, 2*pageSize))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, recognised := probeMeta(b); m.pages != 0 && !recognised {
			t.Error("valid, but not recognised")
		}
	})
}

// FuzzWalk walks what is no tree.
func FuzzWalk(f *testing.F) {
	page := func(id uint64, flags, count uint16, elements ...byte) []byte {
		b := binary.NativeEndian.AppendUint64(nil, id)
		b = binary.NativeEndian.AppendUint16(b, flags)
		b = binary.NativeEndian.AppendUint16(b, count)
		b = append(binary.NativeEndian.AppendUint32(b, 0), elements...)
		return append(b, make([]byte, pageSize-len(b))...)
	}
	loop := page(2, flagBranch, 1, 16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0)
	f.Add(loop)
	f.Add(page(2, flagLeaf, 0))
	f.Add(page(2, flagLeaf, 1, 1, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 'k', 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		file := append(make([]byte, 2*pageSize), b...)
		file = append(file, make([]byte, pageSize)...)
		pages := uint64(len(file)) / pageSize
		for _, walk := range []func() error{
			func() error { return newPageWalk(bytes.NewReader(file), pages).tree(2, nil, nil) },
			func() error { return newPageWalk(bytes.NewReader(file), pages).free(2) },
		} {
			if err := walk(); err != nil && !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
		}
	})
}

func TestTimes(t *testing.T) {
	times := []time.Time{{}, time.Unix(-5, 3), time.Unix(0, 0), time.Unix(1, 999_999_999), time.Date(9999, 1, 1, 0, 0, 0, 1, time.UTC)}
	for _, want := range times {
		r := reader{rest: appendTime(nil, want)}
		if got := r.time(); !got.Equal(want) || r.bad || len(r.rest) != 0 {
			t.Errorf("%v is read as %v", want, got)
		}
	}
}

// TestIndexRows puts entries in many orders and finds them all, those with equal beginnings too.
func TestIndexRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []byte
		n := rapid.IntRange(0, 600).Draw(t, "old")
		old := entries(t, n)
		further := entries(t, rapid.IntRange(1, 600).Draw(t, "further"))
		var flat []byte
		for _, e := range old {
			flat = append(flat, e[:]...)
		}
		all := slices.Concat(old, further)
		slices.SortFunc(all, func(a, b [entrySize]byte) int { return bytes.Compare(a[:], b[:]) })
		for _, e := range slices.Compact(all) {
			want = append(want, e[:]...)
		}
		if got := mergeEntries(flat, further); !bytes.Equal(got, want) {
			t.Fatalf("merged %x, want %x", got, want)
		}
	})
}

func entries(t *rapid.T, n int) [][entrySize]byte {
	var all [][entrySize]byte
	seed := rapid.Uint64().Draw(t, "seed")
	for i := range n {
		d := evidence.Sum(fmt.Append(nil, seed%3, i/2))
		all = append(all, indexEntry(d, uint64(i)))
	}
	slices.SortFunc(all, func(a, b [entrySize]byte) int { return bytes.Compare(a[:], b[:]) })
	return all
}
