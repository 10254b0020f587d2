package catalog

import (
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// ids of controls and domains, and of checks.
var (
	plainID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	checkID = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z][a-z0-9]*(-[a-z0-9]+)*)+$`)
)

// control reads controls/DOMAIN/ID.yaml.
func (l *loader) control(name string, data []byte) {
	r := &reader{file: name, data: data, errs: &l.errs}
	whole := func(msg string) { l.errs = append(l.errs, strictyaml.Error{File: name, Msg: msg}) }
	parts := strings.Split(name, "/")
	id := strings.TrimSuffix(parts[len(parts)-1], ".yaml")
	switch {
	case len(parts) != 3 || path.Ext(name) != ".yaml":
		whole("a control stands in controls/DOMAIN/ID.yaml")
		return
	case !plainID.MatchString(id) || !plainID.MatchString(parts[1]):
		whole("the file's name is the control's id and its folder the domain: lower-case words joined by -")
		return
	case l.controls[id]:
		whole("control " + id + " is defined twice")
		return
	}
	l.controls[id] = true
	root := r.root()
	if root == nil {
		return
	}
	f := r.fields(root, "control", "title", "statement", "owner", "freshness", "manual", "params", "checks")
	c := evidence.Control{ID: id, Domain: parts[1], Title: f.text("title", true), Statement: f.text("statement", true),
		Owner: f.text("owner", true), Manual: f.text("manual", false)}
	if text := f.text("freshness", true); text != "" {
		d, err := evidence.ParseDuration(text)
		if err != nil || d <= 0 {
			r.fail(f.vals["freshness"], "freshness: expected a duration such as 26h or 90d, got %s", text)
		}
		c.Freshness = d
	}
	if n := f.vals["params"]; n != nil {
		c.Params = l.params(r, n)
	}
	for _, n := range f.list("checks") {
		if k, ok := l.check(r, n, id); ok {
			c.Checks = append(c.Checks, k)
		}
	}
	if len(f.list("checks")) == 0 && c.Manual == "" && root.Kind == yaml.MappingNode {
		r.fail(root, "control: expected checks, or manual for what no API proves")
	}
	l.catalog.Controls = append(l.catalog.Controls, c)
}

// params reads thresholds: name: { value: 45, bound: max }.
func (l *loader) params(r *reader, n *yaml.Node) map[string]evidence.Param {
	out := map[string]evidence.Param{}
	for _, e := range r.entries(n, "params") {
		f := r.fields(e.value, "param "+e.key, "value", "bound")
		p := evidence.Param{Bound: f.oneOf("bound", true, "max", "min")}
		switch v := f.vals["value"]; {
		case v == nil && e.value.Kind == yaml.MappingNode:
			r.fail(e.value, "param %s: value is missing", e.key)
		case v != nil && (v.Kind == yaml.MappingNode || v.ShortTag() == "!!null"):
			r.fail(v, "param %s: expected a number, text, a truth value or a list of them", e.key)
		case v != nil:
			p.Value = r.json(v, "param "+e.key)
		}
		if p.Value != nil {
			out[e.key] = p
		}
	}
	return out
}

// check reads one check of a control. It reports false when not even its id is known.
func (l *loader) check(r *reader, n *yaml.Node, control string) (evidence.Check, bool) {
	f := r.fields(n, "check", "id", "title", "subject", "where", "assert", "facts", "on_empty", "severity", "remediation",
		"notes", "cases")
	k := evidence.Check{ID: f.text("id", true), Title: f.text("title", true), Subject: f.text("subject", true),
		Where: f.text("where", false), Assert: f.text("assert", true),
		OnEmpty:     evidence.Verdict(f.oneOf("on_empty", true, "pass", "fail", "unknown", "not-applicable")),
		Severity:    evidence.Severity(f.oneOf("severity", true, "low", "medium", "high", "critical")),
		Remediation: f.text("remediation", true), Notes: f.text("notes", false)}
	at := func(field string, n *yaml.Node) {
		if n != nil && n.Kind == yaml.ScalarNode && k.ID != "" {
			l.nodes[place{control, k.ID, field}] = strictyaml.Scalar{File: r.file, Data: r.data, Node: n}
		}
	}
	if k.ID == "" {
		return k, false
	}
	switch other, twice := l.checks[k.ID]; {
	case twice:
		r.fail(f.vals["id"], "id: check %s is defined twice, also in control %s", k.ID, other)
		return k, false
	case !checkID.MatchString(k.ID):
		r.fail(f.vals["id"], "id: expected lower-case words joined by dots and -, such as aws.s3.bucket-tls, got %s", k.ID)
	}
	l.checks[k.ID] = control
	if k.Subject != "" {
		at("subject", f.vals["subject"])
	}
	if k.Where != "" {
		at("where", f.vals["where"])
	}
	if k.Assert != "" {
		at("assert", f.vals["assert"])
	}
	if facts := f.vals["facts"]; facts != nil {
		k.Facts = map[string]string{}
		for _, e := range r.entries(facts, "facts") {
			if text, ok := r.text(e.value, "facts."+e.key); ok {
				k.Facts[e.key] = strings.TrimSpace(text)
				at("facts."+e.key, e.value)
			}
		}
	}
	l.cases(r, f, control, k)
	return k, true
}
