package ingest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// collected is one run over reports or a folder: its outcomes, and the subjects by id.
func collected(t *testing.T, p Provider, c Config) (evidence.Run, []evidence.Snapshot, map[string]string) {
	t.Helper()
	batch := collecttest.NewMemory()
	run, err := collect.Run(context.Background(), collect.Config{
		Sources: []collect.OpenSource{{Name: "code", Provider: p,
			Decode: func(into any) error { *into.(*Config) = c; return nil }}},
		Batch: batch, RedactionKey: []byte("test"), Trigger: "ingest", Tool: "test",
		Now: func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	snaps, all, err := batch.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	subjects := map[string]string{}
	for _, one := range all {
		for id, object := range one {
			subjects[id] = string(object)
		}
	}
	return run, snaps, subjects
}

func delivered(t *testing.T, files ...string) Provider {
	t.Helper()
	d := &Delivery{Caller: evidence.Identity{ID: "https://issuer.example.com|pipeline", Kind: "oidc"}}
	for _, f := range files {
		body, err := os.ReadFile(filepath.Join("testdata", f))
		if err != nil {
			t.Fatal(err)
		}
		reports, err := Read(f, body, "")
		if err != nil {
			t.Fatal(err)
		}
		d.Reports = append(d.Reports, reports...)
	}
	return Provider{Delivery: d}
}

// TestDelivery holds that tools stand apart, that the same report twice is merged, and that who delivered is recorded.
func TestDelivery(t *testing.T) {
	run, snaps, subjects := collected(t, delivered(t, "sarif.in", "sarif.in", "ocsf.in"),
		Config{Controls: map[string]string{"go/*": "b", "*injection": "a"}})
	if run.Outcome != evidence.OutcomeOK || len(run.Scopes) != 2 || run.Scopes[0].Scope.ID() != "ingest:code/codeql" {
		t.Fatalf("run %+v", run)
	}
	for _, s := range snaps {
		if s.Origin.Caller.Kind != "oidc" || s.Completeness.Listed == 0 {
			t.Errorf("%s: %+v", s.Series(), s.Origin)
		}
	}
	var subject struct{ Doc resultDoc }
	id := "codeql|go/sql-injection|db/q.go|primaryLocationLineHash=39fa:1"
	if err := json.Unmarshal([]byte(subjects[id]), &subject); err != nil {
		t.Fatalf("%v: %q", err, subjects[id])
	}
	if d := subject.Doc; d.Occurrences != 2 || strings.Join(d.Control, " ") != "a b" {
		t.Errorf("%d occurrences, controls %v", d.Occurrences, d.Control)
	}
}

// TestUnsaid holds that a report of failures only, or of a scan that broke off, leaves the list incomplete.
func TestUnsaid(t *testing.T) {
	for _, file := range []string{"sarif-broken.in", "policyreport-list.in", "trivy.in", "conftest.in"} {
		run, snaps, subjects := collected(t, delivered(t, file), Config{})
		if run.Outcome != evidence.OutcomeSkipped || !strings.Contains(run.Scopes[0].Reason, file) {
			t.Errorf("%s: outcome %s: %s", file, run.Outcome, run.Scopes[0].Reason)
		}
		for _, s := range snaps {
			if want := s.Collector == "policy.report"; s.Listed() != want {
				t.Errorf("%s: %s is whole: %v", file, s.Collector, s.Listed())
			}
		}
		if len(subjects) < 2 {
			t.Errorf("%s: what it does say is not kept", file)
		}
	}
}

// TestFolder holds that a file that is not understood is refused whole, and that no other is taken for all there is.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	body, err := os.ReadFile("testdata/sarif.in")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.sarif": string(body), "b.sarif": "{", "c.txt": "no report"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run, _, subjects := collected(t, Provider{}, Config{Path: dir, Match: []string{"a.*"}})
	if run.Outcome != evidence.OutcomeOK || len(subjects) == 0 {
		t.Errorf("outcome %s, %d subjects", run.Outcome, len(subjects))
	}
	run, snaps, more := collected(t, Provider{}, Config{Path: dir, Match: []string{"*.sarif"}})
	if run.Outcome != evidence.OutcomeFailed || len(more) != len(subjects) || snaps[0].Listed() || snaps[1].Listed() {
		t.Errorf("outcome %s, %d subjects, want %d", run.Outcome, len(more), len(subjects))
	}
	run, snaps, _ = collected(t, Provider{}, Config{Path: filepath.Join(dir, "c.txt")})
	if run.Outcome != evidence.OutcomeFailed || len(snaps) != 0 {
		t.Errorf("outcome %s, %d snapshots", run.Outcome, len(snaps))
	}
	run, snaps, _ = collected(t, Provider{}, Config{})
	if run.Outcome != evidence.OutcomeEmpty || len(snaps) != 0 {
		t.Errorf("without a path: outcome %s, %d snapshots", run.Outcome, len(snaps))
	}
}

func TestReadConfig(t *testing.T) {
	for want, c := range map[string]Config{
		"expected one of sarif": {Format: "word"},
		"there is no path":      {Match: []string{"*"}},
		"syntax error":          {Path: "x", Match: []string{"["}},
		"the id of a control":   {Controls: map[string]string{"*": ""}},
	} {
		_, err := ReadConfig(func(into any) error { *into.(*Config) = c; return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
