package assess

import (
	"context"
	"testing"

	"exhibit/internal/evidence"
)

// TestNullIsUnset holds has() and .? to take a null of a declared field for absent, while reading it gives null.
func TestNullIsUnset(t *testing.T) {
	type inner struct{ Text *string }
	schema := evidence.Schema{Type: "x.y", Doc: evidence.ShapeOf[struct {
		In   inner
		List []inner
	}]()}
	for expr, want := range map[string]evidence.Verdict{
		`has(subject.doc.In.Text)`:                           evidence.Fail,
		`subject.doc.In.?Text.orValue("none") == "none"`:     evidence.Pass,
		`subject.doc.In.Text == null`:                        evidence.Pass,
		`subject.doc.List.exists(e, has(e.Text))`:            evidence.Fail,
		`subject.doc.?In.?Text.orValue("") == ""`:            evidence.Pass,
		`subject.doc.List.all(e, e.?Text.orValue("") < "a")`: evidence.Pass,
	} {
		e, err := New([]evidence.Control{{ID: "c", Checks: []evidence.Check{{ID: "k", Subject: "x.y", Assert: expr}}}},
			[]evidence.Schema{schema})
		if err != nil {
			t.Fatal(err)
		}
		o, err := e.Case(context.Background(), "k", Case{Subject: evidence.Subject{Type: "x.y", ID: "1",
			Doc: []byte(`{"In":{"Text":null},"List":[{"Text":null}]}`)}})
		if err != nil || o.Verdict != want {
			t.Errorf("%s: %s %s %v, want %s", expr, o.Verdict, o.Reason, err, want)
		}
	}
}
