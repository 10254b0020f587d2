package report

import (
	"cmp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// populations sums up what spans of events the newest snapshots cover, by subject type.
func populations(snaps []evidence.Snapshot) []Population {
	by := map[string]*Population{}
	blind := map[string]bool{}
	for _, s := range snaps {
		c := s.Completeness.Coverage
		if c == nil {
			blind[s.Collector] = true // counts only where others of the type have a coverage
			continue
		}
		p := by[s.Collector]
		if p == nil {
			p = &Population{Type: s.Collector, From: c.Span.From, To: c.Span.To}
			by[s.Collector] = p
		}
		p.Scopes++
		p.Events += s.Subjects.Count
		p.Gaps += len(c.Gaps)
		if c.Span.From.After(p.From) {
			p.From = c.Span.From
		}
		if c.Span.To.Before(p.To) {
			p.To = c.Span.To
		}
	}
	var out []Population
	for typ, p := range by {
		if blind[typ] {
			p.From, p.To = evidence.Window{}.From, evidence.Window{}.To
		}
		out = append(out, *p)
	}
	slices.SortFunc(out, func(x, y Population) int { return strings.Compare(x.Type, y.Type) })
	return out
}

// unknowable lists the gaps in a snapshot's coverage as what was not seen; o names the snapshot.
func unknowable(s evidence.Snapshot, o Omission) []Omission {
	if s.Completeness.Coverage == nil {
		return nil
	}
	var out []Omission
	for _, g := range s.Completeness.Coverage.Gaps {
		o.Operation = "events " + day(g.Window.From) + " to " + day(g.Window.To)
		o.Outcome, o.Permission, o.Error = evidence.OutcomeSkipped, "", g.Reason
		out = append(out, o)
	}
	return out
}

// populations writes in which span the events of each population are known.
func (p *page) populations(list []Population) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y Population) int { return cmp.Compare(y.Gaps, x.Gaps) })
	var rows [][]string
	for _, one := range list {
		span := "nothing yet"
		if !one.To.IsZero() {
			span = minute(one.From) + " to " + minute(one.To)
		}
		rows = append(rows, []string{plain(one.Type), group(one.Scopes), group(one.Events), span, group(one.Gaps)})
	}
	p.rows([]string{"Events", "Scopes", "In view", "Known", "Gaps"}, []int{3}, []int{1}, rows)
}

// populations lists in which span the events of each population are known.
func (h *html) populations(list []Population) {
	if len(list) == 0 {
		return
	}
	h.put("<h3>Events</h3>\n")
	var rows [][]any
	for _, one := range list {
		span := "nothing yet"
		if !one.To.IsZero() {
			span = minute(one.From) + " to " + minute(one.To)
		}
		rows = append(rows, []any{join(`<code>{}</code>`, one.Type), group(one.Scopes), group(one.Events), span, group(one.Gaps)})
	}
	h.table([]string{"Events", "Scopes", "In view", "Known in all of them", "Gaps"}, rows)
}
