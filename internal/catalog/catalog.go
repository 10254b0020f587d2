// Package catalog reads controls and framework mappings strictly: every mistake is an error with its file, line and
// column, and expressions are type-checked against the subject types before anything is judged.
//
// It never judges evidence (it only runs the cases that controls carry) and never fetches a framework's text.
package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"exhibit/internal/assess"
	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// Catalog is what evidence is judged by.
type Catalog struct {
	Controls   []evidence.Control   // in order of id
	Frameworks []evidence.Framework // in order of key
	// Cases are the worked examples of the checks, in the order of their files. A catalog that was decoded has none.
	Cases []Case

	eval *assess.Evaluator

	encoding  sync.Once // guards what Encode made
	canonical []byte
	digest    evidence.Digest
	encodeErr error
}

// Evaluator returns the compiled checks.
func (c *Catalog) Evaluator() *assess.Evaluator { return c.eval }

// Control returns the control with the id.
func (c *Catalog) Control(id string) (evidence.Control, bool) {
	i := slices.IndexFunc(c.Controls, func(c evidence.Control) bool { return c.ID == id })
	if i < 0 {
		return evidence.Control{}, false
	}
	return c.Controls[i], true
}

// Framework returns the framework with the key "id@version", or the only one with the id.
func (c *Catalog) Framework(name string) (evidence.Framework, error) {
	var found []evidence.Framework
	var known, versions []string
	for _, f := range c.Frameworks {
		known = append(known, f.Key())
		if f.Key() == name {
			return f, nil
		}
		if f.ID == name {
			found, versions = append(found, f), append(versions, f.Key())
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return evidence.Framework{}, fmt.Errorf("framework %q: unknown; there are %s", name, strings.Join(known, ", "))
	}
	return evidence.Framework{}, fmt.Errorf("framework %q: several versions; say which of %s", name,
		strings.Join(versions, ", "))
}

// Load reads controls/DOMAIN/ID.yaml and, where there are any, mappings/FRAMEWORK@VERSION.yaml. All mistakes are
// reported together, as strictyaml.Errors. Controls that results are mapped to get a check of them.
func Load(fsys fs.FS, schemas []evidence.Schema, mapped ...Mapped) (*Catalog, error) {
	l := &loader{schemas: map[string]evidence.Schema{}, nodes: map[place]strictyaml.Scalar{}, controls: map[string]bool{},
		checks: map[string]string{}}
	for _, s := range schemas {
		l.schemas[s.Type] = s
	}
	if err := walk(fsys, "controls", l.control); err != nil {
		return nil, err
	}
	if err := walk(fsys, "mappings", l.mapping); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	c := &l.catalog
	slices.SortStableFunc(c.Controls, func(a, b evidence.Control) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(c.Frameworks, func(a, b evidence.Framework) int { return strings.Compare(a.Key(), b.Key()) })
	err := c.judgeResults(mapped)
	if err != nil && len(l.errs) == 0 {
		return nil, err
	}
	c.eval, err = assess.New(c.Controls, schemas)
	var wrong assess.ExprErrors
	switch {
	case errors.As(err, &wrong):
		l.expressions(wrong)
	case err != nil && len(l.errs) == 0:
		return nil, err
	}
	if err := l.errs.Or(); err != nil {
		return nil, err
	}
	return c, nil
}

// walk hands over every YAML file below a folder, in order of path.
func walk(fsys fs.FS, root string, file func(name string, data []byte)) error {
	return fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read the catalog: %w", err)
		}
		if d.IsDir() || path.Ext(name) != ".yaml" && path.Ext(name) != ".yml" {
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read the catalog: %w", err)
		}
		file(name, data)
		return nil
	})
}

// loader collects the catalog and every mistake in it.
type loader struct {
	catalog  Catalog
	schemas  map[string]evidence.Schema
	nodes    map[place]strictyaml.Scalar // where expressions stand
	controls map[string]bool
	checks   map[string]string // check to its control
	errs     strictyaml.Errors
}

// place names one expression.
type place struct{ control, check, field string }

// expressions turns the evaluator's mistakes into places in files. What has no place was reported already.
func (l *loader) expressions(wrong assess.ExprErrors) {
	for _, e := range wrong {
		s, ok := l.nodes[place{e.Control, e.Check, e.Field}]
		if !ok {
			continue
		}
		line, column := s.At(e.Line, e.Column)
		l.errs = append(l.errs, strictyaml.Error{File: s.File, Line: line, Column: column, Msg: e.Field + ": " + e.Msg})
	}
}
