package report

import (
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// exposures draws every failure of the period as a bar over time.
func (h *html) exposures(p *Posture) {
	h.put("<section id=\"exposure\"><h2>Exposure</h2>\n<p class=\"lead\">How long what failed. Dark: every look failed. Light: it may " +
		"have failed, nobody looked.</p>\n")
	if len(p.Exposures) == 0 {
		h.empty("Nothing failed in the period.")
		h.put("</section>\n")
		return
	}
	from, to := exposurePeriod(p)
	h.put(`<div class="gantt-axis"><span></span><div class="x"><span>{}</span><span>{}</span><span>{}</span></div>`+
		"<span></span></div>\n<ul class=\"gantt\">\n", day(from), day(from.Add(to.Sub(from)/2)), day(to))
	for _, e := range p.Exposures[:min(len(p.Exposures), maxExposures)] {
		h.exposure(e, p.Gaps, from, to)
	}
	h.put("</ul>\n")
	h.more(len(p.Exposures) - maxExposures)
	h.put("</section>\n")
}

// exposurePeriod is the period, or what the exposures span when none was given.
func exposurePeriod(p *Posture) (from, to time.Time) {
	from, to = p.Period.From, p.Period.To
	if to.IsZero() || p.AsOf.Before(to) && !p.AsOf.IsZero() {
		to = p.AsOf
	}
	if from.IsZero() {
		from = to
		for _, e := range p.Exposures {
			if e.FirstBad.Before(from) {
				from = e.FirstBad
			}
		}
	}
	return from, to
}

func (h *html) exposure(e evidence.Exposure, gaps []evidence.Gap, from, to time.Time) {
	n := e.Narrowed()
	begin, end := n.LastGood, n.FirstGood
	if begin.IsZero() {
		begin = from
		if e.FirstBad.Before(from) {
			begin = e.FirstBad
		}
	}
	if end.IsZero() {
		end = to
	}
	said := "first seen failing " + minute(e.FirstBad) + ", last " + minute(e.LastBad)
	if e.LastGood.IsZero() {
		said += "; never seen good before"
	} else {
		said += "; last good before " + minute(e.LastGood)
	}
	if e.FirstGood.IsZero() {
		said += "; still open"
	} else {
		said += "; " + label(e.Ended) + " " + minute(e.FirstGood)
	}
	h.put(`<li><div class="who">{}<small>{} · {}</small><small><code>{}</code></small>`, subjectName(e.Name, e.Subject),
		severity(e.Severity), e.Check, e.Scope)
	if e.Opened != nil {
		h.put(`<small>opened {}, {}</small>`, turnWhen(e.Opened), turnWho(e.Opened))
	}
	if e.Closed != nil {
		h.put(`<small>closed {}, {}</small>`, turnWhen(e.Closed), turnWho(e.Closed))
	}
	h.put("</div>")
	h.put(`<svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img"><title>{}: {}</title>`, subjectName(e.Name, e.Subject), said)
	for _, t := range ticks(from, to) {
		h.put(`<path class="tick" d="M{} 0V20"/>`, position(t, from, to))
	}
	h.band("maybe", begin, end, from, to)
	h.band("sure", n.FirstBad, n.LastBad, from, to)
	for _, g := range gaps {
		w := g.Window
		if !strings.HasSuffix(g.Series, "|"+e.Type+"|"+e.Scope) || !w.To.After(e.FirstBad) || !w.From.Before(e.LastBad) {
			continue
		}
		if w.From.Before(e.FirstBad) {
			w.From = e.FirstBad
		}
		if w.To.After(e.LastBad) {
			w.To = e.LastBad
		}
		h.band("blind", w.From, w.To, from, to)
	}
	ended := "open"
	if e.Ended != "" {
		ended = label(e.Ended)
	}
	h.put(`</svg><div class="long">{}<br><span class="soft">{}`, span(e.Least, e.Most), ended)
	if e.Unseen > 0 {
		h.put(`, {} unseen`, duration(e.Unseen))
	}
	if e.ByLooks != nil {
		h.put(`<br>by looks {}`, span(e.ByLooks.Least, e.ByLooks.Most))
	}
	h.put("</span></div></li>\n")
}

// ticks are the first days of months within a span, or days when it is short; none when they would stand too close.
func ticks(from, to time.Time) []time.Time {
	var out []time.Time
	y, m, d := from.UTC().Date()
	if to.Sub(from) > 45*24*time.Hour {
		for t := time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC); t.Before(to); t = t.AddDate(0, 1, 0) {
			out = append(out, t)
		}
	} else {
		for t := time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC); t.Before(to); t = t.AddDate(0, 0, 1) {
			out = append(out, t)
		}
	}
	if len(out) > 48 {
		return nil
	}
	return out
}

// band draws a span of time; a moment is drawn as a thin line, so that it is seen at all.
func (h *html) band(class string, begin, end, from, to time.Time) {
	x0, x1 := place(begin, from, to), place(end, from, to)
	if end.Before(from) || begin.After(to) {
		return
	}
	if x1-x0 < 3 {
		x0 = max(0, min(x0, 997))
		x1 = x0 + 3
	}
	h.put(`<rect class="{}" x="{}" y="3" width="{}" height="14"/>`, class, decimal(x0), decimal(x1-x0))
}

func place(t, from, to time.Time) float64 {
	if !to.After(from) {
		return 0
	}
	return 1000 * min(max(float64(t.Sub(from))/float64(to.Sub(from)), 0), 1)
}

// changes lists drift by cause.
func (h *html) changes(changes []evidence.Change) {
	h.put("<section id=\"drift\"><h2>Drift</h2>\n<p class=\"lead\">What differs between the beginning and the end of the period, by what " +
		"caused it. A fall that the checks caused is not a regression.</p>\n")
	if len(changes) == 0 {
		h.empty("Nothing changed.")
	}
	for _, g := range byCause(changes) {
		h.put("<details class=\"group\" open><summary><h3>{} <span class=\"soft\">({})</span></h3></summary>\n", causeTitle(g.cause),
			group(g.n))
		var rows [][]any
		for _, c := range g.changes[:min(len(g.changes), maxChanges)] {
			rows = append(rows, []any{h.changed(c), step(c), h.detail(c), seen(c.Between)})
		}
		h.tableOf(" fixed drift", []string{"What", "Step", "Detail", "Between"}, rows)
		h.more(len(g.changes) - maxChanges)
		h.put("</details>\n")
	}
	h.put("</section>\n")
}

func (h *html) changed(c evidence.Change) markup {
	out := join(`<span class="soft">{}</span> {}`, changeKind(c.What), subjectName(c.Name, firstOf(c.Subject, c.Control, c.Type, c.Scope)))
	if under := firstOf(c.Check, c.Type, ""); under != "" {
		out += join(`<br><code class="soft">{}</code>`, under)
	}
	if c.Scope != "" && firstOf(c.Name, c.Subject, c.Control, c.Type) != "" {
		out += join(`<br><code class="soft">{}</code>`, c.Scope)
	}
	return out
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// changeKind is what a change is, in words.
func changeKind(what string) string {
	switch what {
	case "subject-added":
		return "new"
	case "subject-removed":
		return "gone"
	case "subject-changed":
		return "changed"
	case "scope-added":
		return "new scope"
	case "scope-lost":
		return "lost scope"
	}
	return what
}

func step(c evidence.Change) markup {
	switch {
	case c.What == "requirement", c.Before == "" && c.After == "":
		return ""
	}
	return join(`{} → {}`, chipOr(c.Before), chipOr(c.After))
}

func chipOr(s string) markup {
	if s == "" {
		return `<span class="soft">none</span>`
	}
	return chip(s)
}

func (h *html) detail(c evidence.Change) markup {
	var out markup
	if c.What == "requirement" {
		out = join(`<span class="soft">was</span> {}<br><span class="soft">is</span> {}`, label(c.Before), label(c.After))
	}
	if c.Reason != "" {
		out += join(`{}`, c.Reason)
	}
	if c.Preceding != nil {
		out += join(`<br><span class="soft">{}</span>`, preceding(c.Preceding))
	}
	if c.What != "subject-changed" || len(c.Fields) == 0 {
		return out
	}
	out += `<ul class="diff">`
	for i, f := range c.Fields {
		if i == 8 {
			out += join(`<li class="soft">and {} more fields</li>`, len(c.Fields)-i)
			break
		}
		out += join(`<li><code>{}</code> <del>{}</del> → <ins>{}</ins></li>`, f.Path, value(f.Before, 120), value(f.After, 120))
	}
	return out + `</ul>`
}

func seen(w evidence.Window) markup {
	if w.To.IsZero() {
		return ""
	}
	return join(`<span class="nowrap">{}</span><br><span class="nowrap">{}</span>`, minute(w.From), minute(w.To))
}
