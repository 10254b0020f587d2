package ingest

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// The parts of Conftest's report that are read.
type (
	conftestFile struct {
		Name       string           `json:"filename"`
		Namespace  string           `json:"namespace"`
		Successes  *int             `json:"successes"`
		Skipped    []conftestResult `json:"skipped"`
		Warnings   []conftestResult `json:"warnings"`
		Failures   []conftestResult `json:"failures"`
		Exceptions []conftestResult `json:"exceptions"`
	}
	conftestResult struct {
		Message  string                    `json:"msg"`
		Metadata map[string]jsontext.Value `json:"metadata"`
		Location *struct {
			File string         `json:"file"`
			Line jsontext.Value `json:"line"`
		} `json:"loc"`
	}
)

// readConftest reads the report of conftest test --output json. Conftest counts what passed and does not name it: a file
// in which nothing else happened is one pass of its namespace.
func readConftest(body []byte) ([]*Report, error) {
	var files []conftestFile
	if err := decode(body, &files); err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, wrong("expected at least one file")
	}
	r := &Report{tool: "conftest"}
	for i := range files {
		f := &files[i]
		if f.Name == "" || f.Successes == nil {
			return nil, wrong("/%d: expected filename and successes", i)
		}
		f.addTo(r)
	}
	return []*Report{r}, nil
}

func (f *conftestFile) addTo(r *Report) {
	namespace := cmp.Or(f.Namespace, "main")
	file := inRepository(f.Name)
	n := 0
	for _, list := range []struct {
		results          []conftestResult
		result, severity string
	}{
		{f.Failures, fail, unknown}, {f.Warnings, fail, "low"}, {f.Exceptions, suppressed, unknown},
		{f.Skipped, unknown, unknown},
	} {
		for _, c := range list.results {
			n++
			one := result{rule: cmp.Or(c.text("id"), c.text("query"), namespace), title: c.text("title"), result: list.result,
				severity: cmp.Or(c.text("severity"), list.severity), resource: file, message: c.Message,
				location: location{Path: file}, kind: "file"}
			if c.Location != nil {
				one.location.Path = cmp.Or(inRepository(c.Location.File), file)
				one.location.Line = number(c.Location.Line)
			}
			r.add(one)
		}
	}
	switch {
	case n == 0 && *f.Successes > 0:
		r.add(result{rule: namespace, result: pass, resource: file, location: location{Path: file}, kind: "file",
			message: fmt.Sprintf("%d rules passed", *f.Successes)})
	case *f.Successes > 0:
		r.gap = "rules passed that the report counts and does not name"
	case n == 0:
		r.add(result{rule: namespace, result: unknown, resource: file, location: location{Path: file}, kind: "file",
			message: "no rule looked at the file"})
	}
}

// text is a text of the metadata that the rule gave, or that conftest adds.
func (c conftestResult) text(key string) string {
	v := c.Metadata[key]
	if v.Kind() != '"' {
		return ""
	}
	return textOf(v)
}

// number is what a JSON number, or a text that is one, says; 0 for anything else.
func number(v jsontext.Value) int {
	n, err := json.Number(textOf(v)).Int64()
	if err != nil || n != int64(int32(n)) {
		return 0
	}
	return int(n)
}
