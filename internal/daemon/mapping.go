package daemon

import (
	"slices"

	"exhibit/internal/catalog"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Mapping is where what is collected, what is checked and what frameworks demand do not meet.
type Mapping struct {
	// Unread are the subject types that are collected and that no check reads.
	Unread []UnreadType `json:"unread"`
	// Controls have checks, but what these are about is collected by no source.
	Controls []ControlGap `json:"controls"`
	// Requirements rest on such controls alone.
	Requirements []RequirementGap `json:"requirements"`
	// Checks never had anything to look at, though what they are about is collected.
	Checks []CheckGap `json:"checks"`
}

// UnreadType is a subject type that no check reads.
type UnreadType struct {
	Type     string `json:"type"`
	Scopes   int    `json:"scopes"`
	Subjects int    `json:"subjects"`
}

// ControlGap is a control that nothing can be known of.
type ControlGap struct {
	Control string   `json:"control"`
	Title   string   `json:"title"`
	Types   []string `json:"types"` // that its checks are about
	Manual  bool     `json:"manual,omitempty"`
}

// RequirementGap is a requirement that no scope of any source says anything about.
type RequirementGap struct {
	Framework   string   `json:"framework"`
	Requirement string   `json:"requirement"`
	Title       string   `json:"title"`
	Controls    []string `json:"controls"`
}

// CheckGap is a check that never looked at anything.
type CheckGap struct {
	Check   string `json:"check"`
	Control string `json:"control"`
	Type    string `json:"type"`
}

// mapper finds the gaps of a catalog.
type mapper struct {
	catalog *catalog.Catalog
	judged  map[string]bool // types that a check is about
	read    map[string]bool // types that a check reads
	asked   map[string]bool // types that some scope was asked for
	out     Mapping
}

func (a *App) newMapping() *mapper {
	m := &mapper{catalog: a.Catalog, judged: map[string]bool{}, read: map[string]bool{}, asked: map[string]bool{}}
	for _, c := range a.Catalog.Controls {
		for _, k := range c.Checks {
			m.judged[k.Subject] = true
			for typ := range a.Catalog.Evaluator().Reads(k.ID) {
				m.read[typ] = true
			}
		}
	}
	return m
}

// look notes what is collected of a type.
func (m *mapper) look(subjectType string, snaps []store.Snapshot) {
	t := UnreadType{Type: subjectType}
	for _, s := range snaps {
		m.asked[subjectType] = true
		if s.Listed() && s.Subjects.Count > 0 {
			t.Scopes++
			t.Subjects += s.Subjects.Count
		}
	}
	if t.Subjects > 0 && !m.read[subjectType] {
		m.out.Unread = append(m.out.Unread, t)
	}
}

// finish tells the gaps once all types were looked at.
func (m *mapper) finish(v *store.View, newest store.Assessment) (Mapping, error) {
	blind := map[string]bool{} // checks about what is not collected
	gaps := map[string]bool{}  // controls of such checks alone
	for _, c := range m.catalog.Controls {
		var types []string
		all := len(c.Checks) > 0
		for _, k := range c.Checks {
			blind[k.ID] = !m.asked[k.Subject]
			all = all && blind[k.ID]
			if !slices.Contains(types, k.Subject) {
				types = append(types, k.Subject)
			}
		}
		if all {
			slices.Sort(types)
			gaps[c.ID] = true
			m.out.Controls = append(m.out.Controls, ControlGap{c.ID, c.Title, types, c.Manual != ""})
		}
	}
	for _, f := range m.catalog.Frameworks {
		for _, r := range f.Requirements {
			if m.unmet(r, gaps, blind) {
				m.out.Requirements = append(m.out.Requirements, RequirementGap{f.Key(), r.ID, r.Title, r.Controls})
			}
		}
	}
	looked := map[string]bool{}
	for s, err := range v.StatesAt(newest.Entry+1, store.StateFilter{}) {
		if err != nil {
			return m.out, err
		}
		switch s.Verdict {
		case evidence.Pass, evidence.Fail, evidence.Unknown:
			looked[s.Check] = looked[s.Check] || s.Subject != ""
		}
	}
	for _, c := range m.catalog.Controls {
		for _, k := range c.Checks {
			if !blind[k.ID] && !looked[k.ID] {
				m.out.Checks = append(m.out.Checks, CheckGap{k.ID, c.ID, k.Subject})
			}
		}
	}
	m.fill()
	return m.out, nil
}

// unmet reports whether a requirement rests on what is not collected alone. Checks narrow the control that they stand
// in.
func (m *mapper) unmet(r evidence.Requirement, gaps, blind map[string]bool) bool {
	if len(r.Controls)+len(r.Checks) == 0 {
		return false
	}
	for _, id := range r.Checks {
		if !blind[id] {
			return false
		}
	}
	for _, id := range r.Controls {
		c, _ := m.catalog.Control(id)
		narrowed := slices.ContainsFunc(c.Checks, func(k evidence.Check) bool {
			return slices.Contains(r.Checks, k.ID)
		})
		if !narrowed && !gaps[id] {
			return false
		}
	}
	return true
}

func (m *mapper) fill() {
	m.out.Unread, m.out.Controls = some(m.out.Unread), some(m.out.Controls)
	m.out.Requirements, m.out.Checks = some(m.out.Requirements), some(m.out.Checks)
}

// some makes a list one that is there, so that its JSON is never null.
func some[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
