package report

import (
	"cmp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// digestLimits bound what is written of a report.
type digestLimits struct {
	entries int // of a section
	text    int // characters of one value
}

// usualLimits are those of a report that somebody is to read through.
func usualLimits() digestLimits { return digestLimits{entries: 20, text: 240} }

// less halves what may be written; ok is false when it cannot be less.
func (l digestLimits) less() (less digestLimits, ok bool) {
	less = digestLimits{max(1, l.entries/2), max(40, l.text*3/4)}
	return less, less != l
}

// section is a part of a report as every form of it says it.
type section struct {
	title   string
	count   int
	lead    string
	entries []entry
	more    string // what was left out, and where it is
}

// entry is one line of news with what belongs to it.
type entry struct {
	tag, tone string // the word and its colour
	title     string
	names     []string // of the things
	facts     [][2]string
	command   string
	link      string
}

// The titles of what fails.
const (
	newFailing = "New and failing"
	overdue    = "Still failing and overdue"
	openFirst  = "Open to begin with"
)

// sections say the whole report within limits. Sections with nothing to say are left out.
func (d *Digest) sections(l digestLimits) []section {
	w := digestWriter{d, l}
	open := w.items(overdue, d.overdue(), w.fails)
	if d.Baseline {
		open = w.items(openFirst, d.Open, w.fails)
	} else if open.lead = w.waiting(); len(open.entries) == 0 {
		open.title = "Still failing"
	}
	all := []section{
		w.items(newFailing, d.New, w.fails), open, w.items("Fixed", d.Fixed, w.fixed), w.judged(), w.overridden(),
		w.unseen(), w.ending(),
	}
	if unowned := w.items("Unowned", d.unowned(), w.named); d.All && len(unowned.entries) > 0 {
		unowned.lead = "Nobody gets a report of these: no rule of exhibit.yaml names their owner."
		all = append(all, unowned)
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.entries) == 0 && s.lead == "" })
}

// digestWriter turns what a report holds into what is read.
type digestWriter struct {
	*Digest
	limit digestLimits
}

func (w digestWriter) cut(s string) string { return cut(Line(s), w.limit.text) }

// bunched is from how many on the items of one check are told in one entry; shown are then the first.
const (
	bunched = 5
	shown   = 3
)

// items writes a section of items: those of one check together when there are many.
func (w digestWriter) items(title string, items []DigestItem, one func(entry, []DigestItem) entry) section {
	s := section{title: title, count: len(items)}
	by := map[string][]DigestItem{}
	kind := func(i DigestItem) string {
		k := i.Check + "|" + i.Before + "|" + i.After + "|" + i.Ended + "|" + i.Back
		if !i.Until.IsZero() {
			k += "|" + i.Why // the acceptance
		}
		return k
	}
	for _, i := range items {
		by[kind(i)] = append(by[kind(i)], i)
	}
	told, left := map[string]bool{}, 0
	for _, i := range items {
		k := kind(i)
		these := by[k]
		if len(these) < bunched {
			these = []DigestItem{i}
		} else if told[k] {
			continue
		}
		told[k] = true
		if len(s.entries) == w.limit.entries {
			left += len(these)
			continue
		}
		e := entry{title: w.cut(i.Title), names: w.names(these), command: w.show(these), link: w.page(i.Control)}
		if len(these) > 1 {
			e.title += ": " + group(len(these)) + " things"
		}
		if w.All {
			e.add("Owner", w.owner(these))
		}
		s.entries = append(s.entries, one(e, these))
	}
	if left > 0 {
		s.more = "… and " + group(left) + " more: exhibit findings --all"
	}
	return s
}

func (e *entry) add(label, value string) {
	if value != "" {
		e.facts = append(e.facts, [2]string{label, value})
	}
}

// names are the things of some items, at most a few of them.
func (w digestWriter) names(items []DigestItem) []string {
	var out []string
	for n, i := range items {
		if n == shown {
			return append(out, "and "+group(len(items)-n)+" more")
		}
		out = append(out, cutMiddle(Line(subjectName(i.Name, i.Subject)), 100)+" in "+cutMiddle(Line(i.Scope), 60))
	}
	return out
}

func (w digestWriter) owner(items []DigestItem) string {
	var names []string
	for _, i := range items {
		names = append(names, firstOf(i.Owner, "nobody"))
	}
	return w.few(names)
}

// few names the first few of the different names.
func (w digestWriter) few(names []string) string {
	seen := map[string]bool{}
	var first []string
	for _, name := range names {
		if !seen[name] && len(seen) < shown {
			first = append(first, name)
		}
		seen[name] = true
	}
	out := w.cut(strings.Join(first, ", "))
	if left := len(seen) - len(first); left > 0 {
		out += " and " + group(left) + " more"
	}
	return out
}

// fails writes what fails: since when, why, by when to fix it and how.
func (w digestWriter) fails(e entry, items []DigestItem) entry {
	i := items[0]
	e.tag, e.tone = failTag(i), string(i.Severity)
	if len(items) == 1 {
		e.add("Since", w.cut(w.calendar.since(i.Exposure)))
		e.add("Began", w.cut(preceding(i.Preceding)))
		e.add("Cause", w.cut(i.why()))
		if i.Dark {
			e.add("Now", "it cannot be seen; it failed when it was last looked at, on "+w.calendar.day(i.LastBad))
		}
		e.add("Fix by", w.calendar.due(i, w.To))
	} else {
		first, last := i, i
		for _, x := range items {
			if x.FirstBad.Before(first.FirstBad) {
				first = x
			}
			if x.FirstBad.After(last.FirstBad) {
				last = x
			}
		}
		e.add("Since", "first seen failing "+w.calendar.between(evidence.Window{From: first.FirstBad, To: last.FirstBad}))
		e.add("Began", w.cut(preceding(samePreceding(items))))
		e.add("Cause", w.cut(sameWhy(items)))
		e.add("Fix by", w.calendar.due(i, w.To)+", the first of them")
	}
	e.add("How", w.cut(i.Remediation))
	return e
}

// named writes what fails, and no more.
func (w digestWriter) named(e entry, items []DigestItem) entry {
	e.tag, e.tone = failTag(items[0]), string(items[0].Severity)
	return e
}

func failTag(i DigestItem) string { return firstOf(string(i.Severity), "severity unknown") + ", fails" }

// sameWhy is the cause that all share, each with reasons of its own.
func sameWhy(items []DigestItem) string {
	if items[0].Back != "" {
		return items[0].why()
	}
	for _, i := range items {
		if i.Cause != items[0].Cause || i.Cause == "" {
			return ""
		}
	}
	return causeTitle(items[0].Cause)
}

func (w digestWriter) fixed(e entry, items []DigestItem) entry {
	e.tag, e.tone = "passes", toneGood
	switch items[0].Ended {
	case "gone":
		e.tag = "gone"
	case "passed":
	default:
		e.tag, e.tone = "no longer checked", toneQuiet
	}
	e.add("Severity", w.cut(string(items[0].Severity)))
	if len(items) == 1 {
		e.add("When", w.cut(w.calendar.fixed(items[0].Exposure)))
	}
	return e
}

// waiting says what is open and not due yet.
func (w digestWriter) waiting() string {
	items := w.Digest.waiting()
	if len(items) == 0 {
		return ""
	}
	next := slices.MinFunc(items, func(a, b DigestItem) int {
		return cmp.Or(number(a.Due.IsZero())-number(b.Due.IsZero()), a.Due.Compare(b.Due))
	})
	out := plural(len(items), "finding") + " still " + verb(len(items), "fails", "fail") + " and " +
		verb(len(items), "has", "have") + " time left"
	if !next.Due.IsZero() {
		out += ": the next, " + w.cut(next.Title+" ("+subjectName(next.Name, next.Subject)+")") + ", is to be fixed by " +
			w.calendar.day(next.Due)
	}
	return out + "."
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
