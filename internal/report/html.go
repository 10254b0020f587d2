package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"

	"exhibit/internal/evidence"
)

//go:embed style.css
var style string

// ContentSecurityPolicy is what the page needs: its own style sheet, and nothing else.
func ContentSecurityPolicy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'"
}

// Bounds of the page's lists; what is left out is counted on the page and stands in the CSV files.
const (
	maxFailures  = 500
	maxExposures = 200
	maxChanges   = 200 // of one cause
	maxRows      = 1000
)

// HTML writes the posture as one page that stands alone: no script, nothing loaded, readable in print, in the dark and on a
// phone. The same posture gives the same bytes.
func HTML(w io.Writer, p *Posture) error {
	h := newHTML(w)
	h.head(p)
	h.summary(p)
	h.overTime(p)
	h.metrics(p.Metrics)
	for i, f := range p.Frameworks {
		h.framework(i, f)
	}
	h.controls(p.Controls)
	h.failures(p.Failures)
	h.exposures(p)
	h.changes(p.Changes)
	h.unseen(p)
	h.acceptances(p)
	h.scopes(p.Scopes)
	h.foot(p)
	if err := h.w.Flush(); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

func title(p *Posture) string {
	if p.Title == "" {
		return "Compliance posture"
	}
	return p.Title
}

func (h *html) head(p *Posture) {
	h.put(`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{}">
<meta name="color-scheme" content="light dark">
<title>{} – {}</title>
<style>{}</style></head>
<body><div class="wrap">
<header><p class="eyebrow">Evidence report</p>
<h1>{}</h1>
`, ContentSecurityPolicy(), title(p), day(p.AsOf), markup(style), title(p))
	if p.Simulated {
		h.put("<p class=\"note\" role=\"note\"><strong>Simulated.</strong> The company and everything seen in it are made up; " +
			"nothing here was seen in the world.</p>\n")
	}
	h.put("<dl class=\"meta\">\n")
	h.meta("As of", minute(p.AsOf))
	if !p.Period.From.IsZero() {
		h.meta("Period", day(p.Period.From)+" to "+day(p.Period.To))
	}
	h.meta("Judged by", "catalog "+p.Catalog.Short()+", evaluator "+p.Evaluator)
	h.meta("Rests on", "the first "+group(int(p.View))+" entries of the log")
	if p.Tool != "" {
		h.meta("Made with", p.Tool)
	}
	h.put("</dl>\n<nav aria-label=\"Sections\"><ul>")
	if len(p.History) > 0 {
		h.put(`<li><a href="#time">Over time</a></li>`)
	}
	if len(p.Metrics) > 0 {
		h.put(`<li><a href="#metrics">Metrics</a></li>`)
	}
	for i, f := range p.Frameworks {
		h.put(`<li><a href="#framework-{}">{}</a></li>`, i+1, f.Title)
	}
	h.put(`<li><a href="#controls">Controls</a></li><li><a href="#failures">Failures</a></li>` +
		`<li><a href="#exposure">Exposure</a></li><li><a href="#drift">Drift</a></li><li><a href="#unseen">Not seen</a></li>` +
		`<li><a href="#acceptances">Accepted risks</a></li><li><a href="#scopes">Scopes</a></li>` +
		`<li><a href="#reading">How to read this</a></li></ul></nav></header>
<main>
`)
}

func (h *html) meta(name, value string) { h.put("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value) }

func (h *html) summary(p *Posture) {
	s := p.Score
	h.put("<section class=\"hero\" aria-label=\"Summary\">\n<div>")
	if s.Known() == 0 {
		h.put(`<div class="big">– <small>nothing was judged</small></div>`)
	} else {
		h.put(`<div class="big">{} <small>of {} observations pass</small></div>`, group(s.Pass), group(s.Known()))
	}
	if s.Unknown == 0 {
		h.put("<p class=\"soft\">Everything that was asked for was judged.</p></div>\n<div>")
	} else {
		h.put("<p class=\"soft\">{} more could not be judged: coverage {}.</p></div>\n<div>", group(s.Unknown), s.Coverage())
	}
	h.bar(s, "bar")
	h.put(`<ul class="legend">`)
	for _, part := range scoreParts(s) {
		if part.n == 0 && part.class == "accepted" {
			continue
		}
		h.put(`<li>{}{} {}</li>`, key(part.class), group(part.n), part.name)
	}
	h.put("</ul>\n<p class=\"soft\">Controls: {}. What is not applicable counts in no total.</p></div></section>\n", statusLine(p.Statuses))
}

type part struct {
	n           int
	class, name string
}

// scoreParts are the parts of a score in the order in which they are drawn.
func scoreParts(s Score) []part {
	return []part{{s.Pass, "good", "pass"}, {s.Fail, "bad", "fail"}, {s.Accepted, "accepted", "fail, accepted"},
		{s.Unknown, "unknown", "unknown"}}
}

func key(class string) markup {
	return join(`<svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="f-{}" width="10" height="10"/></svg>`, class)
}

// bar draws a score as one bar with a text alternative.
func (h *html) bar(s Score, class string) {
	h.put(`<svg class="{}" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img"><title>{}</title>`, class,
		s.String()+accepted(s))
	x := 0
	for _, p := range scoreParts(s) {
		if p.n == 0 || s.All() == 0 {
			continue
		}
		width := max(p.n*1000/s.All(), 4)
		h.put(`<rect class="f-{}" x="{}" width="{}" height="10"/>`, p.class, x, width)
		x += width
	}
	h.put("</svg>")
}

func (h *html) foot(p *Posture) {
	h.put(`</main>
<footer id="reading"><h2>How to read this</h2>
<dl>
<dt>{}</dt><dd>The check looked at the thing and its assertion held, or did not.</dd>
<dt>{}</dt><dd>Evidence was denied, unreachable, stale or incomplete. It is never counted as passing nor as failing.</dd>
<dt>{}</dt><dd>Only a person can examine this. The page says what to examine and claims nothing.</dd>
<dt>{}</dt><dd>The observation stays a failure. A person other than its requester and owner accepted the risk until a day.</dd>
<dt>Exposure</dt><dd>Things are looked at now and then. The dark part of a bar is the time in which every look failed; the
light parts reach to the last good look before and the first good look after. It failed for at least the dark part, less what
nobody saw (pale within it), and at most the whole.</dd>
<dt>Partial</dt><dd>Satisfied checks show a part of the requirement only, or support it; the rest is for a person to examine.</dd>
</dl>
<p>Judged as of {}. The raw evidence, its digests and its proofs come with the bundle that this page is part of.</p>
</footer></div></body></html>
`, markup(chip(string(evidence.Pass))+" "+chip(string(evidence.Fail))), chip(string(evidence.Unknown)), chip(string(Manual)),
		join(`<span class="s accepted">fail (accepted until …)</span>`), minute(p.AsOf))
}
