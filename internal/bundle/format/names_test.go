package format

import (
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

func TestPlainName(t *testing.T) {
	for name, want := range map[string]bool{
		"README.txt": true, "evidence/aws.s3.bucket.jsonl": true, "a/b/c-d_e.1": true,
		"": false, "/etc/passwd": false, "../x": false, "a/../b": false, "a//b": false, "a/": false, ".": false, ".hidden": false,
		"a/.b": false, `a\b`: false, "C:x": false, "a b": false, "é": false, "a\x00": false, "a\n": false, "-": true,
		strings.Repeat("a", 201): false,
	} {
		if got := PlainName(name); got != want {
			t.Errorf("PlainName(%q) = %v", name, got)
		}
	}
	for _, b := range Bodies() {
		if !PlainName(b.File) {
			t.Errorf("%s", b.File)
		}
	}
}

func TestKeys(t *testing.T) {
	scope := evidence.Scope{Provider: "aws", Account: "111122223333", Region: "eu-west-1"}
	s := evidence.Snapshot{Source: "prod", Collector: "aws.s3.bucket", Scope: scope}
	o := evidence.Observation{Scope: scope.ID(), Check: "s3.private", Subject: "arn:aws:s3:::a|b"}
	f := evidence.Finding{Control: "closed-storage", Scope: scope.ID()}
	if got := SeriesType(s.Series()); got != s.Collector {
		t.Errorf("type %q", got)
	}
	if got := ObservationCheck(o.Key()); got != o.Check {
		t.Errorf("check %q", got)
	}
	if got := FindingControl(f.Key()); got != f.Control {
		t.Errorf("control %q", got)
	}
	if SeriesType("x") != "" || ObservationCheck("x") != "" {
		t.Error("a key without parts has some")
	}
}
