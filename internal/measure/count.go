package measure

import (
	"cmp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// MaxListed bounds the names that a metric lists of each side.
const MaxListed = 20

// count gathers one metric.
type count struct {
	m        evidence.Metric
	excluded map[string]int
}

func newCount(unit evidence.Unit, name, of, title, formula string) *count {
	return &count{m: evidence.Metric{Name: name, Of: of, Title: title, Formula: formula, Unit: unit},
		excluded: map[string]int{}}
}

func newPart(name, title, formula string) *count {
	return newCount(evidence.UnitPart, name, "", title, formula)
}

// in counts something in the numerator, and so in the denominator.
func (c *count) in(name string) {
	c.m.Numerator++
	c.m.Denominator++
	c.m.Counted = listed(c.m.Counted, name)
}

// out counts something in the denominator alone.
func (c *count) out(name string) {
	c.m.Denominator++
	c.m.Others = listed(c.m.Others, name)
}

// is counts something in the numerator when yes, else in the denominator alone.
func (c *count) is(yes bool, name string) {
	if yes {
		c.in(name)
	} else {
		c.out(name)
	}
}

// exclude counts something that belongs to neither.
func (c *count) exclude(reason string) { c.excluded[reason]++ }

// done returns the metric; because says why there is no value when nothing was counted.
func (c *count) done(because string) evidence.Metric {
	if c.m.Denominator == 0 {
		c.m.Because = because
	}
	for reason, n := range c.excluded {
		c.m.Excluded = append(c.m.Excluded, evidence.Excluded{Reason: reason, Count: n})
	}
	slices.SortFunc(c.m.Excluded, func(a, b evidence.Excluded) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Reason, b.Reason))
	})
	return c.m
}

// listed adds a name to a bounded list, which keeps the first ones in order whatever order they come in.
func listed(list []string, name string) []string {
	i, known := slices.BinarySearch(list, name)
	if known || i == MaxListed {
		return list
	}
	list = slices.Insert(list, i, name)
	return list[:min(len(list), MaxListed)]
}

// severities are those that metrics are told of, gravest first.
func severities() []evidence.Severity {
	return []evidence.Severity{evidence.Critical, evidence.High, evidence.Medium, evidence.Low}
}
