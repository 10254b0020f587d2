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

// rows writes a table. The columns named in wrap share what width is left, and break there; those named in spare are left
// out, in that order, while the table is too wide; then all columns break.
func (p *page) rows(header []string, wrap, spare []int, rows [][]string) {
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
	t.SetColumnConfigs(layout(p.opt.Width-2, wrap, spare, needs(header, rows)))
	for _, l := range strings.Split(t.Render(), "\n") {
		p.line("  ", strings.TrimSuffix(l, "──")) // the last column's padding
	}
	if left > 0 {
		p.line("  … and ", group(left), " more")
	}
}

// needs returns how wide each column is when nothing breaks.
func needs(header []string, rows [][]string) []int {
	need := make([]int, len(header))
	for i, h := range header {
		need[i] = utf8.RuneCountInString(h)
		for _, r := range rows {
			need[i] = max(need[i], text.StringWidthWithoutEscSequences(r[i]))
		}
	}
	return need
}

// narrowest is how far a column that breaks is narrowed.
const narrowest = 12

// layout gives every column what it needs, and those that break a fair part of what is left.
func layout(width int, wrap, spare, need []int) []table.ColumnConfig {
	out := make([]table.ColumnConfig, len(need))
	for i := range need {
		out[i].Number = i + 1
	}
	over := func() int { // columns too many when every column that breaks is at its narrowest
		sum := -2 - width
		for i, n := range need {
			switch {
			case out[i].Hidden:
			case contains(wrap, i):
				sum += min(n, narrowest) + 2
			default:
				sum += n + 2
			}
		}
		return sum
	}
	for _, i := range spare {
		if over() > 0 {
			out[i].Hidden = true
		}
	}
	if over() > 0 { // ids break, too, though they are then hard to copy
		wrap = wrap[:0:0]
		for i := range need {
			wrap = append(wrap, i)
		}
	}
	left := -over() // beyond the narrowest
	for at, i := range wrap {
		if out[i].Hidden {
			continue
		}
		share := min(need[i], max(narrowest, min(need[i], narrowest)+left/(len(wrap)-at)))
		left -= share - min(need[i], narrowest)
		out[i].WidthMax, out[i].WidthMaxEnforcer = share, text.WrapSoft
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
		status += attested(c.Attested)
		rows = append(rows, []string{status, plain(c.ID), plain(c.Title), c.Score.String() + accepted(c.Score), plain(string(c.Severity))})
	}
	t.rows([]string{"Status", "Control", "Title", "Passing", "Severity"}, []int{2, 3}, []int{4}, rows)
	for _, f := range p.Frameworks {
		t.heading(plain(f.Title))
		t.line("  ", statusLine(f.Statuses))
	}
	t.heading("Scopes")
	t.scopes(p.Scopes)
	if len(p.Omissions) > 0 {
		t.heading("Not seen")
		t.omissions(p.Omissions)
	}
	if len(p.Populations) > 0 {
		t.heading("Access logs")
		t.populations(p.Populations)
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
	if len(p.Attestations) > 0 {
		t.heading("Attestations")
		t.attestations(p.Attestations)
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

// attested marks a status that people's statements speak of.
func attested(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ", attested"
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
	t.line(t.paint(plain(f.Title), "1"))
	t.line("  ", statusLine(f.Statuses))
	var rows [][]string
	for _, r := range f.Requirements {
		score := ""
		if len(r.Parts) > 0 {
			score = r.Score.String() + accepted(r.Score)
		}
		rows = append(rows, []string{plain(r.ID), t.status(string(r.Status)) + attested(r.Attested), plain(r.Strength),
			score, plain(r.Title)})
	}
	t.rows([]string{"Requirement", "Status", "Strength", "Passing", "Title"}, []int{4}, []int{2}, rows)
	return t.w.Flush()
}
