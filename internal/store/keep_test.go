package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
	"exhibit/internal/store/storetest"
)

// TestKeep builds lists of objects that were committed before, in the newest list of the series or elsewhere.
func TestKeep(t *testing.T) {
	s := storetest.New(t)
	commitLooks(t, s, 1, look{"one", evidence.OutcomeOK, map[string]string{"a": `{"v":1}`, "b": `{"v":2}`}})
	commitLooks(t, s, 2, look{"one", evidence.OutcomeThrottled, map[string]string{"c": `{"v":3}`}})
	b, err := s.Begin()
	must(t, err)
	defer b.Discard()
	series := "one|aws.s3.bucket|aws:1"
	build := func(fill func(w *store.ListWriter)) (evidence.ListRef, error) {
		w := b.List(series, "aws.s3.bucket")
		fill(w)
		return w.Close()
	}
	keep := func(w *store.ListWriter, key, object string) { must(t, w.Keep(key, evidence.Sum([]byte(object)))) }
	add := func(w *store.ListWriter, key, object string) {
		_, err := w.Add(context.Background(), key, []byte(object))
		must(t, err)
	}
	kept, err := build(func(w *store.ListWriter) {
		keep(w, "a", `{"v":1}`) // not in the newest list
		keep(w, "c", `{"v":3}`) // in it
		add(w, "d", `{"v":4}`)
	})
	must(t, err)
	added, err := build(func(w *store.ListWriter) {
		add(w, "a", `{"v":1}`)
		add(w, "c", `{"v":3}`)
		add(w, "d", `{"v":4}`)
	})
	must(t, err)
	if kept != added {
		t.Errorf("the same objects make %+v kept and %+v added", kept, added)
	}
	if _, err := build(func(w *store.ListWriter) { keep(w, "x", `{"never":"there"}`) }); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("an object that the store does not have: %v", err)
	}
	if _, err := build(func(w *store.ListWriter) { keep(w, "a", `{"v":1}`); add(w, "a", `{"v":5}`) }); err == nil {
		t.Error("a key kept and added: closed")
	}
	body, err := evidence.Encode(evidence.Run{ID: "3"})
	must(t, err)
	_, err = b.Commit(evidence.KindRun, body, storetest.Start().AddDate(0, 0, 3))
	must(t, err)
	must(t, s.View(func(v *store.View) error {
		got := map[string]string{}
		err := v.Objects(kept, func(key string, _ evidence.Digest, object []byte) error {
			got[key] = string(object)
			return nil
		})
		if want := map[string]string{"a": `{"v":1}`, "c": `{"v":3}`, "d": `{"v":4}`}; !maps.Equal(got, want) {
			t.Errorf("read back %v, want %v", got, want)
		}
		return err
	}))
}

func TestNewest(t *testing.T) {
	s := storetest.New(t)
	list := map[string]string{"a": `{}`}
	commitLooks(t, s, 1, look{"one", evidence.OutcomeOK, list}, look{"two", evidence.OutcomeOK, list})
	commitLooks(t, s, 2, look{"one", evidence.OutcomeDenied, nil})
	must(t, s.View(func(v *store.View) error {
		for _, tt := range []struct {
			size                     int64
			source, collector, scope string
			want                     string
		}{
			{v.Size(), "one", "aws.s3.bucket", "aws:1", "2 denied"},
			{v.Size() + 9, "two", "aws.s3.bucket", "aws:1", "1 ok"},
			{2, "one", "aws.s3.bucket", "aws:1", "1 ok"},
			{1, "one", "aws.s3.bucket", "aws:1", "none"},
			{v.Size(), "zero", "aws.s3.bucket", "aws:1", "none"},
			{v.Size(), "one", "aws.s3", "aws:1", "none"},
			{v.Size(), "one", "aws.s3.bucket", "aws:11", "none"},
		} {
			got := "none"
			newest, ok, err := v.Newest(tt.size, tt.source, tt.collector, tt.scope)
			if err != nil {
				return err
			}
			if ok {
				got = fmt.Sprint(newest.Entry, " ", newest.Outcome)
				if raw, err := v.Object(newest.Digest); err != nil || len(raw) == 0 {
					t.Errorf("its object: %v", err)
				}
			}
			if got != tt.want {
				t.Errorf("%+v: %s", tt, got)
			}
		}
		return nil
	}))
}
