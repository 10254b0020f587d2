package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"

	"exhibit/internal/evidence"
)

// maxMail bounds each form of a report, in bytes: some mail programs cut a mail at 102 KB.
const maxMail = 96_000

// withinBounds returns what write writes within the widest limits with which it is not too long.
func withinBounds(write func(*bytes.Buffer, digestLimits)) []byte {
	var b bytes.Buffer
	for limits, ok := usualLimits(), true; ok; limits, ok = limits.less() {
		b.Reset()
		write(&b, limits)
		if b.Len() <= maxMail {
			break
		}
	}
	return b.Bytes()
}

// mailStyle is what inline styles cannot say: the dark, and narrow screens. Programs that ignore it show the light
// form.
const mailStyle markup = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.bg{background:#14161a!important}
.card{background:#1d2026!important;border-top-color:#363b43!important;border-right-color:#363b43!important;
border-bottom-color:#363b43!important}
.ink{color:#e8e6e0!important}.soft{color:#aab0b9!important}.link{color:#8fbfe0!important}
.cmd{background:#2a2e36!important}
.line{border-color:#363b43!important}}
@media (max-width:480px){.pad{padding-left:14px!important;padding-right:14px!important}}`

// Styles that recur. Every one names its font: some mail programs do not inherit it into tables.
const (
	mailFont   markup = `Helvetica,Arial,sans-serif;`
	mailInk    markup = `color:#1f2328;`
	mailSoft   markup = `color:#5b6169;`
	small             = `font:14px/1.45 ` + mailFont
	soft14            = small + mailSoft
	ink14             = small + mailInk
	mono14            = `font:14px/1.45 Menlo,Consolas,monospace;` + mailInk
	heading2          = `font:700 18px/1.3 ` + mailFont + mailInk + `margin:28px 0 8px`
	plainTable        = `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"`
)

// DigestHTML writes a report as the HTML of a mail: tables and inline styles, one column, nothing loaded from
// anywhere, at most 96 KB. Its pictures are named by content id; those that are given stand in the page itself
// instead, for a browser.
func DigestHTML(w io.Writer, d *Digest, inside []Picture) error {
	page := withinBounds(func(b *bytes.Buffer, l digestLimits) {
		h := newHTML(b)
		h.digest(d, l)
		_ = h.w.Flush() // a buffer takes everything
	})
	for _, p := range inside {
		page = bytes.Replace(page, []byte(`src="cid:`+p.CID+`"`),
			[]byte(`src="data:image/png;base64,`+base64.StdEncoding.EncodeToString(p.PNG)+`"`), 1)
	}
	if _, err := w.Write(page); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return nil
}

func (h *html) digest(d *Digest, l digestLimits) {
	h.put(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>{}</title><style>{}</style></head>
<body class="bg" style="margin:0;padding:0;background:#f4f2ec">
<div style="display:none;max-height:0;overflow:hidden">{}</div>
`+plainTable+`><tr><td align="center">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px">
<tr><td class="pad" style="padding:20px 24px 28px">
`, d.Subject(), mailStyle, d.standing())
	if d.News() {
		h.mailHead(d)
		for _, s := range d.sections(l) {
			h.mailSection(s)
		}
		if len(d.Owners) > 0 && d.Threshold == "" {
			h.mailOwners(d, l)
		}
		for _, line := range d.foot() {
			h.put(`<p class="soft" style="{}margin:14px 0 0">{}</p>`+"\n", soft14, line)
		}
	} else {
		h.put(`<p class="ink" style="{}margin:0">{}</p>`+"\n", ink14, d.noNews())
	}
	h.put("</td></tr></table></td></tr></table></body></html>\n")
}

func (h *html) mailHead(d *Digest) {
	h.put(`<p class="soft" style="{}margin:0 0 2px">exhibit</p>
<h1 class="ink" style="font:700 24px/1.25 {}margin:0 0 4px">{}</h1>
<p class="soft" style="{}margin:0">{}</p>
`, soft14, mailFont+mailInk, Line(d.title()), soft14, d.period())
	if d.Simulated {
		h.put(`<p class="ink" style="{}margin:10px 0 0;font-weight:700">{}</p>`+"\n", ink14, simulated)
	}
	h.mailNumbers(d)
	if d.Score.All() > 0 {
		h.picture("score", d.scoreAlt(), 28)
		h.put(`<p class="soft" style="{}margin:6px 0 14px">{}{}</p>`+"\n", soft14, d.legend(), d.standing())
	}
	h.picture("days", d.daysAlt(), 48)
	h.put(`<p class="soft" style="{}margin:6px 0 0">{}{}</p>`+"\n", soft14, d.daysLegend(), d.daysAlt())
}

// mailNumbers are the four numbers that tell whether to read on.
func (h *html) mailNumbers(d *Digest) {
	first, what := len(d.New), "new"
	if d.Baseline {
		first, what = len(d.Open), "open"
	}
	h.put(plainTable + ` style="margin:16px 0 14px"><tr>`)
	for _, x := range []struct {
		n    int
		word string
	}{{first, what}, {d.late(), "overdue"}, {len(d.Fixed), "fixed"}, {d.Score.Unknown, "unknown"}} {
		h.put(`<td width="25%" valign="top"><div class="ink" style="font:700 26px/1.1 {}">{}</div>`+
			`<div class="soft" style="{}">{}</div></td>`, mailFont+mailInk, group(x.n), soft14, x.word)
	}
	h.put("</tr></table>\n")
}

// picture is an image of the mail's own, with what it says in words for who does not see it.
func (h *html) picture(cid, alt string, height int) {
	h.put(`<img src="cid:{}" alt="{}" width="{}" height="{}" style="display:block;width:100%;max-width:{}px;height:auto;`+
		`border:0;{}">`+"\n", cid, alt, pictureWidth, height, pictureWidth, soft14)
}

// legend names the colours of the score that are there.
func (d *Digest) legend() markup {
	colors := []markup{"#2a8f87", "#cb4f26", "#8570bd", "#b08a1e"} // as in the picture
	var out markup
	for n, p := range scoreParts(d.Score) {
		if p.n > 0 {
			out += patch(colors[n], group(p.n)+" "+p.name)
		}
	}
	return out + "<br>"
}

// daysLegend names the colours of the days' bars that are there, from the bottom up.
func (d *Digest) daysLegend() markup {
	there := map[string]bool{}
	for _, day := range d.Days {
		there["not known yet"] = there["not known yet"] || !day.Known
		for s, n := range day.Failing {
			there[string(s)] = there[string(s)] || n > 0
		}
	}
	var out markup
	for _, c := range []struct {
		name  string
		color markup
	}{{"critical", "#a3231f"}, {"high", "#d8622f"}, {"medium", "#c79a2b"}, {"low", "#8a9099"},
		{"not known yet", "#b08a1e"}} {
		if there[c.name] {
			out += patch(c.color, c.name)
		}
	}
	if out == "" {
		return ""
	}
	return out + "<br>"
}

func patch(color markup, name string) markup {
	return join(`<span style="color:{}">&#9632;</span> {} &nbsp;`, color, name)
}

func (h *html) mailSection(s section) {
	h.put(`<h2 class="ink" style="{}">{}`, heading2, s.title)
	if s.count > 0 {
		h.put(` <span class="soft" style="{}font-weight:400">({})</span>`, mailSoft, group(s.count))
	}
	h.put("</h2>\n")
	if s.lead != "" {
		h.put(`<p class="soft" style="{}margin:0 0 8px">{}</p>`+"\n", soft14, s.lead)
	}
	for _, e := range s.entries {
		h.mailEntry(e)
	}
	if s.more != "" {
		h.put(`<p class="soft" style="{}margin:0">{}</p>`+"\n", soft14, s.more)
	}
}

// mailColor is the ground of a tag: white stands on it.
func mailColor(tone string) markup {
	switch tone {
	case string(evidence.Critical):
		return "#8f1d1d"
	case string(evidence.High), toneBad:
		return "#b9431c"
	case string(evidence.Medium), toneUnknown:
		return "#7d5d06"
	case toneGood:
		return "#19706a"
	}
	return "#5f656d"
}

func (h *html) mailEntry(e entry) {
	color := mailColor(e.tone)
	h.put(plainTable+` class="card" style="background:#fff;border:1px solid #e2dfd8;border-left:4px solid {};`+
		`border-radius:4px;margin:0 0 10px"><tr><td style="padding:10px 12px">`, color)
	h.put(`<span style="{}display:inline-block;background:{};color:#fff;padding:0 7px;border-radius:3px">{}</span>`,
		small, color, Line(e.tag))
	h.put(`<div class="ink" style="font:600 16px/1.35 {}margin:5px 0 0">{}</div>`, mailFont+mailInk, e.title)
	for _, n := range e.names {
		h.put(`<div class="ink" style="{}word-break:break-word">{}</div>`, mono14, n)
	}
	if len(e.facts) > 0 {
		h.put(`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:6px 0 0">`)
		for _, f := range e.facts {
			h.put(`<tr><td class="soft" valign="top" width="60" style="{}padding:0 8px 0 0">{}</td>`+
				`<td class="ink" valign="top" style="{}word-break:break-word">{}</td></tr>`, soft14, f[0], ink14, prose(f[1]))
		}
		h.put("</table>")
	}
	if e.command != "" {
		h.put(`<div class="ink cmd" style="{}background:#f2f0ea;padding:3px 6px;margin:7px 0 0;border-radius:3px;`+
			`word-break:break-all">{}</div>`, mono14, e.command)
	}
	if e.link != "" {
		h.put(`<div style="margin:7px 0 0"><a class="link" href="{}" style="{}color:#22577a">Open the report</a></div>`,
			e.link, small)
	}
	h.put("</td></tr></table>\n")
}

func (h *html) mailOwners(d *Digest, l digestLimits) {
	h.put(`<h2 class="ink" style="{}">By owner</h2><table width="100%" cellpadding="0" cellspacing="0" border="0"><tr>`,
		heading2)
	const edge = `padding:5px 4px;border-bottom:1px solid #e2dfd8;`
	for n, t := range []string{"Owner", "New", "Open", "Late", "Fixed"} {
		h.put(`<th class="soft line" align="{}" style="{}">{}</th>`, alignment(n), soft14+edge+"font-weight:400", t)
	}
	h.put("</tr>\n")
	rows, left := d.ownerRows(l)
	for _, r := range rows {
		h.put(`<tr><td class="ink line" style="{}word-break:break-word"><strong>{}</strong><br>`+
			`<span class="soft" style="{}">{} pass</span></td>`, ink14+edge, r[0], mailSoft, r[5])
		for n := 1; n < 5; n++ {
			h.put(`<td class="ink line" align="{}" valign="top" style="{}">{}</td>`, alignment(n), ink14+edge, r[n])
		}
		h.put("</tr>\n")
	}
	h.put("</table>\n")
	if left > 0 {
		h.put(`<p class="soft" style="{}margin:6px 0 0">… and {}</p>`+"\n", soft14, plural(left, "more owner"))
	}
}

// alignment is that of a column of names, then numbers.
func alignment(column int) markup {
	if column == 0 {
		return "left"
	}
	return "right"
}
