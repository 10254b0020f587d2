package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"exhibit/internal/evidence"
)

func itoa(n int) string { return strconv.Itoa(n) }

// plural is "1 control", "3 controls".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return group(n) + " " + noun + "s"
}

// group writes thousands apart: "12 345" with a narrow space.
func group(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// label is how a status or verdict is written for people; one of a later version stands as it is.
func label(s string) string {
	switch s {
	case string(evidence.NotSatisfied):
		return "not satisfied"
	case string(evidence.NotApplicable):
		return "not applicable"
	case string(Unmet):
		return "not covered"
	case "":
		return "none"
	}
	return s
}

// day is "2026-03-31" in UTC.
func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format(time.DateOnly)
}

// minute is "2026-03-31 14:05 UTC".
func minute(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// lastDay is the last day that an exclusive end still covers, at the end's own zone.
func lastDay(end time.Time) string {
	if end.IsZero() {
		return "–"
	}
	return end.Add(-1).Format(time.DateOnly)
}

// duration is "3d 4h", "27h", "40m", "20s": two units at most, cut off below.
func duration(d evidence.Duration) string {
	t := time.Duration(d)
	hours, minutes := int(t/time.Hour), int(t%time.Hour/time.Minute)
	switch {
	case t <= 0:
		return "0"
	case t < time.Minute:
		return fmt.Sprintf("%ds", int(t/time.Second))
	case hours == 0:
		return fmt.Sprintf("%dm", minutes)
	case hours == 24 && minutes == 0:
		return "1d"
	case hours < 48 && minutes == 0, hours >= 10 && hours < 48:
		return fmt.Sprintf("%dh", hours)
	case hours < 48:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	case hours%24 == 0:
		return fmt.Sprintf("%dd", hours/24)
	}
	return fmt.Sprintf("%dd %dh", hours/24, hours%24)
}

// span is how long something may have been: "between 3h and 27h", "27h" when both ends are the same.
func span(least, most evidence.Duration) string {
	l, m := duration(least), duration(most)
	switch {
	case l == m:
		return m
	case least <= 0:
		return "up to " + m
	}
	return l + " to " + m
}

// plain makes text safe for a terminal or one line: control characters, and those that turn the direction of writing, are
// shown as escapes.
func plain(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool {
	return r != '\u200d' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar)
}

// subjectName is what people call a subject: its name when it has one, else the end of its id.
func subjectName(name, id string) string {
	switch {
	case name != "":
		return name
	case id != "":
		return id
	}
	return "(all)"
}
