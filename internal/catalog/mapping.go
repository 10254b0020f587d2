package catalog

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// mapping reads mappings/FRAMEWORK@VERSION.yaml. All controls are read before.
func (l *loader) mapping(name string, data []byte) {
	r := &reader{file: name, data: data, errs: &l.errs}
	base := strings.TrimSuffix(path.Base(name), ".yaml")
	id, version, ok := strings.Cut(base, "@")
	if !ok || path.Ext(name) != ".yaml" || strings.Count(name, "/") != 1 || !plainID.MatchString(id) || version == "" {
		l.errs = append(l.errs, strictyaml.Error{File: name, Msg: "a mapping stands in mappings/FRAMEWORK@VERSION.yaml"})
		return
	}
	root := r.root()
	if root == nil {
		return
	}
	f := r.fields(root, "mapping", "framework", "version", "title", "requirements")
	fw := evidence.Framework{ID: f.text("framework", true), Version: f.text("version", true), Title: f.text("title", true)}
	if fw.ID != "" && fw.ID != id {
		r.fail(f.vals["framework"], "framework: expected %s, as the file is called, got %s", id, fw.ID)
	}
	if fw.Version != "" && fw.Version != version {
		r.fail(f.vals["version"], "version: expected %s, as the file is called, got %s", version, fw.Version)
	}
	reqs := f.vals["requirements"]
	if reqs == nil {
		if root.Kind == yaml.MappingNode {
			r.fail(root, "mapping: requirements is missing")
		}
		return
	}
	for _, e := range r.entries(reqs, "requirements") {
		fw.Requirements = append(fw.Requirements, l.requirement(r, e))
	}
	l.catalog.Frameworks = append(l.catalog.Frameworks, fw)
}

// requirement reads one requirement: what meets it, what a person examines, or why nothing does.
func (l *loader) requirement(r *reader, e entry) evidence.Requirement {
	f := r.fields(e.value, "requirement "+e.key, "title", "controls", "checks", "strength", "manual", "none")
	q := evidence.Requirement{ID: e.key, Title: f.text("title", true), Manual: f.text("manual", false),
		None: f.text("none", false), Strength: f.oneOf("strength", false, "full", "partial", "supporting")}
	var at []*yaml.Node
	q.Controls, at = f.texts("controls")
	for i, id := range q.Controls {
		if !l.controls[id] {
			r.fail(at[i], "controls: there is no control %s", id)
		}
	}
	q.Checks, at = f.texts("checks")
	for i, id := range q.Checks {
		switch owner, ok := l.checks[id]; {
		case !ok:
			r.fail(at[i], "checks: there is no check %s", id)
		case !contains(q.Controls, owner):
			r.fail(at[i], "checks: %s belongs to control %s, which the requirement does not name", id, owner)
		}
	}
	if f.node.Kind != yaml.MappingNode {
		return q
	}
	switch mapped := len(q.Controls) > 0; {
	case !mapped && q.Manual == "" && q.None == "":
		r.fail(e.at, "requirement %s: expected controls, manual, or none with the reason", e.key)
	case q.None != "" && (mapped || q.Manual != ""):
		r.fail(f.vals["none"], "requirement %s: none stands alone, without controls or manual", e.key)
	case mapped && q.Strength == "":
		r.fail(e.at, "requirement %s: strength is missing; expected full, partial or supporting", e.key)
	case !mapped && q.Strength != "":
		r.fail(f.vals["strength"], "requirement %s: strength is said of controls, and there are none", e.key)
	}
	return q
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}
