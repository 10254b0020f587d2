package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// MetricsText writes metrics with what they are made of, and then the formula of each.
func MetricsText(w io.Writer, metrics []evidence.Metric, o TextOptions) error {
	t := newPage(w, o)
	if len(metrics) == 0 {
		t.line("no metrics")
		return t.w.Flush()
	}
	t.line(t.paint("Metrics of "+minute(metrics[0].Period.From)+" to "+minute(metrics[0].Period.To), "1"))
	var rows [][]string
	for _, m := range metrics {
		rows = append(rows, []string{plain(m.Title), plain(m.Of), plain(metricValue(m)), plain(metricCounts(m)),
			plain(apart(m))})
	}
	t.opt.Limit = 0 // a number that is left out is none
	t.rows([]string{"Metric", "Of", "Value", "Counted", "Apart"}, []int{0, 2, 3, 4}, nil, rows)
	for _, m := range metrics {
		t.moved(m)
		t.ranking(m)
	}
	t.heading("How each is worked out")
	told := map[string]bool{}
	for _, m := range metrics {
		if !told[m.Name] {
			told[m.Name] = true
			t.line("  ", plain(m.Title), " (", plain(m.Name), "): ", plain(m.Formula), ".")
		}
	}
	return t.w.Flush()
}

// moved writes what moved a score.
func (p *page) moved(m evidence.Metric) {
	if len(m.Movements) == 0 {
		return
	}
	p.heading(plain(m.Title) + ": what moved it since " + minute(m.Period.From))
	p.movements(m.Movements)
}

func (p *page) movements(list []evidence.Movement) {
	var rows [][]string
	for _, v := range list {
		rows = append(rows, []string{plain(causeTitle(v.Cause)), signed(v.Pass), signed(v.Fail), signed(v.Unknown),
			signed(v.NotApplicable)})
	}
	p.rows([]string{"Cause", "Pass", "Fail", "Unknown", "Not applicable"}, nil, nil, rows)
}

func (p *page) ranking(m evidence.Metric) {
	if len(m.Ranking) == 0 {
		return
	}
	p.heading(plain(m.Title) + ": the guardrails worth building")
	var rows [][]string
	for _, r := range m.Ranking {
		rows = append(rows, []string{itoa(r.Subjects), itoa(r.Failures), plain(string(r.Severity)), plain(r.Check),
			plain(cmp.Or(r.Owner, "nobody"))})
	}
	p.rows([]string{"Subjects", "Failures", "Severity", "Check", "Owner"}, []int{3}, nil, rows)
}

// metricValue is "80%", "2d to 4d, nine in ten within 17d or more", "not measurable: nothing fails".
func metricValue(m evidence.Metric) string {
	switch {
	case !m.Measurable():
		return "not measurable: " + m.Because
	case m.Median != nil && m.P90 != nil:
		return "median " + spread(*m.Median) + ", p90 " + spread(*m.P90)
	case m.Unit == evidence.UnitCount:
		return itoa(m.Numerator)
	}
	value := percent(m.Numerator, m.Denominator)
	if m.Before != nil {
		value = percent(m.Before.Numerator, m.Before.Denominator) + " → " + value
	}
	return value
}

// metricCounts is "8 of 10, 2 unknown".
func metricCounts(m evidence.Metric) string {
	if m.Denominator == 0 && m.Unknown == 0 {
		return ""
	}
	out := group(m.Numerator) + " of " + group(m.Denominator)
	if b := m.Before; b != nil {
		out = group(b.Numerator) + " of " + group(b.Denominator) + " → " + out
	}
	if m.Unknown > 0 {
		out += ", " + group(m.Unknown) + " unknown"
	}
	return out
}

// apart says what is in neither count.
func apart(m evidence.Metric) string {
	var parts []string
	for _, e := range m.Excluded {
		parts = append(parts, group(e.Count)+" "+e.Reason)
	}
	return strings.Join(parts, "; ")
}

func spread(s evidence.Spread) string {
	if s.Open {
		return duration(s.Least) + " or more"
	}
	return span(s.Least, s.Most)
}

// signed is "+3", "-1", "0".
func signed(n int) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%+d", n)
}

// MetricsCSV writes one row for each metric; times are seconds.
func MetricsCSV(w io.Writer, metrics []evidence.Metric) error {
	s := newSheet(w, "metric", "of", "title", "unit", "from", "to", "numerator", "denominator", "unknown", "percent",
		"numerator_before", "denominator_before", "median_least", "median_most", "p90_least", "p90_most",
		"not_measurable_because", "apart", "counted", "others", "moved", "ranking", "formula")
	for _, m := range metrics {
		value, before := "", []string{"", ""}
		if m.Measurable() && m.Unit == evidence.UnitPart {
			value = fmt.Sprintf("%.2f", 100*float64(m.Numerator)/float64(m.Denominator))
		}
		if m.Before != nil {
			before = []string{itoa(m.Before.Numerator), itoa(m.Before.Denominator)}
		}
		row := slices.Concat([]string{m.Name, m.Of, m.Title, string(m.Unit), stamp(m.Period.From), stamp(m.Period.To),
			itoa(m.Numerator), itoa(m.Denominator), itoa(m.Unknown), value}, before, spreadCells(m.Median), spreadCells(m.P90),
			[]string{m.Because, apart(m), strings.Join(m.Counted, "; "), strings.Join(m.Others, "; "), movedLine(m.Movements),
				rankLine(m.Ranking), m.Formula})
		s.row(row...)
	}
	return s.flush("metrics")
}

// spreadCells are the bounds of a time; an upper one that there is not is blank.
func spreadCells(s *evidence.Spread) []string {
	switch {
	case s == nil:
		return []string{"", ""}
	case s.Open:
		return []string{seconds(s.Least), ""}
	}
	return []string{seconds(s.Least), seconds(s.Most)}
}

// movedLine is "rule: pass -6, fail +9".
func movedLine(list []evidence.Movement) string {
	var all []string
	for _, v := range list {
		var parts []string
		for _, n := range []struct {
			name string
			n    int
		}{{"pass", v.Pass}, {"fail", v.Fail}, {"unknown", v.Unknown}, {"not applicable", v.NotApplicable}} {
			if n.n != 0 {
				parts = append(parts, n.name+" "+signed(n.n))
			}
		}
		all = append(all, string(v.Cause)+": "+strings.Join(parts, ", "))
	}
	return strings.Join(all, "; ")
}

func rankLine(list []evidence.Rank) string {
	var parts []string
	for _, r := range list {
		parts = append(parts, r.Check+" in "+plural(r.Subjects, "subject")+" of "+cmp.Or(r.Owner, "nobody"))
	}
	return strings.Join(parts, "; ")
}

// metrics draws the metrics as a table.
func (h *html) metrics(list []evidence.Metric) {
	if len(list) == 0 {
		return
	}
	h.put("<section id=\"metrics\"><h2>Metrics</h2>\n<p class=\"lead\">Every number with what it counts. What has " +
		"nothing to count is not measurable; a time is between the least and the most that the looks leave possible.</p>\n")
	var rows [][]any
	for _, m := range list {
		title := join(`{}<br><span class="soft">{}</span>`, m.Title, m.Formula)
		if m.Of != "" {
			title = join(`{}: {}<br><span class="soft">{}</span>`, m.Title, m.Of, m.Formula)
		}
		rows = append(rows, []any{title, metricValue(m), metricCounts(m),
			joinLines(apart(m), movedLine(m.Movements), rankLine(m.Ranking))})
	}
	h.table([]string{"Metric", "Value", "Counted", "Apart"}, rows)
	h.put("</section>\n")
}

// joinLines are the texts that there are, a line each.
func joinLines(texts ...string) markup {
	var out markup
	for _, t := range texts {
		switch {
		case t == "":
		case out == "":
			out = escape(t)
		default:
			out += "<br>" + escape(t)
		}
	}
	return out
}
