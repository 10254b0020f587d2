package bundle

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"exhibit/internal/bundle/format"
	model "exhibit/internal/change"
	"exhibit/internal/evidence"
)

// scope is what of the evidence the framework needs.
type scope struct {
	framework evidence.Framework
	controls  []evidence.Control        // those mapped, by id
	mapped    map[string]bool           // their ids
	checks    map[string]evidence.Check // all their checks
	types     []string                  // what the checks read, sorted
}

// reads finds the subject types that a check reads: its own, and those that its expressions look into.
type reads struct{ related, effective, landed, deployment *regexp.Regexp }

func newReads() reads {
	return reads{regexp.MustCompile(`\brelated\(\s*["']([A-Za-z0-9._-]+)["']`), regexp.MustCompile(`\beffective\(`),
		regexp.MustCompile(`\bchangesAt\(`), regexp.MustCompile(`\bdeployment\(`)}
}

func (r reads) of(k evidence.Check) []string {
	types := []string{k.Subject}
	parts := append([]string{k.Where, k.Assert}, slices.Collect(maps.Values(k.Facts))...)
	text := strings.Join(parts, "\n")
	for _, m := range r.related.FindAllStringSubmatch(text, -1) {
		types = append(types, m[1])
	}
	if r.effective.MatchString(text) {
		types = append(types, evidence.EffectiveTypes()...)
	}
	if r.landed.MatchString(text) {
		types = append(types, model.Types()...)
	}
	if r.deployment.MatchString(text) {
		for _, typ := range types {
			types = append(types, model.Joins(typ)...)
		}
	}
	return types
}

func newScope(f evidence.Framework, controls []evidence.Control) (scope, error) {
	s := scope{framework: f, mapped: map[string]bool{}, checks: map[string]evidence.Check{}}
	byID, owner := map[string]evidence.Control{}, map[string]string{}
	for _, c := range controls {
		byID[c.ID] = c
		for _, k := range c.Checks {
			owner[k.ID] = c.ID
		}
	}
	for _, r := range f.Requirements {
		for _, id := range r.Controls {
			s.mapped[id] = true
		}
		for _, k := range r.Checks {
			if id := owner[k]; id != "" {
				s.mapped[id] = true
			}
		}
	}
	types, reads := map[string]bool{}, newReads()
	for _, id := range slices.Sorted(maps.Keys(s.mapped)) {
		c, ok := byID[id]
		if !ok {
			return s, fmt.Errorf("framework %s maps control %q, which is not in the catalog", f.Key(), id)
		}
		s.controls = append(s.controls, c)
		for _, k := range c.Checks {
			s.checks[k.ID] = k
			for _, typ := range reads.of(k) {
				types[typ] = true
			}
		}
	}
	s.types = slices.Sorted(maps.Keys(types))
	return s, nil
}

// has reports whether the framework needs the subject type.
func (s *scope) has(subjectType string) bool {
	_, ok := slices.BinarySearch(s.types, subjectType)
	return ok
}

// observation says how much of an observation is shown, by its key.
func (s *scope) observation(key string) mode {
	if _, ok := s.checks[format.ObservationCheck(key)]; ok {
		return show
	}
	return hide
}

// finding says how much of a finding is shown, by its key.
func (s *scope) finding(key string) mode {
	if s.mapped[format.FindingControl(key)] {
		return show
	}
	return omit
}

// judged takes framework and controls from the catalog that the newest assessment was made with, when it knows the
// framework, so that the bundle shows the mapping that was in force.
func (b *builder) judged(newest *assessment) (evidence.Framework, []evidence.Control, error) {
	f, controls := b.request.Framework, b.request.Controls
	if newest == nil {
		return f, controls, nil
	}
	text, err := b.view.Object(newest.Catalog)
	if err != nil {
		return f, nil, fmt.Errorf("catalog of the assessment at entry %d: %w", newest.index, err)
	}
	var catalog struct {
		Controls   []evidence.Control   `json:"controls"`
		Frameworks []evidence.Framework `json:"frameworks"`
	}
	if err := json.Unmarshal(text, &catalog); err != nil {
		return f, nil, fmt.Errorf("catalog of the assessment at entry %d: %w", newest.index, err)
	}
	for _, known := range catalog.Frameworks {
		if known.Key() == f.Key() {
			return known, catalog.Controls, nil
		}
	}
	b.omissions.add(format.Omission{What: "mapping", Name: f.Key(), Reason: "the catalog that the evidence was judged by " +
		"does not hold this framework; the mapping is that of the day of the export"}, newest.AsOf)
	return f, catalog.Controls, nil
}
