package github

import (
	"testing"

	"exhibit/internal/evidence"
)

func TestCodeownersFile(t *testing.T) {
	blob := func(text any, cut bool) map[string]any { return map[string]any{"text": text, "isTruncated": cut} }
	verdict := map[string]any{"errors": []any{}}
	denied := []fault{{Type: "FORBIDDEN", Path: []any{"OwnersAtTop"}}}
	for _, tt := range []struct {
		name    string
		answer  map[string]any
		faults  []fault
		want    codeownersFile
		missing evidence.Outcome
	}{
		{"the first place counts", map[string]any{"Codeowners": verdict, "OwnersAtTop": blob("* @top", false), "OwnersInDocs": blob("* @docs", false)},
			nil, codeownersFile{"CODEOWNERS", "* @top"}, ""},
		{"an empty file", map[string]any{"Codeowners": verdict, "OwnersInGithub": blob("", false)}, nil, codeownersFile{Path: ".github/CODEOWNERS"}, ""},
		{"a folder of that name", map[string]any{"Codeowners": verdict, "OwnersInGithub": map[string]any{}, "OwnersAtTop": blob("* @top", false)},
			nil, codeownersFile{"CODEOWNERS", "* @top"}, ""},
		{"not shown whole", map[string]any{"Codeowners": verdict, "OwnersInGithub": blob("* @a", true)}, nil, codeownersFile{}, evidence.OutcomeFailed},
		{"no text", map[string]any{"Codeowners": verdict, "OwnersInGithub": blob(nil, false)}, nil, codeownersFile{}, evidence.OutcomeFailed},
		{"a place that was denied", map[string]any{"Codeowners": verdict, "OwnersInDocs": blob("* @docs", false)}, denied, codeownersFile{}, evidence.OutcomeDenied},
		{"none", map[string]any{"Codeowners": nil}, nil, codeownersFile{}, ""},
	} {
		p := &policies{of: map[string]map[string]any{"acme/shop": tt.answer}, faults: map[string][]fault{"acme/shop": tt.faults}}
		subject, doc := evidence.Subject{}, map[string]any{}
		if err := p.add(t.Context(), nil, &subject, doc, repo{FullName: "acme/shop"}); err != nil {
			t.Fatal(err)
		}
		got, _ := doc["CodeownersFile"].(codeownersFile)
		if got != tt.want || subject.Missing["CodeownersFile"].Outcome != tt.missing {
			t.Errorf("%s: %+v, missing %+v; want %+v, %q", tt.name, got, subject.Missing, tt.want, tt.missing)
		}
		if _, ok := subject.Missing["OwnersAtTop"]; ok {
			t.Errorf("%s: the answer's own name is no part of the document", tt.name)
		}
	}
}
