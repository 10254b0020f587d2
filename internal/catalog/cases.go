package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/assess"
	"exhibit/internal/evidence"
)

// caseTime is what now is in a case that does not say.
const caseTime = "2026-01-01T00:00:00Z"

// Case is one worked example of a check, with the verdict that it must give.
type Case struct {
	Control, Check string
	Name           string // "case 2" when the file gives none
	File           string
	Line, Column   int
	Expect         evidence.Verdict
	Input          assess.Case
}

// cases reads a check's cases. A check needs one that passes and one that fails.
func (l *loader) cases(r *reader, f fields, control string, k evidence.Check) {
	var passes, fails bool
	for i, n := range f.list("cases") {
		c := Case{Control: control, Check: k.ID, File: r.file, Line: n.Line, Column: n.Column}
		g := r.fields(n, "case", "name", "expect", "id", "doc", "tags", "scope", "missing", "redacted", "related",
			"params", "now")
		if c.Name = g.text("name", false); c.Name == "" {
			c.Name = fmt.Sprintf("case %d", i+1)
		}
		c.Expect = evidence.Verdict(g.oneOf("expect", true, "pass", "fail", "unknown", "not-applicable"))
		passes = passes || c.Expect == evidence.Pass
		fails = fails || c.Expect == evidence.Fail
		c.Input.Scope = l.caseScope(r, g.vals["scope"], k.Subject)
		c.Input.Subject = l.caseSubject(g, k.Subject, c.Name)
		for j, rel := range g.list("related") {
			h := r.fields(rel, "related", "type", "id", "doc", "tags", "missing", "redacted")
			typ := h.text("type", true)
			if _, ok := l.schemas[typ]; typ != "" && !ok {
				r.fail(h.vals["type"], "type: unknown subject type %s", typ)
				continue
			}
			c.Input.Related = append(c.Input.Related, l.caseSubject(h, typ, fmt.Sprintf("related %d", j+1)))
		}
		now := g.text("now", false)
		if now == "" {
			now = caseTime
		}
		t, err := time.Parse(time.RFC3339, now)
		if err != nil {
			r.fail(g.vals["now"], "now: expected a time such as %s, got %s", caseTime, now)
		}
		c.Input.Now = t
		if p := g.vals["params"]; p != nil {
			c.Input.Settings = map[string]json.RawMessage{}
			for _, e := range r.entries(p, "params") {
				c.Input.Settings[e.key] = r.json(e.value, "params."+e.key)
			}
		}
		l.catalog.Cases = append(l.catalog.Cases, c)
	}
	if f.node.Kind == yaml.MappingNode && (!passes || !fails) {
		var lack []string
		if !passes {
			lack = append(lack, "passes")
		}
		if !fails {
			lack = append(lack, "fails")
		}
		r.fail(f.node, "check %s: cases: expected at least one that %s", k.ID, strings.Join(lack, " and one that "))
	}
}

// caseSubject reads doc, id, tags, redacted and missing. The document must have the shape that the schema declares.
func (l *loader) caseSubject(f fields, typ, name string) evidence.Subject {
	s := evidence.Subject{Type: typ, ID: f.text("id", false), Name: name, Doc: json.RawMessage("{}")}
	if s.ID == "" {
		s.ID = name
	}
	if doc := f.vals["doc"]; doc != nil {
		if raw := f.r.json(doc, "doc"); raw != nil {
			s.Doc = raw
			f.r.shape(doc, "doc", l.schemas[typ].Doc)
		}
	} else if f.node.Kind == yaml.MappingNode {
		f.r.fail(f.node, "%s: doc is missing", f.what)
	}
	if n := f.vals["tags"]; n != nil {
		s.Tags = map[string]string{}
		for _, e := range f.r.entries(n, "tags") {
			s.Tags[e.key], _ = f.r.text(e.value, "tags."+e.key)
		}
	}
	for _, n := range f.list("redacted") {
		g := f.r.fields(n, "redacted", "path", "rule", "found")
		s.Redacted = append(s.Redacted, evidence.Redaction{
			Path: g.text("path", true), Rule: g.text("rule", true), Found: g.text("found", false),
		})
	}
	if n := f.vals["missing"]; n != nil {
		s.Missing = map[string]evidence.Missing{}
		for _, e := range f.r.entries(n, "missing") {
			g := f.r.fields(e.value, "missing "+e.key, "operation", "outcome", "permission", "code")
			s.Missing[e.key] = evidence.Missing{Operation: g.text("operation", true), Permission: g.text("permission", false),
				Outcome: evidence.Outcome(g.oneOf("outcome", true, "denied", "expired", "throttled", "not-enabled", "unreachable",
					"failed", "skipped")), Code: g.text("code", false)}
			if shape := l.schemas[typ].Doc; shape != nil && shape.Kind == evidence.ShapeObject && shape.Fields[e.key] == nil &&
				e.key != "Tags" {
				f.r.fail(e.at, "missing: %s is no part of %s", e.key, typ)
			}
		}
	}
	return s
}

// caseScope reads a case's scope. Its provider is that of the subject type when not given.
func (l *loader) caseScope(r *reader, n *yaml.Node, typ string) evidence.Scope {
	provider, _, _ := strings.Cut(typ, ".")
	s := evidence.Scope{Provider: provider, Account: "000000000000"}
	if n == nil {
		return s
	}
	f := r.fields(n, "scope", "provider", "account", "region", "name", "facts")
	if p := f.text("provider", false); p != "" {
		s.Provider = p
	}
	if a := f.text("account", false); a != "" {
		s.Account = a
	}
	s.Region, s.Name = f.text("region", false), f.text("name", false)
	if facts := f.vals["facts"]; facts != nil {
		if raw := r.json(facts, "facts"); raw != nil {
			if err := json.Unmarshal(raw, &s.Facts); err != nil {
				r.fail(facts, "facts: expected keys with values")
			}
		}
	}
	return s
}

// CaseResult is one case with what it gave.
type CaseResult struct {
	Case
	Got    evidence.Verdict
	Reason string // of the verdict, or the error
}

// OK reports whether the case gave what it must.
func (r CaseResult) OK() bool { return r.Got == r.Expect }

// MarshalJSON writes what a case gave, without the documents that it was given: those stand in its file.
func (r CaseResult) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Control string           `json:"control"`
		Check   string           `json:"check"`
		Name    string           `json:"name"`
		File    string           `json:"file"`
		Line    int              `json:"line"`
		Column  int              `json:"column"`
		Expect  evidence.Verdict `json:"expect"`
		Got     evidence.Verdict `json:"got"`
		Reason  string           `json:"reason,omitempty"`
	}{r.Control, r.Check, r.Name, r.File, r.Line, r.Column, r.Expect, r.Got, r.Reason})
}

// String is one line: where the case stands, what it must give, what it gave and why.
func (r CaseResult) String() string {
	got := string(r.Got)
	if got == "" {
		got = "an error"
	}
	s := fmt.Sprintf("%s:%d:%d: %s, %s: expected %s, got %s", r.File, r.Line, r.Column, r.Check, r.Name, r.Expect, got)
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}

// RunCases judges every case, in the order of the files. An error means that ctx ended.
func (c *Catalog) RunCases(ctx context.Context) ([]CaseResult, error) {
	out := make([]CaseResult, 0, len(c.Cases))
	for _, k := range c.Cases {
		o, err := c.eval.Case(ctx, k.Check, k.Input)
		if stop := ctx.Err(); stop != nil {
			return out, fmt.Errorf("run cases: %w", stop)
		}
		r := CaseResult{Case: k, Got: o.Verdict, Reason: o.Reason}
		if err != nil {
			r.Got, r.Reason = "", err.Error()
		}
		out = append(out, r)
	}
	return out, nil
}
