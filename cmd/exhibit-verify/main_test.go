package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exhibit/internal/bundle/verify"
)

const vectors = "../../testdata/vectors"

func vector(name string) string { return filepath.Join(vectors, name) }

func key(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(vector(name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func TestRun(t *testing.T) {
	trusted := key(t, "ok-small.key")
	cut := filepath.Join(t.TempDir(), "cut.zip")
	b, err := os.ReadFile(vector("ok-small.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string // on stdout, or on stderr when the code is 2
	}{
		{"good", []string{vector("ok-small.zip")}, 0, "compare it with the one that you were given"},
		{"good, trusted", []string{"--key", trusted, vector("ok-small.zip")}, 0, "the trusted key"},
		{"extends a checkpoint", []string{"--previous", vector("ok-extends.previous"), vector("ok-extends.zip")}, 0, "extends the earlier"},
		{"extends a bundle", []string{"--previous", vector("ok-small.zip"), vector("ok-small.zip")}, 0, "extends the earlier"},
		{"tampered", []string{vector("bad-object-changed.zip")}, 1, "WRONG  evidence/aws.s3.bucket.jsonl: line"},
		{"another key", []string{"--key", trusted, vector("bad-resigned-tree.zip")}, 1, "WRONG  bundle.json: names another key"},
		{"rewritten", []string{"--previous", vector("bad-history-rewritten.previous"), vector("ok-small.zip")}, 1, "history was changed"},
		{"cut", []string{cut}, 1, "cut off"},
		{"foreign", []string{vector("foreign-zip.zip")}, 2, "not an audit bundle"},
		{"not there", []string{vector("none.zip")}, 2, "no such file"},
		{"a folder", []string{vectors}, 2, "not a regular file"},
		{"nothing", nil, 2, "Usage:"},
		{"two", []string{"a", "b"}, 2, "Usage:"},
		{"unknown flag", []string{"--kye", "x"}, 2, "Usage:"},
		{"no key", []string{"--key", "x", vector("ok-small.zip")}, 2, "trusted key"},
		{"no checkpoint", []string{"--previous", vector("foreign-zip.zip"), vector("ok-small.zip")}, 2, "earlier checkpoint"},
		{"help", []string{"--help"}, 0, "Exit codes"},
		{"version", []string{"--version"}, 0, "exhibit-verify "},
	} {
		var stdout, stderr bytes.Buffer
		code := run(tc.args, &stdout, &stderr)
		out := stdout.String()
		if tc.code == 2 {
			out = stderr.String()
		}
		if code != tc.code || !strings.Contains(out, tc.says) {
			t.Errorf("%s: exit %d, want %d with %q\n%s%s", tc.name, code, tc.code, tc.says, &stdout, &stderr)
		}
	}
}

func TestJSON(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"--json", vector("bad-verdict-changed.zip")}, &stdout, &stderr); code != 1 {
		t.Fatalf("exit %d, %s", code, &stderr)
	}
	var r verify.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Problems) == 0 || r.Problems[0].File != "manifests/observations.jsonl" || r.Root == "" {
		t.Errorf("%+v", r)
	}
}
