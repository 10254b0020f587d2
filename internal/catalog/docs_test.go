package catalog

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

func TestDocs(t *testing.T) {
	var b strings.Builder
	if err := loadGood(t).Docs(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/good.md", []byte(b.String()))
	full := errors.New("disk full")
	if err := loadGood(t).Docs(failWriter{full}); !errors.Is(err, full) {
		t.Errorf("the writer's error is lost: %v", err)
	}
}

type failWriter struct{ err error }

func (w failWriter) Write([]byte) (int, error) { return 0, w.err }

func TestMarkdown(t *testing.T) {
	if got := markdown("a|b\n*c* <i> [x](y) `z` \\"); got != `a\|b \*c\* &lt;i> \[x](y) `+"\\`z\\`"+` \\` {
		t.Errorf("%s", got)
	}
	for in, want := range map[string]string{"a": "`a`", "a `b`": "`` a `b` ``", "a\n  b": "`a b`"} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestLint(t *testing.T) {
	c := loadGood(t)
	var got []string
	for _, w := range c.Lint() {
		got = append(got, w.String())
	}
	want := []string{"bucket-size, aws.s3.bucket-twin: no facts: a reader sees a verdict and no value"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
	bad := &Catalog{Frameworks: []evidence.Framework{{}}, Controls: []evidence.Control{{ID: "c", Title: "Ensure that x.",
		Params: map[string]evidence.Param{"unread": {}}, Checks: []evidence.Check{{ID: "b.x", Subject: "aws.s3.bucket",
			Title: strings.Repeat("x", 101), Where: "true", Facts: map[string]string{"a": "1"}}}}},
		Cases: []Case{{Check: "b.x", Expect: evidence.Unknown}}}
	got = nil
	for _, w := range bad.Lint() {
		got = append(got, w.String())
	}
	want = []string{"c: no framework maps to it", "c: the title is one line without a full stop",
		"c: the title says what is right, not what to do: do not begin with Ensure",
		"c, b.x: the title has 101 letters; the most is 100", "c, b.x: the id does not begin with its provider, aws",
		"c, b.x: no case is not-applicable, although where leaves subjects out", "c: no check reads the param unread"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
}
