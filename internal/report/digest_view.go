package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// Of returns the report about one owner's things.
func (d *Digest) Of(owner string) *Digest {
	out := *d
	out.All, out.Owner = false, owner
	out.Mappings, out.Lost, out.Oldest, out.Owners, out.Score, out.Before = nil, nil, time.Time{}, nil, Score{}, nil
	own := func(i DigestItem) bool { return i.Owner == owner }
	out.New, out.Open, out.Fixed, out.Judged = keep(d.New, own), keep(d.Open, own), keep(d.Fixed, own), keep(d.Judged, own)
	out.Accepted = keep(d.Accepted, own)
	out.Unseen = keep(d.Unseen, func(u DigestUnseen) bool { return u.Owner == owner })
	out.Ending = keep(d.Ending, func(e DigestEnding) bool { return slices.Contains(e.Owners, owner) })
	now := ofOwner(d.source.owners, owner)
	out.Score = now.Score
	if d.Before != nil {
		before := ofOwner(d.source.before, owner)
		out.Before = &before.Score
	}
	out.Overridden = keep(d.Overridden, func(d evidence.Decision) bool { return len(letThrough(d, owner)) > 0 })
	out.Gaps = keep(d.Gaps, func(g evidence.Gap) bool {
		_, rest, _ := strings.Cut(g.Series, "|")
		typ, scope, _ := strings.Cut(rest, "|")
		return now.places[spot{typ, scope}]
	})
	out.finish()
	return &out
}

// AsBaseline returns the report as a reader gets it who never had one.
func (d *Digest) AsBaseline() *Digest {
	out := *d
	out.baseline()
	out.finish()
	return &out
}

// AtLeast returns the report that tells at once of what is new and so grave or graver.
func (d *Digest) AtLeast(s evidence.Severity) *Digest {
	out := *d
	out.Threshold = s
	out.New = keep(d.New, func(i DigestItem) bool { return i.Severity.Rank() >= s.Rank() })
	out.Open, out.Fixed, out.Judged, out.Unseen, out.Gaps, out.Ending = nil, nil, nil, nil, nil, nil
	out.Accepted, out.Mappings, out.Lost, out.Overridden = nil, nil, nil, nil
	out.finish()
	return &out
}

// baseline turns what is new into what is open.
func (d *Digest) baseline() {
	d.Baseline, d.From, d.Before = true, time.Time{}, nil
	d.Open = d.failing()
	d.New, d.Fixed, d.Judged, d.Accepted, d.Mappings, d.Lost, d.Overridden = nil, nil, nil, nil, nil, nil, nil
	for i := range d.Open {
		d.Open[i].Cause, d.Open[i].Why, d.Open[i].Back = "", "", ""
	}
	d.Unseen = slices.Clone(d.Unseen)
	for i := range d.Unseen {
		d.Unseen[i].New = false
	}
}

// finish orders the lists and counts what is made of them.
func (d *Digest) finish() {
	d.New, d.Open, d.Fixed, d.Judged = ordered(d.New), ordered(d.Open), ordered(d.Fixed), ordered(d.Judged)
	d.Accepted = ordered(d.Accepted)
	d.Unseen, d.Gaps, d.Ending = list(d.Unseen), list(d.Gaps), list(d.Ending)
	d.days()
	if d.All {
		d.owners()
	}
}

// ordered returns items by severity, those that were due first before others.
func ordered(items []DigestItem) []DigestItem {
	out := slices.Clone(list(items))
	slices.SortStableFunc(out, func(x, y DigestItem) int {
		return cmp.Or(cmp.Compare(y.Severity.Rank(), x.Severity.Rank()), x.Due.Compare(y.Due),
			strings.Compare(x.Key(), y.Key()))
	})
	return out
}

// Readers returns the owners that the report tells of anything, in order of name; what nobody owns has no reader.
func (d *Digest) Readers() []string {
	names := map[string]bool{}
	for _, o := range d.source.owners {
		names[o.Owner] = true
	}
	for _, items := range [][]DigestItem{d.New, d.Open, d.Fixed, d.Judged} {
		for _, i := range items {
			names[i.Owner] = true
		}
	}
	delete(names, "")
	return sortedKeys(names)
}

// News reports whether there is anything that was not told before, or that is overdue.
func (d *Digest) News() bool {
	lists := len(d.New) + len(d.Fixed) + len(d.Judged) + len(d.Accepted) + len(d.Mappings) + len(d.Lost) +
		len(d.Overridden)
	return lists+len(d.ending())+len(d.overdue()) > 0 || d.Baseline && len(d.Open) > 0 ||
		slices.ContainsFunc(d.Unseen, func(u DigestUnseen) bool { return u.New })
}

// overdue are the failures, told before, that should have been fixed.
func (d *Digest) overdue() []DigestItem {
	return keep(d.Open, func(i DigestItem) bool { return i.Overdue })
}

// waiting are those that have time left.
func (d *Digest) waiting() []DigestItem {
	return keep(d.Open, func(i DigestItem) bool { return !i.Overdue })
}

// ending are the ends that no report told of so far; in a baseline, all that are near.
func (d *Digest) ending() []DigestEnding {
	return keep(d.Ending, func(e DigestEnding) bool { return d.Baseline || !e.told })
}

// failing is all that fails and is not accepted.
func (d *Digest) failing() []DigestItem {
	fails := keep(d.Judged, func(i DigestItem) bool { return i.After == string(evidence.Fail) })
	return slices.Concat(d.New, d.Open, fails)
}

// unowned are the failures that nobody owns.
func (d *Digest) unowned() []DigestItem {
	return keep(d.failing(), func(i DigestItem) bool { return i.Owner == "" })
}

// late counts what is overdue, told before or not.
func (d *Digest) late() int {
	return len(keep(d.failing(), func(i DigestItem) bool { return i.Overdue }))
}

// days counts what failed at the end of each of the last 30 days.
func (d *Digest) days() {
	const count = 30
	d.Days = make([]DigestDay, count)
	for n := range count {
		day := d.calendar.midnight(d.To, n+1-count)
		end := d.calendar.midnight(d.To, n+2-count)
		if end.After(d.To) {
			end = d.To
		}
		one := DigestDay{Day: day, Known: !end.Before(d.source.began)}
		for _, e := range d.source.exposures {
			narrow := e.Narrowed()
			if (d.All || e.owner == d.Owner) && !narrow.FirstBad.After(end) &&
				(narrow.FirstGood.IsZero() || narrow.FirstGood.After(end)) {
				if one.Failing == nil {
					one.Failing = map[evidence.Severity]int{}
				}
				one.Failing[e.Severity]++
			}
		}
		d.Days[n] = one
	}
}

// owners fills the table of owners, those with most to do first.
func (d *Digest) owners() {
	rows := map[string]*DigestOwner{}
	row := func(name string) *DigestOwner {
		if rows[name] == nil {
			rows[name] = &DigestOwner{Owner: name}
		}
		return rows[name]
	}
	for _, o := range d.source.owners {
		row(o.Owner).Score = o.Score
	}
	for _, i := range d.New {
		row(i.Owner).New++
	}
	for _, i := range d.failing() {
		row(i.Owner).Open++
		if i.Overdue {
			row(i.Owner).Overdue++
		}
	}
	for _, i := range d.Fixed {
		row(i.Owner).Fixed++
	}
	d.Owners = nil
	for _, name := range sortedKeys(rows) {
		d.Owners = append(d.Owners, *rows[name])
	}
	slices.SortStableFunc(d.Owners, func(x, y DigestOwner) int {
		return cmp.Or(cmp.Compare(y.Overdue, x.Overdue), cmp.Compare(y.New, x.New), cmp.Compare(y.Open, x.Open))
	})
}

// ofOwner is the zero posture when nothing of the owner's was looked at.
func ofOwner(owners []OwnerPosture, name string) OwnerPosture {
	for _, o := range owners {
		if o.Owner == name {
			return o
		}
	}
	return OwnerPosture{Owner: name}
}

// keep returns the items that want takes, in a list of its own.
func keep[T any](items []T, want func(T) bool) []T {
	out := []T{}
	for _, i := range items {
		if want(i) {
			out = append(out, i)
		}
	}
	return out
}
