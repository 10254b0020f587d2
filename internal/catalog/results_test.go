package catalog

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// TestMappedResults holds what becomes of the check of results when some are mapped to other controls: it is there once
// more in each of them, and looks at none of theirs any more.
func TestMappedResults(t *testing.T) {
	schemas := []evidence.Schema{{Type: "policy.result", Doc: evidence.ShapeOf[struct {
		Result  string   `json:"result"`
		Control []string `json:"control"`
	}]()}}
	check := `checks:
  - id: policy.result.fails
    title: Nothing is rejected
    subject: policy.result
    where: subject.doc.result != "suppressed"
    assert: subject.doc.result == "pass"
    facts: { result: subject.doc.result }
    on_empty: unknown
    severity: high
    remediation: Mend it.
    cases:
      - { expect: pass, doc: { result: pass } }
      - { expect: fail, doc: { result: fail } }
`
	head := "title: T\nstatement: S\nowner: security\nfreshness: 7d\n"
	files := fstest.MapFS{"controls/a/results.yaml": {Data: []byte(head + check)},
		"controls/a/one.yaml": {Data: []byte(head + "manual: Look.\n")},
		"controls/a/two.yaml": {Data: []byte(head + "manual: Look.\n")}}
	plain, err := Load(files, schemas)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(files, schemas, Mapped{"one", []string{"images", "code"}}, Mapped{"results", []string{"code"}})
	if err != nil {
		t.Fatal(err)
	}
	wheres := map[string]string{}
	for _, control := range c.Controls {
		for _, k := range control.Checks {
			wheres[control.ID+" "+k.ID+" "+strings.Join(k.Sources, ",")] = k.Where
		}
	}
	want := map[string]string{
		"one policy.result.one code,images": `"one" in subject.doc.?control.orValue([]) && (subject.doc.result != "suppressed")`,
		"results policy.result.fails ": `!subject.doc.?control.orValue([]).exists(c, c in ["one"]) && ` +
			`(subject.doc.result != "suppressed")`,
	}
	if d := cmp.Diff(want, wheres); d != "" {
		t.Errorf("checks (-want +got):\n%s", d)
	}
	if results, err := c.RunCases(t.Context()); err != nil || len(results) != 2 || !results[0].OK() || !results[1].OK() {
		t.Errorf("the cases of the check: %+v, %v", results, err)
	}
	before, _ := plain.Digest()
	if after, err := c.Digest(); err != nil || after == before {
		t.Errorf("the digest does not tell what is mapped: %v", err)
	}
	raw, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(raw, schemas)
	if err != nil || cmp.Diff(c.Controls, again.Controls) != "" {
		t.Errorf("decoded: %v", err)
	}
	if _, err := Load(files, schemas, Mapped{"three", []string{"code"}}); !errors.Is(err, ErrMapped) ||
		!strings.Contains(err.Error(), `source code: ingest: controls: there is no control "three"`) {
		t.Errorf("an unknown control: %v", err)
	}
	if _, err := Load(os.DirFS("testdata/good"), testSchemas(), Mapped{"bucket-size", []string{"code"}}); !errors.Is(err, ErrMapped) {
		t.Errorf("a catalog without the check of results: %v", err)
	}
}
