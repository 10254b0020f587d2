package ingest

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden is a report as it is held against testdata/NAME.golden.
type golden struct {
	Report  reportDoc
	Results []resultDoc
}

// TestSARIFBases takes the longest place off an address, whatever order the places come in: an id must not differ by chance.
func TestSARIFBases(t *testing.T) {
	run := sarifRun{BaseIDs: map[string]sarifArtifact{"ROOT": {URI: "file:///build/"}, "WEB": {URI: "file:///build/web"},
		"ALL": {URI: "file:///"}, "NONE": {}}}
	for range 50 {
		if got := run.relative(sarifArtifact{URI: "file:///build/web/app.js"}); got != "app.js" {
			t.Fatalf("relative to %q", got)
		}
	}
	if got := run.relative(sarifArtifact{URI: "src/app.js"}); got != "src/app.js" {
		t.Errorf("relative to %q", got)
	}
}

// TestRead reads testdata/FORMAT*.in, telling the format from the content.
func TestRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.in")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			reports, err := Read(filepath.Base(file), body, "")
			if err != nil {
				t.Fatal(err)
			}
			var out []golden
			for _, r := range reports {
				seen[r.format] = true
				g := golden{Report: r.reportDoc(Config{})}
				for _, one := range r.results {
					g.Results = append(g.Results, r.doc(one, Config{}))
				}
				out = append(out, g)
			}
			got, err := json.MarshalIndent(out, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(got), "CANARY") {
				t.Error("a secret that a scanner found is kept")
			}
			name := strings.TrimSuffix(file, ".in") + ".golden"
			if flag.Lookup("update").Value.String() == "true" { // the flag of collecttest
				if err := os.WriteFile(name, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, f := range Formats() {
		if !seen[f] {
			t.Errorf("no example of %s", f)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ body, format, err string }{
		"empty":          {body: " \n", err: "it is empty"},
		"no format":      {body: `{"a":1}`, err: "expected one of sarif"},
		"unknown format": {body: `{}`, format: "word", err: "expected one of sarif"},
		"not UTF-8":      {body: "{\"runs\":\"\xff\"}", err: "expected UTF-8"},
		"cut":            {body: "{\n\"version\":\"2.1.0\",\n\"runs\":[", format: "sarif", err: "f:3:9: expected JSON"},
		"key twice":      {body: `{"version":"2.1.0","version":"2.1.0","runs":[]}`, format: "sarif", err: "f:1:20"},
		"old SARIF":      {body: `{"version":"2.0.0","runs":[{}]}`, err: "expected SARIF 2.1.0"},
		"too deep":       {body: strings.Repeat("[", 101) + strings.Repeat("]", 101), err: "nesting of at most 100"},
		"other class":    {body: `[{"class_uid":1001}]`, err: "expected a finding"},
		"empty OCSF":     {body: `[]`, format: "ocsf", err: "at least one finding"},
		"document type":  {body: `<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>`, err: "no document type"},
		"other XML":      {body: `<html/>`, err: "expected testsuites"},
		"unclosed XML":   {body: `<testsuite><testcase name="a">`, err: "expected XML"},
		"YAML alias": {body: "apiVersion: wgpolicyk8s.io/v1alpha2\nkind: PolicyReport\na: &a [1]\nb: *a\n",
			err: "f:4:4: expected no aliases"},
		"other kind":       {body: "apiVersion: wgpolicyk8s.io/v1alpha2\nkind: Pod\n", err: "expected PolicyReport"},
		"Trivy of old":     {body: `{"SchemaVersion":1}`, err: "expected 2"},
		"conftest nothing": {body: `[]`, format: "conftest", err: "at least one file"},
	} {
		t.Run(name, func(t *testing.T) {
			reports, err := Read("f", []byte(tt.body), tt.format)
			if !errors.Is(err, ErrReport) || !strings.Contains(err.Error(), tt.err) || reports != nil {
				t.Errorf("%d reports, error %v, want one with %q", len(reports), err, tt.err)
			}
		})
	}
}

// TestMerge holds that the worst of several results counts, in either order.
func TestMerge(t *testing.T) {
	a := result{rule: "r", resource: "x", result: suppressed, severity: "critical", occurrences: 1}
	for i, word := range outcomes {
		b := result{rule: "r", resource: "x", result: word, severity: "low", message: word, occurrences: 2}
		one, other := merge(a, b), merge(b, a)
		if one != other {
			t.Errorf("%s: %v in one order, %v in the other", word, one, other)
		}
		want := word
		if i > 2 {
			want = suppressed
		}
		if one.result != want || one.occurrences != 3 {
			t.Errorf("%s: got %s, %d times", word, one.result, one.occurrences)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"CKV_*", "CKV_AWS_1", true}, {"CKV_1", "CKV_12", false}, {"*", "", true}, {"a*b*c", "a/b/b/c", true},
		{"a*a", "a", false}, {"*x*", "aby", false},
	} {
		if got := glob(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%q on %q: %v", tt.pattern, tt.text, got)
		}
	}
}
