package report

import (
	"bufio"
	"io"
	"strings"
)

// markup is text that is safe as it is: only constants and what this package made of escaped parts.
type markup string

// html writes a page. bufio keeps the first error for Flush.
type html struct {
	w   *bufio.Writer
	ids int
}

func newHTML(w io.Writer) *html { return &html{w: bufio.NewWriterSize(w, 1<<16)} }

// put writes format with every {} replaced by the next argument, escaped unless it is markup. Formats are constants.
func (h *html) put(format markup, args ...any) {
	rest := string(format)
	for _, a := range args {
		before, after, _ := strings.Cut(rest, "{}")
		_, _ = h.w.WriteString(before)
		_, _ = h.w.WriteString(string(safe(a)))
		rest = after
	}
	_, _ = h.w.WriteString(rest)
}

// join is put into a string.
func join(format markup, args ...any) markup {
	var b strings.Builder
	h := html{w: bufio.NewWriter(&b)}
	h.put(format, args...)
	_ = h.w.Flush() // a strings.Builder takes everything
	return markup(b.String())
}

func safe(a any) markup {
	switch a := a.(type) {
	case markup:
		return a
	case string:
		return escape(a)
	case int:
		return markup(itoa(a))
	}
	return "" // unreachable: arguments are of these types
}

// escape makes text safe in an element and in a quoted attribute. Control characters, and those that turn the direction of
// writing, are shown as escapes, so that a name cannot pose as another.
func escape(s string) markup {
	s = plain(strings.ToValidUTF8(s, "\ufffd"))
	return markup(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(s))
}

// prose is text in which `code` is marked up as such.
func prose(s string) markup {
	var out markup
	parts := strings.Split(s, "`")
	for i, part := range parts {
		switch {
		case i%2 == 0:
			out += escape(part)
		case i == len(parts)-1: // it is never closed
			out += "`" + escape(part)
		default:
			out += join("<code>{}</code>", part)
		}
	}
	return out
}

// id returns a new element id.
func (h *html) id() string {
	h.ids++
	return "e" + itoa(h.ids)
}

// chip is a status, verdict or outcome with its colour, its sign and its word.
func chip(s string) markup {
	class := tone(s)
	switch s {
	case string(Manual):
		class += " manual"
	case "lapsed", "expired", "ended", "void":
		class += " lapsed"
	}
	return join(`<span class="s {}">{}</span>`, class, label(s))
}

// statusChip is the chip of a status behind which every failure may be accepted.
func statusChip(s string, accepted bool) markup {
	if !accepted {
		return chip(s)
	}
	return join(`<span class="s accepted">{}, accepted</span>`, label(s))
}

// table writes a table that becomes a list of cards on a narrow screen. Cells are escaped unless they are markup.
func (h *html) table(header []string, rows [][]any) { h.tableOf("", header, rows) }

// tableOf is table with a class that gives its columns their widths.
func (h *html) tableOf(class markup, header []string, rows [][]any) {
	h.put(`<div class="scroll"><table class="stack{}"><thead><tr>`, class)
	for _, t := range header {
		h.put(`<th scope="col">{}</th>`, t)
	}
	h.put("</tr></thead><tbody>\n")
	for _, r := range rows {
		h.put(`<tr>`)
		for i, c := range r {
			h.put(`<td data-h="{}">{}</td>`, header[i], c)
		}
		h.put("</tr>\n")
	}
	h.put("</tbody></table></div>\n")
}

func (h *html) empty(s string) { h.put("<p class=\"empty\">{}</p>\n", s) }

// more tells what a bounded list left out.
func (h *html) more(left int) {
	if left > 0 {
		h.put("<p class=\"soft\">… and {} more, in the CSV files.</p>\n", group(left))
	}
}
