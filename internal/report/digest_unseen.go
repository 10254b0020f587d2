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
	entries := slices.Concat(w.lost(), w.unknowns(), w.gaps())
	s.entries = entries[:min(len(entries), w.limit.entries)]
	if left := len(entries) - len(s.entries); left > 0 {
		s.more = "… and " + group(left) + " more: exhibit findings --unknown --all"
	}
	return s
}

// unknowns are told by reason: one thing that is missing is seldom missed by one check alone.
func (w digestWriter) unknowns() []entry {
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
	var out []entry
	for _, r := range order {
		e := entry{tag: "unknown", tone: toneUnknown,
			command: "exhibit findings --unknown --control " + argument(by[r][0].Control)}
		if r.isNew {
			e.tag = "unknown, new"
		}
		n := 0
		var checks, scopes, owners []string
		for _, u := range by[r] {
			n += u.Count
			checks, scopes = once(checks, u.Title), once(scopes, firstOf(u.Scope, "several scopes"))
			owners = once(owners, firstOf(u.Owner, "nobody"))
		}
		e.title = w.few(checks)
		e.add("Lost", plural(n, "observation"))
		e.add("Why", w.cut(r.text))
		e.add("Where", w.few(scopes))
		e.add("Needs", w.cut(r.permission))
		if w.All {
			e.add("Owner", w.few(owners))
		}
		out = append(out, e)
	}
	return out
}

// gaps are told by source and reason.
func (w digestWriter) gaps() []entry {
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
	var out []entry
	for _, p := range order {
		var lists []string
		span, longest := by[p][0].Window, by[p][0]
		for _, g := range by[p] {
			_, rest, _ := strings.Cut(g.Series, "|")
			lists = once(lists, strings.Replace(rest, "|", " in ", 1))
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
		out = append(out, e)
	}
	return out
}

// lost are scopes and lists that can no longer be read, or can again.
func (w digestWriter) lost() []entry {
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
	var out []entry
	for _, k := range order {
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
		out = append(out, e)
	}
	return out
}

func once(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// number is 1 for true.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
