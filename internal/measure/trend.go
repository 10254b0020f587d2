package measure

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"exhibit/internal/evidence"
)

// Tracker follows groups of observations from assessment to assessment. It holds counts by check and owner, never an
// observation.
type Tracker struct {
	kind string
	// regroup is the cause to which it is laid when a check belongs to another group than before.
	regroup evidence.Cause
	ownerOf func(o evidence.Observation) string

	cells   map[cell]evidence.Tally
	groups  map[cell][]string
	moved   map[cell]map[evidence.Cause]evidence.Tally
	trends  map[string]*evidence.Trend
	started bool
}

// cell is what is counted apart: a check, and its subjects' owner where that is asked for.
type cell struct{ check, owner string }

// NewTracker follows groups of a kind: "all", "control", "framework" or "owner". ownerOf is needed for owners alone.
func NewTracker(kind string, ownerOf func(o evidence.Observation) string) *Tracker {
	t := &Tracker{kind: kind, regroup: evidence.CauseRule, cells: map[cell]evidence.Tally{}, groups: map[cell][]string{},
		moved: map[cell]map[evidence.Cause]evidence.Tally{}, trends: map[string]*evidence.Trend{}}
	if kind == "framework" {
		t.regroup = evidence.CauseMapping
	}
	if kind == "owner" {
		t.ownerOf = ownerOf
	}
	return t
}

func (t *Tracker) cell(o evidence.Observation) cell {
	c := cell{check: o.Check}
	if t.ownerOf != nil {
		c.owner = t.ownerOf(o)
	}
	return c
}

// Start counts the first assessment's observations.
func (t *Tracker) Start(observations iter.Seq2[evidence.Observation, error]) error {
	for o, err := range observations {
		if err != nil {
			return fmt.Errorf("read observations: %w", err)
		}
		c := t.cell(o)
		one := t.cells[c]
		one.Add(o.Verdict, 1)
		t.cells[c] = one
	}
	return nil
}

// Step takes an observation whose verdict differs from the assessment before, with the cause; the empty verdict is no
// observation. o names what was observed; its own verdict does not matter.
func (t *Tracker) Step(o evidence.Observation, cause evidence.Cause, was, is evidence.Verdict) {
	c := t.cell(o)
	if t.moved[c] == nil {
		t.moved[c] = map[evidence.Cause]evidence.Tally{}
	}
	one := t.moved[c][cause]
	one.Add(was, -1)
	one.Add(is, 1)
	t.moved[c][cause] = one
}

// Point ends the steps to an assessment and adds its point to every group. of returns the groups that a check belongs
// to by the catalog that was judged by, and whether it stands in it at all.
func (t *Tracker) Point(a evidence.Assessment, of func(check string) (groups []string, there bool)) {
	moved := map[string]map[evidence.Cause]evidence.Tally{}
	move := func(group string, cause evidence.Cause, by evidence.Tally) {
		if moved[group] == nil {
			moved[group] = map[evidence.Cause]evidence.Tally{}
		}
		moved[group][cause] = moved[group][cause].Plus(by)
	}
	now := map[string]evidence.Tally{}
	for _, c := range t.touched() {
		old := t.groups[c]
		groups := t.groupsOf(c, of)
		for _, g := range old { // what it counted before goes with it to its new groups
			if !slices.Contains(groups, g) {
				move(g, t.regroup, evidence.Tally{}.Minus(t.cells[c]))
			}
		}
		for _, g := range groups {
			if t.started && !slices.Contains(old, g) {
				move(g, t.regroup, t.cells[c])
			}
		}
		for cause, by := range t.moved[c] {
			t.cells[c] = t.cells[c].Plus(by)
			for _, g := range groups {
				move(g, cause, by)
			}
		}
		t.groups[c] = groups
		for _, g := range groups {
			now[g] = now[g].Plus(t.cells[c])
		}
	}
	for g := range t.trends {
		now[g] = now[g].Plus(evidence.Tally{}) // a group that is no more has a point, too
	}
	for g, tally := range now {
		if t.trends[g] == nil {
			t.trends[g] = &evidence.Trend{Kind: t.kind, Name: g}
		}
		t.trends[g].Points = append(t.trends[g].Points,
			evidence.TrendPoint{AsOf: a.AsOf, Tally: tally, Movements: movements(moved[g])})
	}
	t.moved, t.started = map[cell]map[evidence.Cause]evidence.Tally{}, true
}

// touched returns the cells that count anything now or before.
func (t *Tracker) touched() []cell {
	all := map[cell]bool{}
	for c := range t.cells {
		all[c] = true
	}
	for c := range t.moved {
		all[c] = true
	}
	return slices.Collect(maps.Keys(all))
}

// groupsOf returns the groups of a cell. What is counted of a check that is no more leaves its groups by its own steps.
func (t *Tracker) groupsOf(c cell, of func(check string) ([]string, bool)) []string {
	if t.ownerOf != nil {
		return []string{c.owner}
	}
	groups, there := of(c.check)
	if !there {
		return t.groups[c]
	}
	return groups
}

// Trends returns every group in order of name.
func (t *Tracker) Trends() []evidence.Trend {
	out := make([]evidence.Trend, 0, len(t.trends))
	for _, name := range slices.Sorted(maps.Keys(t.trends)) {
		out = append(out, *t.trends[name])
	}
	return out
}
