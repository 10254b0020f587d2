package report

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"exhibit/internal/evidence"
)

// TextOptions say how tables are laid out.
type TextOptions struct {
	// Color writes ANSI colours; words say the same without them.
	Color bool
	// Width is the terminal's; 0 means 100 columns.
	Width int
	// Limit bounds the rows of each list; 0 means all. What is left out is counted.
	Limit int
}

// page writes headings and tables, and keeps the first error.
type page struct {
	w   *bufio.Writer
	opt TextOptions
}

func newPage(w io.Writer, o TextOptions) *page {
	if o.Width <= 0 {
		o.Width = 100
	}
	return &page{bufio.NewWriter(w), o}
}

// line writes one line; bufio keeps the first error for Flush.
func (p *page) line(parts ...string) {
	for _, s := range parts {
		_, _ = p.w.WriteString(s)
	}
	_ = p.w.WriteByte('\n')
}

func (p *page) heading(s string) {
	p.line()
	p.line(p.paint(s, "1"))
}

// paint wraps s in an ANSI attribute when colour was asked for.
func (p *page) paint(s, code string) string {
	if !p.opt.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// status paints the label of a status, verdict or outcome.
func (p *page) status(s string) string {
	code := ""
	switch tone(s) {
	case toneGood:
		code = "32"
	case toneBad:
		code = "31"
	case toneUnknown:
		code = "33"
	case toneQuiet:
		code = "2"
	}
	if code == "" {
		return plain(label(s))
	}
	return p.paint(plain(label(s)), code)
}

// rows writes a table. The columns named in wrap share what width is left, and break there.
func (p *page) rows(header []string, wrap []int, rows [][]string) {
	if len(rows) == 0 {
		p.line("  none")
		return
	}
	left := 0
	if p.opt.Limit > 0 && len(rows) > p.opt.Limit {
		left, rows = len(rows)-p.opt.Limit, rows[:p.opt.Limit]
	}
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	t.AppendHeader(cells(header))
	for _, r := range rows {
		t.AppendRow(cells(r))
	}
	t.SetColumnConfigs(p.widths(header, wrap, rows))
	for _, l := range strings.Split(t.Render(), "\n") {
		p.line("  ", l)
	}
	if left > 0 {
		p.line("  … and ", group(left), " more")
	}
}

// widths gives every column what it needs, and the wrapped ones a fair part of what is left.
func (p *page) widths(header []string, wrap []int, rows [][]string) []table.ColumnConfig {
	need := make([]int, len(header))
	for i, h := range header {
		need[i] = utf8.RuneCountInString(h)
		for _, r := range rows {
			need[i] = max(need[i], text.StringWidthWithoutEscSequences(r[i]))
		}
	}
	left := p.opt.Width - 2
	for i, n := range need {
		left -= 2
		if !contains(wrap, i) {
			left -= n
		}
	}
	out := make([]table.ColumnConfig, 0, len(wrap))
	for at, i := range wrap {
		share := max(left/(len(wrap)-at), 16)
		if need[i] < share {
			share = max(need[i], 1)
		}
		left -= share
		out = append(out, table.ColumnConfig{Number: i + 1, WidthMax: share, WidthMaxEnforcer: text.WrapSoft})
	}
	return out
}

func contains(list []int, n int) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

func cells(in []string) table.Row {
	out := make(table.Row, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}

// Text writes the posture by control, with scopes, what could not be seen, and the failures.
func Text(w io.Writer, p *Posture, o TextOptions) error {
	t := newPage(w, o)
	title := p.Title
	if title == "" {
		title = "Posture"
	}
	t.line(t.paint(plain(title)+" as of "+minute(p.AsOf), "1"))
	if p.Simulated {
		t.line("Simulated: nothing here was seen in the world.")
	}
	t.line("Observations passing: ", p.Score.String(), accepted(p.Score), "; coverage ", p.Score.Coverage())
	t.heading("Controls: " + statusLine(p.Statuses))
	var rows [][]string
	for _, c := range p.Controls {
		status := t.status(string(c.Status))
		if c.Accepted {
			status += ", accepted"
		}
		rows = append(rows, []string{status, plain(c.ID), plain(c.Title), c.Score.String() + accepted(c.Score), plain(string(c.Severity))})
	}
	t.rows([]string{"Status", "Control", "Title", "Passing", "Severity"}, []int{2}, rows)
	for _, f := range p.Frameworks {
		t.heading(plain(f.Title) + ": " + statusLine(f.Statuses))
	}
	t.heading("Scopes")
	t.scopes(p.Scopes)
	if len(p.Omissions) > 0 {
		t.heading("Not seen")
		t.omissions(p.Omissions)
	}
	t.heading("Failures")
	t.failures(p.Failures)
	if len(p.Unknowns) > 0 {
		t.heading("Unknown")
		t.unknowns(p.Unknowns)
	}
	if len(p.Acceptances) > 0 {
		t.heading("Accepted risks")
		t.acceptances(p.Acceptances)
	}
	return t.w.Flush()
}

func accepted(s Score) string {
	if s.Accepted == 0 {
		return ""
	}
	return ", " + itoa(s.Accepted) + " accepted"
}

// statusLine is "3 not satisfied, 1 indeterminate, 12 satisfied", worst first.
func statusLine(counts map[evidence.Status]int) string {
	var parts []string
	for _, s := range statuses(counts) {
		if counts[s] > 0 {
			parts = append(parts, group(counts[s])+" "+label(string(s)))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return plain(strings.Join(parts, ", "))
}

// Failures writes failing observations.
func Failures(w io.Writer, failures []Failure, o TextOptions) error {
	t := newPage(w, o)
	t.failures(failures)
	return t.w.Flush()
}

// Requirements writes a framework's requirements.
func Requirements(w io.Writer, f FrameworkPosture, o TextOptions) error {
	t := newPage(w, o)
	t.line(t.paint(plain(f.Title), "1"), ": ", statusLine(f.Statuses))
	var rows [][]string
	for _, r := range f.Requirements {
		score := ""
		if len(r.Parts) > 0 {
			score = r.Score.String() + accepted(r.Score)
		}
		rows = append(rows, []string{plain(r.ID), t.status(string(r.Status)), plain(r.Strength), score, plain(r.Title)})
	}
	t.rows([]string{"Requirement", "Status", "Strength", "Passing", "Title"}, []int{4}, rows)
	return t.w.Flush()
}
