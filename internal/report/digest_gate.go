package report

import (
	"exhibit/internal/evidence"
)

// letThrough are the reasons for which a gate blocked; of an owner, those about his things.
func letThrough(d evidence.Decision, owner string) []evidence.GateReason {
	return keep(d.Reasons, func(r evidence.GateReason) bool {
		return r.Action == evidence.GateBlock && r.Owner == owner
	})
}

// overridden tells which gates were overridden, by whom and why, and despite what.
func (w digestWriter) overridden() section {
	s := section{title: "Gates that were overridden", count: len(w.Overridden)}
	for i, d := range w.Overridden {
		if i == w.limit.entries {
			s.more = "… and " + group(len(w.Overridden)-i) + " more: exhibit decisions --overridden"
			break
		}
		e := entry{tag: "overridden", tone: toneBad, title: "A pipeline passed although its gate blocked"}
		if p := d.Pipeline; p != nil && p.Repository != "" {
			e.title = w.cut("The pipeline of " + p.Repository + " passed although its gate blocked")
			e.add("Commit", w.cut(p.Commit))
			e.add("Run", w.cut(p.Run))
		}
		e.add("By", w.cut(d.Override.By))
		e.add("Because", w.cut(d.Override.Reason))
		e.add("When", w.calendar.moment(d.At))
		var checks []string
		for _, r := range d.Reasons {
			if r.Action == evidence.GateBlock && (w.All || r.Owner == w.Owner) {
				checks = append(checks, firstOf(r.Title, r.Check, r.Rule))
			}
		}
		e.add("Despite", w.few(checks))
		s.entries = append(s.entries, e)
	}
	return s
}
