package report

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// sparkWidth is how many points a picture in text has where there is room.
const sparkWidth = 40

// TrendsText draws how scores moved, a line each, and says what moved them.
func TrendsText(w io.Writer, trends []evidence.Trend, o TextOptions) error {
	t := newPage(w, o)
	var rows [][]string
	var told []evidence.Trend
	for _, tr := range trends {
		if len(tr.Points) == 0 {
			continue
		}
		told = append(told, tr)
		first, last := tr.Points[0], tr.Points[len(tr.Points)-1]
		low, high := extremes(tr.Points)
		moved, _ := summed(tr.Points)
		rows = append(rows, []string{plain(trendName(tr)), spark(tr.Points, max(10, min(sparkWidth, t.opt.Width/4))),
			scoreText(first.Tally), scoreText(last.Tally), low, high, plain(movedLine(moved))})
	}
	if len(told) == 0 {
		t.line("nothing was assessed in the period")
		return t.w.Flush()
	}
	from, to := reach(told)
	t.line(t.paint("Observations passing of those judged, "+from+" to "+to, "1"))
	header := []string{trendKind(told), "Over time", "First", "Last", "Low", "High", "Moved by"}
	if len(told) > 1 {
		t.rows(header, []int{0, 6}, []int{4, 5}, rows)
		return t.w.Flush()
	}
	t.rows(header[:6], []int{0}, []int{4, 5}, [][]string{rows[0][:6]})
	moved, ruled := summed(told[0].Points)
	if len(moved) > 0 {
		t.heading("What moved it")
		t.movements(moved)
	}
	if len(ruled) > 0 {
		t.line("  Checks or mappings moved it on ", strings.Join(ruled, ", "), "; that is no regression of the estate.")
	}
	return t.w.Flush()
}

// summed adds up what moved a trend by cause, and names the days on which checks or mappings did.
func summed(points []evidence.TrendPoint) (moved []evidence.Movement, ruled []string) {
	sum := map[evidence.Cause]evidence.Tally{}
	for _, pt := range points {
		for _, m := range pt.Movements {
			sum[m.Cause] = sum[m.Cause].Plus(m.Tally)
			if m.Cause == evidence.CauseRule || m.Cause == evidence.CauseMapping {
				ruled = append(ruled, day(pt.AsOf))
			}
		}
	}
	for _, c := range causeOrder() {
		if sum[c] != (evidence.Tally{}) {
			moved = append(moved, evidence.Movement{Cause: c, Tally: sum[c]})
		}
	}
	return moved, slices.Compact(ruled)
}

func trendName(t evidence.Trend) string {
	if t.Name == "" && t.Kind == "owner" {
		return "(nobody)"
	}
	return cmp.Or(t.Name, "all")
}

func trendKind(trends []evidence.Trend) string {
	switch trends[0].Kind {
	case "control":
		return "Control"
	case "framework":
		return "Framework"
	case "owner":
		return "Owner"
	}
	return "Of"
}

// reach is from when to when the trends tell.
func reach(trends []evidence.Trend) (from, to string) {
	for _, t := range trends {
		for _, p := range t.Points {
			if d := day(p.AsOf); from == "" || d < from {
				from = d
			}
			to = max(to, day(p.AsOf))
		}
	}
	return from, to
}

// scoreText is "91% of 120", "91% of 120, 3 unknown", "nothing judged".
func scoreText(t evidence.Tally) string {
	s := t.Score()
	out := "nothing judged"
	if s.Denominator > 0 {
		out = percent(s.Numerator, s.Denominator) + " of " + group(s.Denominator)
	}
	if t.Unknown > 0 {
		out += ", " + group(t.Unknown) + " unknown"
	}
	return out
}

func share(t evidence.Tally) (float64, bool) {
	s := t.Score()
	if s.Denominator == 0 {
		return 0, false
	}
	return float64(s.Numerator) / float64(s.Denominator), true
}

// extremes are the lowest and the highest score.
func extremes(points []evidence.TrendPoint) (low, high string) {
	least, most := 2.0, -1.0
	for _, p := range points {
		v, ok := share(p.Tally)
		if !ok {
			continue
		}
		s := p.Score()
		if v < least {
			least, low = v, percent(s.Numerator, s.Denominator)
		}
		if v > most {
			most, high = v, percent(s.Numerator, s.Denominator)
		}
	}
	return low, high
}

// spark draws scores between their lowest and their highest, oldest first: of more points than there is room for, the
// last of each stretch. A point at which nothing was judged is a dot.
func spark(points []evidence.TrendPoint, width int) string {
	const bars = "▁▂▃▄▅▆▇█"
	if n := len(points); n > width {
		var some []evidence.TrendPoint
		for i := range width {
			some = append(some, points[(i+1)*n/width-1])
		}
		points = some
	}
	low, high := 1.0, 0.0
	for _, p := range points {
		if v, ok := share(p.Tally); ok {
			low, high = min(low, v), max(high, v)
		}
	}
	var b strings.Builder
	for _, p := range points {
		v, ok := share(p.Tally)
		switch {
		case !ok:
			b.WriteRune('·')
		case high == low:
			b.WriteRune('▄')
		default:
			b.WriteRune([]rune(bars)[int((v-low)/(high-low)*7+0.5)])
		}
	}
	return b.String()
}
