package collectors_test

import (
	"encoding/json"
	"testing"

	"exhibit/internal/collect"
	"exhibit/internal/simcloud"
)

// TestSimulatedAWSOdd collects from an AWS that answers as it may and seldom does: with members that no SDK knows, with
// an empty page before the first, and without empty lists. The same subjects come out; they say the same, but for lists
// that are empty there and absent here.
func TestSimulatedAWSOdd(t *testing.T) {
	collected := func(o simcloud.Options) map[string]string {
		_, b := collectAWS(t, startWith(t, o), "", collect.Limits{})
		for _, s := range b.snapshots(t) {
			if !s.Listed() || !s.Completeness.Whole() {
				t.Errorf("%s in %s ended %s: %+v", s.Collector, s.Scope.ID(), s.Outcome, s.Completeness)
			}
		}
		snaps, objects, err := b.Snapshots()
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for i, snap := range snaps {
			for id, object := range objects[i] {
				out[snap.Collector+" in "+snap.Scope.ID()+" "+id] = full(t, object)
			}
		}
		return out
	}
	want, got := collected(simcloud.Options{}), collected(simcloud.Options{Odd: true})
	for id, doc := range want {
		if got[id] != doc {
			t.Errorf("%s is\n%s\nand from an odd AWS\n%s", id, doc, got[id])
		}
	}
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%d subjects, from an odd AWS %d", len(want), len(got))
	}
}

// full returns a JSON document without what is empty.
func full(t *testing.T, object []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(object, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(dropEmpty(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// dropEmpty takes lists, objects and nulls without content out of objects; nil is what has no content.
func dropEmpty(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = dropEmpty(v[i])
		}
		if len(v) > 0 {
			return v
		}
		return nil
	case map[string]any:
		for k, e := range v {
			if v[k] = dropEmpty(e); v[k] == nil {
				delete(v, k)
			}
		}
		if len(v) > 0 {
			return v
		}
		return nil
	}
	return v
}
