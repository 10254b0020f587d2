package collectors_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exhibit/collectors/file"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// TestFolder collects a folder with everything in it that can stand in one.
func TestFolder(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, path string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(dir, path)); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret.txt"), "not for the folder")
	write(filepath.Join(dir, "users.csv"), "user,mfa\nann,true\n")
	write(filepath.Join(dir, "scan/result.json"), `{"passed": true, "count": 12345678901234567890}`)
	write(filepath.Join(dir, "scan/broken.json"), `{"passed": true`)
	write(filepath.Join(dir, "minutes.pdf"), "%PDF")
	write(filepath.Join(dir, "large.csv"), "a\n"+strings.Repeat("1\n", 1<<20))
	link("users.csv", "again.csv")
	link(filepath.Join(outside, "secret.txt"), "out.txt")
	link("../../../../../../../../etc", "up")
	link("scan", "folder")

	run, b := collectFolder(t, file.Config{Path: dir})
	if run.Outcome != evidence.OutcomeOK {
		t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	got := map[string]string{}
	for _, s := range b.subjects(t, "file.document") {
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(s.Doc, &doc); err != nil {
			t.Fatal(err)
		}
		delete(doc, "modified")
		if _, err := evidence.ParseDigest(strings.Trim(string(doc["digest"]), `"`)); err != nil {
			t.Errorf("%s: %v", s.ID, err)
		}
		delete(doc, "digest")
		got[s.ID] = string(must(t, doc))
	}
	want := map[string]string{
		"users.csv":        `{"format":"csv","name":"users.csv","path":"users.csv","records":[{"mfa":"true","user":"ann"}],"size":18}`,
		"again.csv":        `{"format":"csv","name":"again.csv","path":"again.csv","records":[{"mfa":"true","user":"ann"}],"size":18}`,
		"scan/result.json": `{"content":{"count":12345678901234567890,"passed":true},"format":"json","name":"result.json","path":"scan/result.json","size":47}`,
		"scan/broken.json": `{"format":"json","name":"broken.json","path":"scan/broken.json","size":15,"undecoded":"not JSON, or not unambiguous: keys must not repeat and text must be UTF-8"}`,
		"minutes.pdf":      `{"format":"","name":"minutes.pdf","path":"minutes.pdf","size":4}`,
		"large.csv":        `{"format":"csv","name":"large.csv","path":"large.csv","size":2097154,"undecoded":"larger than 1048576 bytes"}`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("documents (-want +got):\n%s", d)
	}
	excluded := b.snapshots(t)[0].Completeness.Excluded
	slices.SortFunc(excluded, func(a, b evidence.Excluded) int { return strings.Compare(a.Reason, b.Reason) })
	if d := cmp.Diff([]evidence.Excluded{
		{Reason: "link that leads out of the folder or nowhere", Count: 2},
		{Reason: "link to a folder", Count: 1},
	}, excluded); d != "" {
		t.Errorf("excluded (-want +got):\n%s", d)
	}
}

func TestFolderPatterns(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.csv", "b.json", "c.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, b := collectFolder(t, file.Config{Path: dir, Match: []string{"*.csv", "b.*"}})
	if n := len(b.subjects(t, "file.document")); n != 2 {
		t.Errorf("%d files match, want 2", n)
	}
	if c := b.snapshots(t)[0].Completeness; c.Listed != 3 || c.Kept != 2 {
		t.Errorf("listed %d, kept %d; want 3 and 2", c.Listed, c.Kept)
	}
}

// A relative path starts where the source says.
func TestFolderRelative(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "papers"), 0o700); err != nil {
		t.Fatal(err)
	}
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "papers", Provider: file.Provider{}, Decode: into(file.Config{Path: "papers"}), Dir: dir}},
		Batch:   collecttest.NewMemory(),
	})
	if err != nil || run.Outcome != evidence.OutcomeOK && run.Outcome != evidence.OutcomeEmpty {
		t.Errorf("run ended %s, %v: %+v", run.Outcome, err, run.Scopes)
	}
}

// A folder that is not there is an outcome, not an empty folder.
func TestFolderGone(t *testing.T) {
	run, b := collectFolder(t, file.Config{Path: filepath.Join(t.TempDir(), "gone")})
	if run.Outcome != evidence.OutcomeFailed || !strings.Contains(run.Scopes[0].Reason, "cannot be opened") {
		t.Errorf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	if s := b.snapshots(t)[0]; s.Listed() {
		t.Errorf("snapshot ended %s, which says that there is nothing", s.Outcome)
	}
}

func collectFolder(t *testing.T, config file.Config) (evidence.Run, memory) {
	t.Helper()
	b := memory{collecttest.NewMemory()}
	run, err := collect.Run(t.Context(), collect.Config{
		Sources: []collect.OpenSource{{Name: "papers", Provider: file.Provider{}, Decode: into(config)}}, Batch: b.Memory,
		RedactionKey: make([]byte, 32), Limits: collect.Limits{Pace: math.Inf(1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if id := run.Scopes[0].Scope.ID(); id != "file:papers" {
		t.Errorf("scope %s, want file:papers", id)
	}
	return run, b
}

func must(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
