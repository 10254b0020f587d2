package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// look is one snapshot of a run: the subjects it saw by id, or an outcome that is no list.
type look struct {
	source   string
	outcome  evidence.Outcome
	subjects map[string]string
}

func commitLooks(t testing.TB, s *store.Store, day int, looks ...look) int64 {
	t.Helper()
	b, err := s.Begin()
	must(t, err)
	defer b.Discard()
	at := storetest.Start().AddDate(0, 0, day)
	snapshots := b.List("snapshots", "snapshot")
	for _, l := range looks {
		snapshot := evidence.Snapshot{Collector: "aws.s3.bucket", Source: l.source, Outcome: l.outcome,
			Scope: evidence.Scope{Provider: "aws", Account: "1"}, Window: evidence.Window{From: at, To: at.Add(time.Minute)}}
		if l.subjects != nil {
			list := b.List(snapshot.Series(), snapshot.Collector)
			for id, doc := range l.subjects {
				_, err := list.Add(t.Context(), id, []byte(doc))
				must(t, err)
			}
			snapshot.Subjects, err = list.Close()
			must(t, err)
		}
		object, err := evidence.Encode(snapshot)
		must(t, err)
		_, err = snapshots.Add(t.Context(), snapshot.Series(), object)
		must(t, err)
	}
	ref, err := snapshots.Close()
	must(t, err)
	body, err := evidence.Encode(evidence.Run{ID: fmt.Sprint(day), Snapshots: ref})
	must(t, err)
	index, err := b.Commit(evidence.KindRun, body, at)
	must(t, err)
	return index
}

func TestHistory(t *testing.T) {
	s := storetest.New(t)
	a, b := `{"v":"a"}`, `{"v":"b"}`
	ok := func(docs map[string]string) look { return look{"one", evidence.OutcomeOK, docs} }
	days := []look{
		ok(map[string]string{"other": a}),                                         // 1: not there yet
		ok(map[string]string{"x": a}),                                             // 2
		ok(map[string]string{"x": a}),                                             // 3: the same list
		{"one", evidence.OutcomeDenied, nil},                                      // 4: nothing was seen
		{"one", evidence.OutcomeThrottled, map[string]string{"other": a}},         // 5: a part was seen, not it
		ok(map[string]string{"x": a, "other": b}),                                 // 6: still the same
		ok(map[string]string{"x": b, "other": b}),                                 // 7: changed
		ok(map[string]string{"other": b}),                                         // 8: gone
		ok(map[string]string{"other": a}),                                         // 9: still gone
		{"one", evidence.OutcomeNotEnabled, nil},                                  // 10: the service is off, so gone
		{"one", evidence.OutcomeThrottled, map[string]string{"other": a, "x": a}}, // 11: back, in a part
	}
	for i, l := range days {
		looks := []look{l}
		if i == 4 {
			looks = append(looks, look{"two", evidence.OutcomeOK, map[string]string{"x": b}})
		}
		commitLooks(t, s, i+1, looks...)
	}
	type version struct {
		Source      string
		Object      string
		First, Last int
		Entry       int64
	}
	want := []version{{"one", a, 2, 6, 2}, {"one", b, 7, 7, 7}, {"one", "", 8, 10, 8}, {"one", a, 11, 11, 11}, {"two", b, 5, 5, 5}}
	day := func(w evidence.Window) int { return int(w.From.Sub(storetest.Start()).Hours() / 24) }
	must(t, s.View(func(v *store.View) error {
		history, err := v.History("aws.s3.bucket", "aws:1", "x")
		var got []version
		for _, h := range history {
			object := ""
			if !h.Object.IsZero() {
				b, err := v.Object(h.Object)
				must(t, err)
				object = string(b)
			}
			b, err := v.Object(h.Snapshot)
			must(t, err)
			if !bytes.Contains(b, []byte(h.First.From.Format(time.RFC3339))) {
				t.Errorf("snapshot of %+v is %s", h, b)
			}
			got = append(got, version{h.Source, object, day(h.First), day(h.Last), h.Entry})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for _, none := range [][3]string{{"aws.s3.bucket", "aws:1", "y"}, {"aws.s3.bucket", "aws:2", "x"}, {"aws.s3", "aws:1", "x"}} {
			if h, e := v.History(none[0], none[1], none[2]); len(h) != 0 || e != nil {
				t.Errorf("history of %v: %v, %v", none, h, e)
			}
		}
		return err
	}))
}

func TestSnapshots(t *testing.T) {
	s := storetest.New(t)
	docs := map[string]string{"x": "{}"}
	commitLooks(t, s, 1, look{"one", evidence.OutcomeOK, docs}, look{"two", evidence.OutcomeOK, docs})
	commitLooks(t, s, 2, look{"two", evidence.OutcomeDenied, nil})
	commitLooks(t, s, 3)
	must(t, s.View(func(v *store.View) error {
		tests := []struct {
			size int64
			typ  string
			want string
		}{
			{0, "", "[]"},
			{1, "", "[]"},
			{2, "", "[one|1|ok two|1|ok]"},
			{3, "", "[one|1|ok two|2|denied]"},
			{v.Size(), "aws.s3.bucket", "[one|1|ok two|2|denied]"},
			{1000, "aws.s3.bucket", "[one|1|ok two|2|denied]"},
			{-1, "", "[]"},
			{3, "aws.s3", "[]"},
			{3, "aws.s3.bucket.x", "[]"},
		}
		for _, tt := range tests {
			snapshots, err := v.Snapshots(tt.size, tt.typ)
			must(t, err)
			got := []string{}
			for _, s := range snapshots {
				got = append(got, fmt.Sprintf("%s|%d|%s", s.Source, s.Entry, s.Outcome))
				if b, err := v.Object(s.Digest); err != nil || !bytes.Contains(b, []byte(s.Source)) {
					t.Errorf("object of %+v: %v", s, err)
				}
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("Snapshots(%d, %q) = %v, want %s", tt.size, tt.typ, got, tt.want)
			}
		}
		return nil
	}))
}

func TestLog(t *testing.T) {
	s := storetest.New(t)
	for i := range 9 {
		b, err := s.Begin()
		must(t, err)
		kind := []evidence.Kind{evidence.KindCatalog, evidence.KindAcceptance, evidence.KindDisposal}[i%3]
		_, err = b.Commit(kind, fmt.Appendf(nil, `{"n":%d}`, i), storetest.Start().Add(time.Duration(i)*time.Hour))
		must(t, err)
	}
	must(t, s.View(func(v *store.View) error {
		signed, err := v.Checkpoint()
		must(t, err)
		c, err := ledger.OpenCheckpoint(signed, s.Genesis().Verifier)
		must(t, err)
		if c.Size != 10 || c.Size != v.Size() {
			t.Errorf("checkpoint over %d of %d entries", c.Size, v.Size())
		}
		for i := range c.Size {
			e, leaf, err := v.Entry(i)
			must(t, err)
			if i > 0 && !e.RecordedAt.Equal(storetest.Start().Add(time.Duration(i-1)*time.Hour)) {
				t.Errorf("entry %d was recorded at %v", i, e.RecordedAt)
			}
			proof, err := v.Inclusion(i, c.Size)
			must(t, err)
			must(t, ledger.CheckInclusion(proof, c.Size, c.Root, i, ledger.LeafHash(leaf)))
			old, err := v.Root(i)
			must(t, err)
			proof, err = v.Consistency(i, c.Size)
			must(t, err)
			must(t, ledger.CheckConsistency(proof, c.Size, c.Root, i, old))
		}
		if got := slices.Collect(v.EntriesOf(evidence.KindAcceptance)); !slices.Equal(got, []int64{8, 5, 2}) {
			t.Errorf("acceptances are entries %v", got)
		}
		if got := slices.Collect(v.EntriesOf("accept")); len(got) != 0 {
			t.Errorf("entries of a kind that is the start of another: %v", got)
		}
		n := 0
		for _, err := range v.Entries(-3, 100) {
			must(t, err)
			n++
		}
		if n != 10 {
			t.Errorf("%d entries", n)
		}
		return nil
	}))
}

// TestStates writes intervals, goes on with some, and asks for what was known when.
func TestStates(t *testing.T) {
	s := storetest.New(t)
	day := func(n int) time.Time { return storetest.Start().AddDate(0, 0, n) }
	state := func(scope, check, subject string, first, last int, verdict evidence.Verdict) evidence.State {
		return evidence.State{Control: "c-" + check, Check: check, Scope: scope, Type: "t", Subject: subject, Name: "n" + subject,
			Verdict: verdict, First: day(first), Last: day(last)}
	}
	put := func(states ...evidence.State) int64 {
		b, err := s.Begin()
		must(t, err)
		must(t, b.PutStates(states))
		i, err := b.Commit(evidence.KindCatalog, fmt.Appendf(nil, `{"n":%d}`, len(states)), day(0))
		must(t, err)
		return i + 1
	}
	first := put(state("a:1", "x", "s1", 0, 0, evidence.Pass), state("a:1", "x", "s2", 0, 0, evidence.Fail),
		state("a:1", "xy", "s1", 0, 0, evidence.Pass), state("a:12", "x", "s1", 0, 0, evidence.Pass), state("a:1", "x", "", 0, 0, ""))
	second := put(state("a:1", "x", "s1", 0, 4, evidence.Pass), state("a:1", "x", "s1", 5, 5, evidence.Fail))

	tests := []struct {
		name string
		size int64
		want store.StateFilter
		got  []string
	}{
		{"all then", first, store.StateFilter{}, []string{"a:1 x  0-0 ", "a:1 x s1 0-0 pass", "a:1 x s2 0-0 fail", "a:1 xy s1 0-0 pass", "a:12 x s1 0-0 pass"}},
		{"all", second, store.StateFilter{}, []string{"a:1 x  0-0 ", "a:1 x s1 0-4 pass", "a:1 x s1 5-5 fail", "a:1 x s2 0-0 fail", "a:1 xy s1 0-0 pass", "a:12 x s1 0-0 pass"}},
		{"scope", second, store.StateFilter{Scope: "a:12"}, []string{"a:12 x s1 0-0 pass"}},
		{"check in scope", second, store.StateFilter{Scope: "a:1", Check: "xy"}, []string{"a:1 xy s1 0-0 pass"}},
		{"subject", second, store.StateFilter{Scope: "a:1", Check: "x", Subject: "s1"}, []string{"a:1 x s1 0-4 pass", "a:1 x s1 5-5 fail"}},
		{"subject anywhere", second, store.StateFilter{Subject: "s2"}, []string{"a:1 x s2 0-0 fail"}},
		{"check anywhere", second, store.StateFilter{Check: "xy"}, []string{"a:1 xy s1 0-0 pass"}},
		{"before any", 1, store.StateFilter{}, nil},
		{"nothing", second, store.StateFilter{Scope: "a"}, nil},
	}
	must(t, s.View(func(v *store.View) error {
		for _, tt := range tests {
			var got []string
			for s, err := range v.StatesAt(tt.size, tt.want) {
				must(t, err)
				days := func(t time.Time) int { return int(t.Sub(day(0)).Hours() / 24) }
				got = append(got, fmt.Sprintf("%s %s %s %d-%d %s", s.Scope, s.Check, s.Subject, days(s.First), days(s.Last), s.Verdict))
				if s.Control != "c-"+s.Check || s.Type != "t" || s.Name != "n"+s.Subject {
					t.Errorf("state %+v", s)
				}
			}
			if !slices.Equal(got, tt.got) {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.got)
			}
		}
		for range v.States(store.StateFilter{}) {
			break
		}
		return nil
	}))
	b, err := s.Begin()
	must(t, err)
	defer b.Discard()
	if err := b.PutStates([]evidence.State{{Scope: "a\x00b"}}); err == nil {
		t.Error("a scope with a zero byte was put")
	}
	if err := b.PutStates([]evidence.State{{Observation: evidence.Sum(nil)}}); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("an observation that is nowhere: %v", err)
	}
}
