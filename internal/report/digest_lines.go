package report

import (
	"strings"

	"exhibit/internal/evidence"
)

// simulated is said wherever a report of a demo is shown.
const simulated = "Simulated: nothing here was seen in the world."

// title heads a report.
func (d *Digest) title() string {
	kind := "Drift report"
	switch {
	case d.Threshold == evidence.Critical:
		kind = "New critical findings"
	case d.Threshold != "":
		kind = "New findings, " + string(d.Threshold) + " or graver,"
	case d.Baseline:
		kind = "First report"
	}
	if d.All {
		return kind + ", all owners"
	}
	return kind + " for " + cut(d.Owner, 60)
}

// period says from when to when it tells.
func (d *Digest) period() string {
	c := d.calendar
	if d.Baseline {
		return "As of " + c.moment(d.To) + ". What follows is open; the next report tells what changed since."
	}
	return c.moment(d.From) + " to " + c.moment(d.To) + ", " + d.To.In(c.zone).Format("2006")
}

// standing says how much passes, and how much did.
func (d *Digest) standing() string {
	out := "Passing: " + d.Score.String() + accepted(d.Score) + "; coverage " + d.Score.Coverage() + "."
	if d.compares() {
		out += " Before: " + d.Before.String() + accepted(*d.Before) + "; coverage " + d.Before.Coverage() + "."
	}
	if !d.Oldest.IsZero() {
		out += " The oldest evidence that a verdict rests on is of " + d.calendar.moment(d.Oldest) + "."
	}
	return out
}

// daysAlt says what the picture of the last days shows.
func (d *Digest) daysAlt() string {
	var known []DigestDay
	for _, day := range d.Days {
		if day.Known {
			known = append(known, day)
		}
	}
	if len(known) == 0 {
		return "Nothing is known of the last 30 days."
	}
	first, last, most := known[0], known[len(known)-1], known[0]
	for _, day := range known {
		if day.Sum() > most.Sum() {
			most = day
		}
	}
	c := d.calendar
	out := "Failing at the end of the day: " + group(first.Sum()) + " on " + c.day(first.Day)
	if most.Sum() > first.Sum() && most.Sum() > last.Sum() {
		out += ", at most " + group(most.Sum()) + " on " + c.day(most.Day)
	}
	if len(known) > 1 {
		out += ", " + group(last.Sum()) + " on " + c.day(last.Day)
	}
	return out + ". Accepted failures are counted."
}

// noNews is the whole of a report that has nothing to tell.
func (d *Digest) noNews() string {
	out := "Nothing new"
	if !d.All {
		out += " for " + cut(Line(d.Owner), 60)
	}
	if d.Baseline {
		out = strings.Replace(out, "new", "open", 1) + " as of " + d.calendar.moment(d.To)
	} else {
		out += " from " + d.calendar.moment(d.From) + " to " + d.calendar.moment(d.To)
	}
	out += ": " + d.Score.String() + accepted(d.Score) + "; coverage " + d.Score.Coverage() + "."
	if n := len(d.Open); n > 0 {
		out += " " + sentence(plural(n, "finding")+" still open, none overdue")
	}
	if d.Simulated {
		out += " " + simulated
	}
	return out + d.nextReport()
}

func (d *Digest) nextReport() string {
	if d.Next.IsZero() {
		return ""
	}
	return " Next report: " + d.calendar.moment(d.Next) + "."
}

// foot says how to read the report.
func (d *Digest) foot() []string {
	out := []string{"A time between two days is that between two looks: nobody looked in between. Unknown is never " +
		"counted as passing nor as failing. Times are " + d.calendar.zone.String() + "."}
	made := strings.TrimSpace("Report " + cut(Line(d.Report), 60))
	if d.Tool != "" {
		made += ", made with " + cut(Line(d.Tool), 60)
	}
	return append(out, made+"."+d.nextReport())
}
