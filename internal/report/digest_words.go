package report

import (
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// calendar writes days and times for people, in one zone. Years are written where they are not the report's own.
type calendar struct {
	zone *time.Location
	year int
}

func newCalendar(zone *time.Location, report time.Time) calendar {
	if zone == nil {
		zone = time.UTC
	}
	return calendar{zone, report.In(zone).Year()}
}

// day is "Mon 2 March".
func (c calendar) day(t time.Time) string {
	t = t.In(c.zone)
	if t.Year() != c.year {
		return t.Format("Mon 2 January 2006")
	}
	return t.Format("Mon 2 January")
}

// moment is "Mon 2 March 15:04".
func (c calendar) moment(t time.Time) string { return c.day(t) + " " + c.clock(t) }

func (c calendar) clock(t time.Time) string { return t.In(c.zone).Format("15:04") }

// midnight is the beginning of the day that stands so many days after that of t.
func (c calendar) midnight(t time.Time, days int) time.Time {
	y, m, d := t.In(c.zone).Date()
	return time.Date(y, m, d+days, 0, 0, 0, 0, c.zone)
}

// until counts the days from the day of one time to that of another.
func (c calendar) until(from, to time.Time) int {
	date := func(t time.Time) time.Time {
		y, m, d := t.In(c.zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(date(to).Sub(date(from)) / (24 * time.Hour))
}

// between is "between Mon 2 and Tue 3 March", or the times of one day.
func (c calendar) between(w evidence.Window) string {
	from, to := w.From.In(c.zone), w.To.In(c.zone)
	switch {
	case c.moment(from) == c.moment(to):
		return c.moment(to)
	case c.until(from, to) == 0:
		return c.day(to) + " between " + c.clock(from) + " and " + c.clock(to)
	case from.Month() == to.Month() && from.Year() == to.Year():
		return "between " + from.Format("Mon 2") + " and " + c.day(to)
	}
	return "between " + c.day(from) + " and " + c.day(to)
}

// since says since when something fails: at which time and by whom where an access log tells, else between which
// looks.
func (c calendar) since(e evidence.Exposure) string {
	switch {
	case e.Opened != nil:
		return c.between(e.Opened.Window) + ", " + turnWho(e.Opened)
	case e.LastGood.IsZero():
		return "before " + c.day(e.FirstBad) + ", when it was first looked at"
	}
	return c.between(evidence.Window{From: e.LastGood, To: e.FirstBad})
}

// fixed says when something ended, by whom where an access log tells, and how long it failed.
func (c calendar) fixed(e evidence.Exposure) string {
	when := c.between(evidence.Window{From: e.LastBad, To: e.FirstGood})
	if e.Closed != nil {
		when = c.between(e.Closed.Window) + ", " + turnWho(e.Closed)
	}
	return when + "; it failed for " + span(e.Least, e.Most)
}

// due says by when a failure is to be fixed, seen from now.
func (c calendar) due(i DigestItem, now time.Time) string {
	if i.Due.IsZero() {
		return "no time is set for its severity"
	}
	days := c.until(now, i.Due)
	switch {
	case i.Overdue && days == 0:
		return c.day(i.Due) + ": overdue since today"
	case i.Overdue:
		return c.day(i.Due) + ": overdue by " + plural(-days, "day")
	case days == 0:
		return c.day(i.Due) + ", today"
	}
	return c.day(i.Due) + ", in " + plural(days, "day")
}

// why says what brought a failure about.
func (i DigestItem) why() string {
	switch {
	case i.Back != "":
		return "It fails as before and counts again. " + sentence(i.Back)
	case i.Cause == "":
		return ""
	}
	out := causeTitle(i.Cause)
	if i.Why != "" {
		out += ": " + i.Why
	}
	if i.Again {
		out += "; it failed before, too"
	}
	return out
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return strings.TrimSuffix(s, ".") + "."
}

// headline counts items by severity: "3 new findings (1 critical, 2 high)", "1 new high finding".
func headline(items []DigestItem, kind string) string {
	counts := map[evidence.Severity]int{}
	for _, i := range items {
		counts[i.Severity]++
	}
	names := sortedKeys(counts)
	slices.SortStableFunc(names, func(a, b evidence.Severity) int { return b.Rank() - a.Rank() })
	if len(names) == 1 && names[0].Rank() > 0 {
		return plural(len(items), kind+" "+string(names[0])+" finding")
	}
	out := plural(len(items), kind+" finding")
	var parts []string
	for _, s := range names {
		if s.Rank() > 0 {
			parts = append(parts, group(counts[s])+" "+string(s))
		}
	}
	if len(parts) > 0 {
		out += " (" + strings.Join(parts, ", ") + ")"
	}
	return out
}

// Subject is the line over the mail: the news of it, and of whose.
func (d *Digest) Subject() string {
	whose := ""
	if !d.All {
		whose = " for " + cut(d.Owner, 40)
	}
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, group(n)+" "+what)
		}
	}
	switch {
	case d.Baseline && len(d.Open) > 0:
		parts = append(parts, "first report"+whose+": "+headline(d.Open, "open"))
	case d.Baseline:
		parts = append(parts, "first report"+whose+": nothing open")
	case len(d.New) > 0:
		parts = append(parts, headline(d.New, "new")+whose)
	case !d.News():
		parts = append(parts, "nothing new"+whose)
	default:
		parts = append(parts, "no new findings"+whose)
	}
	if d.Threshold == "" {
		add(d.late(), "overdue")
		add(len(d.Fixed), "fixed")
		add(len(d.Judged), "judged differently")
		add(d.newlyUnseen(), "no longer seen")
		if len(parts) == 1 {
			add(len(d.ending()), "ending: acceptances and attestations")
		}
	}
	if d.All {
		add(len(d.unowned()), "unowned")
	}
	out := "exhibit: " + strings.Join(parts, ", ")
	if d.Simulated {
		out = "[simulated] " + out
	}
	return Line(out)
}

// newlyUnseen counts the observations that could be made before.
func (d *Digest) newlyUnseen() int {
	n := 0
	for _, u := range d.Unseen {
		if u.New {
			n += u.Count
		}
	}
	return n
}

// cut is at most n characters of s, with an ellipsis when some are left out: after a word, if one ends near there.
func cut(s string, n int) string {
	r := []rune(strings.ToValidUTF8(s, "\ufffd"))
	if len(r) <= n {
		return string(r)
	}
	out := string(r[:n-1])
	if i := strings.LastIndexByte(out, ' '); i > len(out)-20 {
		out = out[:i]
	}
	return out + "…"
}

// cutMiddle keeps both ends, which in an id tell most.
func cutMiddle(s string, n int) string {
	r := []rune(strings.ToValidUTF8(s, "\ufffd"))
	if len(r) <= n {
		return string(r)
	}
	tail := n / 2
	return string(r[:n-tail-1]) + "…" + string(r[len(r)-tail:])
}

// Line is text in which every run of white space is one space and nothing is hidden.
func Line(s string) string {
	return plain(strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " "))
}
