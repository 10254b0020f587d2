package report

import (
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// unseen writes what could not be judged, where nobody looked, and what can no longer be read.
func (w digestWriter) unseen() section {
	s := section{title: "Could not be seen"}
	for _, u := range w.Unseen {
		s.count += u.Count
	}
	left := 0
	for _, told := range []func(int) ([]entry, int){w.lost, w.unknowns, w.gaps} {
		entries, more := told(max(1, w.limit.entries/2))
		s.entries = append(s.entries, entries...)
		left += more
	}
	if left > 0 {
		s.more = "… and " + group(left) + " more: exhibit findings --unknown --all"
	}
	return s
}

// each writes the first of some groups, and counts the others.
func each[K any](groups []K, most int, one func(K) entry) (out []entry, left int) {
	for n, g := range groups {
		if n == most {
			return out, len(groups) - n
		}
		out = append(out, one(g))
	}
	return out, 0
}

// unknowns are told by reason: one thing that is missing is seldom missed by one check alone.
func (w digestWriter) unknowns(most int) ([]entry, int) {
	type reason struct {
		text, permission string
		isNew            bool
	}
	by := map[reason][]DigestUnseen{}
	var order []reason
	for _, u := range w.Unseen {
		r := reason{firstOf(u.Reason, "no reason was given"), "", u.New}
		for _, m := range u.Missing {
			if m.Permission != "" {
				r.permission = m.Permission
			}
		}
		if by[r] == nil {
			order = append(order, r)
		}
		by[r] = append(by[r], u)
	}
	slices.SortStableFunc(order, func(a, b reason) int { return number(b.isNew) - number(a.isNew) })
	return each(order, most, func(r reason) entry {
		e := entry{tag: "unknown", tone: toneUnknown,
			command: "exhibit findings --unknown --control " + argument(by[r][0].Control)}
		if r.isNew {
			e.tag = "unknown, new"
		}
		n := 0
		var checks, scopes, owners []string
		for _, u := range by[r] {
			n += u.Count
			checks, scopes = append(checks, u.Title), append(scopes, firstOf(u.Scope, "several scopes"))
			owners = append(owners, firstOf(u.Owner, "nobody"))
		}
		e.title = w.few(checks)
		e.add("Lost", plural(n, "observation"))
		e.add("Why", w.cut(r.text))
		e.add("Where", w.few(scopes))
		e.add("Needs", w.cut(r.permission))
		if w.All {
			e.add("Owner", w.few(owners))
		}
		return e
	})
}

// gaps are told by source and reason.
func (w digestWriter) gaps(most int) ([]entry, int) {
	type place struct{ source, reason string }
	by := map[place][]evidence.Gap{}
	var order []place
	for _, g := range w.Gaps {
		source, _, _ := strings.Cut(g.Series, "|")
		p := place{source, gapReason(g)}
		if by[p] == nil {
			order = append(order, p)
		}
		by[p] = append(by[p], g)
	}
	return each(order, most, func(p place) entry {
		var lists []string
		span, longest := by[p][0].Window, by[p][0]
		for _, g := range by[p] {
			_, rest, _ := strings.Cut(g.Series, "|")
			lists = append(lists, strings.Replace(rest, "|", " in ", 1))
			if g.Window.From.Before(span.From) {
				span.From = g.Window.From
			}
			if g.Window.To.After(span.To) {
				span.To = g.Window.To
			}
			if g.Window.To.Sub(g.Window.From) > longest.Window.To.Sub(longest.Window.From) {
				longest = g
			}
		}
		e := entry{tag: "gap", tone: toneUnknown, title: w.cut("Nobody looked at " + p.source)}
		e.add("When", w.calendar.between(span)+"; at most "+gapLength(longest)+" at a time")
		e.add("Lists", w.few(lists))
		e.add("Why", p.reason)
		return e
	})
}

// lost are scopes and lists that can no longer be read, or can again.
func (w digestWriter) lost(most int) ([]entry, int) {
	type kind struct{ what, before, after string }
	by := map[kind][]evidence.Change{}
	var order []kind
	for _, c := range w.Lost {
		k := kind{c.What, c.Before, c.After}
		if by[k] == nil {
			order = append(order, k)
		}
		by[k] = append(by[k], c)
	}
	return each(order, most, func(k kind) entry {
		these := by[k]
		e := entry{tag: changeKind(k.what), tone: tone(k.after)}
		if k.after == "" {
			e.tone = toneUnknown
		}
		if k.before != "" || k.after != "" {
			e.tag += ": " + label(k.before) + " → " + label(k.after)
		}
		var names []string
		for _, c := range these {
			names = append(names, strings.TrimSpace(c.Type+" "+c.Scope))
		}
		e.title = w.few(names)
		e.add("Cause", w.cut(causeTitle(these[0].Cause)))
		if len(these) == 1 {
			e.add("Why", w.cut(these[0].Reason))
		}
		return e
	})
}

// number is 1 for true.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
