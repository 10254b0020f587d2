package collecttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// feeds refuses one operation after the other and holds what is missing then against what the provider says of it. With
// -update it is written anew.
func (s *suite) feeds(t *testing.T, c collect.Collector, all []*take) {
	t.Helper()
	if _, ok := s.provider.(collect.Fed); !ok {
		return
	}
	i := slices.IndexFunc(s.faults.classes(), func(f fault) bool { return f.want == evidence.OutcomeDenied })
	if i < 0 {
		t.Fatal("faults.json does not say how a denial is spelled")
	}
	fed := map[string][]string{}
	for _, o := range c.Operations {
		k := all[max(0, slices.IndexFunc(all, func(k *take) bool { return k.asks(o.Name) }))]
		tape := newTape(k.exchanges)
		tape.refused, tape.fault = o.Name, s.faults.classes()[i]
		fed[o.Name] = lost(t, k.run(t, c, tape), o.Name)
	}
	want := []byte(feedsText(t, fed))
	file := filepath.Join(collect.FeedsDir, c.Type()+".json")
	if *update {
		if err := os.MkdirAll(collect.FeedsDir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not current: run this test with -update (%v)", file, err)
	}
}

// lost is what a run without one operation lacks.
func lost(t *testing.T, r result, op string) []string {
	t.Helper()
	if !r.snap.Outcome.Seen() {
		return []string{collect.FeedsList}
	}
	keys := []string{}
	for _, object := range r.subjects {
		var s evidence.Subject
		if err := json.Unmarshal(object, &s); err != nil {
			t.Fatal(err)
		}
		for key, m := range s.Missing {
			if m.Operation == op && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// feedsText is JSON with a line an operation.
func feedsText(t *testing.T, fed map[string][]string) string {
	t.Helper()
	var lines []string
	for _, op := range sortedKeys(fed) {
		keys, err := json.Marshal(fed[op])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("  %q: %s", op, keys))
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}\n"
}
