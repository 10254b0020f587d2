package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/daemon"
)

// TestPruneCompacts disposes of large papers that are long replaced: the file becomes shorter, unless the process that holds
// it is asked, or it is told to leave it.
func TestPruneCompacts(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	var out, problems bytes.Buffer
	w := world{stdout: &out, stderr: &problems, getenv: func(string) string { return "" }, now: func() time.Time { return now },
		dir: dir}
	exec := func(args ...string) string {
		t.Helper()
		out.Reset()
		if code := run(context.Background(), args, w); code != 0 {
			t.Fatalf("exhibit %s: exit %d: %s", strings.Join(args, " "), code, problems.String())
		}
		return out.String()
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	size := func() int64 {
		t.Helper()
		info, err := os.Stat(filepath.Join(dir, "evidence.db"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	random := rand.NewChaCha8([32]byte{1})
	// collect looks at a new large paper in each of some weeks.
	collect := func(weeks int) {
		t.Helper()
		for range weeks {
			paper := make([]byte, 200<<10)
			_, _ = random.Read(paper)
			write("papers/a.json", `{"text": "`+hex.EncodeToString(paper)+`"}`)
			now = now.AddDate(0, 0, 7)
			exec("collect")
		}
	}
	write(config.FileName, "sources: [{ name: papers, file: { path: papers } }]\nretention: { documents: 90d, observations: 90d }\n")
	exec("init")

	collect(8)
	now = now.AddDate(0, 0, 200)
	collect(1)
	before := size()
	if got := exec("store", "prune", "--keep-length"); !strings.Contains(got, "the file keeps its length") || size() != before {
		t.Errorf("told to keep its length, the file went from %d to %d:\n%s", before, size(), got)
	}
	if got := exec("store", "prune"); !strings.Contains(got, "nothing is to be disposed of") || size() != before {
		t.Errorf("with nothing to dispose of, the file went from %d to %d:\n%s", before, size(), got)
	}

	now = now.AddDate(0, 0, 200)
	collect(1)
	before = size()
	got := exec("store", "prune")
	if after := size(); !strings.Contains(got, " became ") || after > before/2 {
		t.Errorf("the file went from %d to %d:\n%s", before, after, got)
	}
	if got := exec("store", "check"); !strings.Contains(got, "all good") {
		t.Error(got)
	}

	collect(4)
	now = now.AddDate(0, 0, 200)
	collect(1)
	cfg, err := config.Load(filepath.Join(dir, config.FileName), daemon.ProviderNames())
	if err != nil {
		t.Fatal(err)
	}
	app, err := daemon.Open(daemon.Options{Config: cfg, Mode: daemon.Write, Now: w.now, Getenv: w.getenv})
	if err != nil {
		t.Fatal(err)
	}
	defer app.Close()
	w.held = app
	before = size()
	if got := exec("store", "prune"); !strings.Contains(got, "erased ") || !strings.Contains(got, "the file keeps its length") ||
		size() != before {
		t.Errorf("under a daemon the file went from %d to %d:\n%s", before, size(), got)
	}
}
