package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// resultCheck is the check that judges what policy tools report. Results that are mapped to another control are judged in
// that one, by the same expression and with that control's freshness.
const resultCheck = "policy.result.fails"

// ErrMapped means that results are mapped to what cannot judge them.
var ErrMapped = errors.New("ingest: controls")

// Mapped is a control that the rules of policy tools are mapped to, with the sources that map them, each once.
type Mapped struct {
	Control string
	Sources []string
}

// judgeResults gives each control that results are mapped to a check of them, and takes these results out of the check for
// all the others, so that a result counts in what it is mapped to and nowhere twice.
func (c *Catalog) judgeResults(mapped []Mapped) error {
	home, at := -1, -1
	for i, one := range c.Controls {
		if j := slices.IndexFunc(one.Checks, func(k evidence.Check) bool { return k.ID == resultCheck }); j >= 0 {
			home, at = i, j
		}
	}
	var names []string
	for _, m := range mapped {
		i := slices.IndexFunc(c.Controls, func(one evidence.Control) bool { return one.ID == m.Control })
		switch {
		case i < 0:
			return fmt.Errorf("source %s: %w: there is no control %q", strings.Join(m.Sources, ", "), ErrMapped, m.Control)
		case home < 0:
			return fmt.Errorf("source %s: %w: there is no check %s to judge results by", strings.Join(m.Sources, ", "),
				ErrMapped, resultCheck)
		case i == home:
			continue
		}
		k := c.Controls[home].Checks[at]
		k.ID = "policy.result." + m.Control
		k.Title = "No policy tool rejects what is mapped to this control"
		k.Where = both(fmt.Sprintf("%s in subject.doc.?control.orValue([])", quoted(m.Control)), k.Where)
		k.Sources = slices.Sorted(slices.Values(m.Sources))
		c.Controls[i].Checks = append(slices.Clone(c.Controls[i].Checks), k)
		names = append(names, quoted(m.Control))
	}
	if len(names) > 0 {
		slices.Sort(names)
		c.Controls[home].Checks = slices.Clone(c.Controls[home].Checks)
		k := &c.Controls[home].Checks[at]
		k.Where = both("!subject.doc.?control.orValue([]).exists(c, c in ["+strings.Join(names, ", ")+"])", k.Where)
	}
	return nil
}

// both joins two conditions, the second of which may be missing.
func both(a, b string) string {
	if b == "" {
		return a
	}
	return a + " && (" + b + ")"
}

// quoted returns s as CEL writes text, which is as JSON does.
func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		return `""` // unreachable: a string has an encoding
	}
	return string(raw)
}
