package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// mailColumns is how wide the text form of a report is. Only ids, commands and addresses are wider.
const mailColumns = 72

// DigestText writes a report as plain text, of at most 96 KB. A report without news is one line.
func DigestText(w io.Writer, d *Digest) error {
	text := withinBounds(func(b *bytes.Buffer, l digestLimits) {
		t := newPage(b, TextOptions{Width: mailColumns})
		t.digest(d, l)
		_ = t.w.Flush() // a buffer takes everything
	})
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (p *page) digest(d *Digest, l digestLimits) {
	if !d.News() {
		p.wrap("", d.noNews())
		return
	}
	p.wrap("", Line(d.title()))
	p.wrap("", d.period())
	if d.Simulated {
		p.wrap("", simulated)
	}
	p.line()
	p.wrap("", d.standing())
	p.wrap("", d.daysAlt())
	for _, s := range d.sections(l) {
		p.section(s)
	}
	if len(d.Owners) > 0 && d.Threshold == "" {
		p.owners(d, l)
	}
	p.line()
	for _, line := range d.foot() {
		p.wrap("", line)
	}
}

// section writes one section of a report.
func (p *page) section(s section) {
	head := strings.ToUpper(s.title)
	if s.count > 0 {
		head += " (" + group(s.count) + ")"
	}
	p.line()
	p.line(head)
	if s.lead != "" {
		p.wrap("", s.lead)
	}
	for _, e := range s.entries {
		p.line()
		p.wrap("  ", "["+plain(strings.ToUpper(e.tag))+"] "+e.title)
		for _, n := range e.names {
			p.wrap("    ", n)
		}
		for _, f := range e.facts {
			p.wrap(fmt.Sprintf("    %-9s", f[0]), f[1])
		}
		if e.command != "" {
			p.line("    See      ", e.command)
		}
		if e.link != "" {
			p.line("    Page     ", plain(e.link))
		}
	}
	if s.more != "" {
		p.line()
		p.wrap("  ", s.more)
	}
}

// owners writes the table of owners.
func (p *page) owners(d *Digest, l digestLimits) {
	p.line()
	p.line("BY OWNER")
	p.line(fmt.Sprintf("  %-20s %5s %5s %7s %5s  %s", "Owner", "New", "Open", "Overdue", "Fixed", "Passing"))
	rows, left := d.ownerRows(l)
	for _, r := range rows {
		p.line(fmt.Sprintf("  %-20s %5s %5s %7s %5s  %s", cut(r[0], 20), r[1], r[2], r[3], r[4], r[5]))
	}
	if left > 0 {
		p.line("  … and ", plural(left, "more owner"))
	}
}

// ownerRows are the rows of the table of owners, and how many are left out.
func (d *Digest) ownerRows(l digestLimits) (rows [][6]string, left int) {
	for n, o := range d.Owners {
		if n == l.entries {
			return rows, len(d.Owners) - n
		}
		passing := group(o.Score.Pass) + " of " + group(o.Score.Known())
		if o.Score.Unknown > 0 {
			passing += ", " + group(o.Score.Unknown) + " unknown"
		}
		rows = append(rows, [6]string{cut(Line(firstOf(o.Owner, "(nobody)")), 60), group(o.New), group(o.Open),
			group(o.Overdue), group(o.Fixed), passing})
	}
	return rows, 0
}

// wrap writes text broken at spaces, the first line after lead and the others as far in. A word that is too long for
// a line stands on one of its own.
func (p *page) wrap(lead, text string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	line, width := lead, utf8.RuneCountInString(lead)
	empty := true
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if !empty && width+1+n > p.opt.Width {
			p.line(line)
			line, width, empty = indent, len(indent), true
		}
		if !empty {
			line += " "
			width++
		}
		line, width, empty = line+word, width+n, false
	}
	p.line(line)
}
