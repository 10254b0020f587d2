package github

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

// TestReadStatement holds what is kept of a statement, and that what is none is told from one that does not fit.
func TestReadStatement(t *testing.T) {
	const file = "sha256:aa11"
	statement := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for name, tt := range map[string]struct {
		kind, payload, want, problem string
		subjects                     int
	}{
		"of several files": {
			payload: statement(`{"_type":"T","predicateType":"P","subject":[{"name":"a","digest":{"sha256":"AA11"}},
				{"name":"b","digest":{"sha256":"bb22"}},{"name":"c","digest":{"sha512":"aa11"}},{"name":"d"}],"zz":1}`),
			want: `{"_type":"T","predicateType":"P","subject":[{"digest":{"sha256":"AA11"},"name":"a"}]}`, subjects: 4,
		},
		"of nothing that is the file": {
			payload: statement(`{"_type":"T","predicateType":"P","subject":[{"name":"b","digest":{"sha256":""}}]}`),
			want:    `{"_type":"T","predicateType":"P","subject":[]}`, subjects: 1,
		},
		"without inputs": {
			payload: statement(`{"subject":[],"predicate":{"buildDefinition":{"buildType":"B","internalParameters":{"x":1},
				"externalParameters":{"inputs":{"password":"hunter2"},"workflow":{"path":"p"}}},
				"runDetails":{"builder":{"id":"I"},"byproducts":[1]}}}`),
			want: `{"predicate":{"buildDefinition":{"buildType":"B","externalParameters":{"workflow":{"path":"p"}}},` +
				`"runDetails":{"builder":{"id":"I"}}},"subject":[]}`,
		},
		"of another kind": {kind: "text/plain", payload: statement(`{"subject":[]}`), problem: "the payload is of a type other than a statement's"},
		"no base64":       {payload: "%%%", problem: "the payload is no base64"},
		"no object":       {payload: statement(`[1]`), problem: "the payload is no JSON object"},
		"cut short":       {payload: statement(`{"subject":[`), problem: "the payload is no JSON object"},
		"about nothing":   {payload: statement(`{"_type":"T"}`), problem: "the statement is about nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			kind := "application/vnd.in-toto+json"
			if tt.kind != "" {
				kind = tt.kind
			}
			got, subjects, err := readStatement(kind, tt.payload, file)
			if tt.problem != "" {
				if err == nil || err.Error() != tt.problem {
					t.Fatalf("error %v, want %s", err, tt.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if string(raw) != tt.want || subjects != tt.subjects {
				t.Errorf("%d subjects, %s\nwant %d, %s", subjects, raw, tt.subjects, tt.want)
			}
		})
	}
}
