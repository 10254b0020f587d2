package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// series is one layer of a picture over time.
type series struct {
	class, name string
	at          func(Point) int
}

func verdictSeries(class, name string, v evidence.Verdict) series {
	return series{class, name, func(p Point) int { return p.Totals[v] }}
}

func statusSeries(class string, s evidence.Status) series {
	return series{class, label(string(s)), func(p Point) int { return p.Statuses[s] }}
}

// overTime draws how observations and findings stood at every assessment of the period.
func (h *html) overTime(p *Posture) {
	if len(p.History) == 0 {
		return
	}
	h.put("<section id=\"time\"><h2>Over time</h2>\n<p class=\"lead\">{}, from {} to {}. Each holds until the next.</p>\n",
		plural(len(p.History), "assessment"), minute(p.History[0].AsOf), minute(p.History[len(p.History)-1].AsOf))
	h.stack("Observations by verdict", p, []series{verdictSeries("bad", "fail", evidence.Fail),
		verdictSeries("unknown", "unknown", evidence.Unknown), verdictSeries("good", "pass", evidence.Pass)})
	h.stack("The same, what fails or is unknown alone", p, []series{verdictSeries("bad", "fail", evidence.Fail),
		verdictSeries("unknown", "unknown", evidence.Unknown)})
	h.stack("Controls in scopes by status", p, []series{statusSeries("bad", evidence.NotSatisfied),
		statusSeries("unknown", evidence.Indeterminate), statusSeries("good", evidence.Satisfied)})
	var changed []string
	for _, pt := range p.History {
		if pt.Rules {
			changed = append(changed, day(pt.AsOf))
		}
	}
	if len(changed) > 0 {
		h.put("<p class=\"soft\">Dashed lines: the checks changed on {}. A step there may be theirs and not the estate’s.</p>\n",
			strings.Join(slices.Compact(changed), ", "))
	}
	h.put("</section>\n")
}

// stack draws layers over time as steps: an assessment holds until the next one. Bad stands at the bottom, where a change is
// read best.
func (h *html) stack(name string, p *Posture, layers []series) {
	from, to := p.History[0].AsOf, p.History[len(p.History)-1].AsOf
	if p.Period.To.After(to) && p.AsOf.After(to) {
		to = p.AsOf
	}
	top := 1
	for _, pt := range p.History {
		sum := 0
		for _, l := range layers {
			sum += l.at(pt)
		}
		top = max(top, sum)
	}
	x := func(t time.Time) string { return position(t, from, to) }
	first, last := p.History[0], p.History[len(p.History)-1]
	var alt []string
	for _, l := range layers {
		alt = append(alt, l.name+" "+itoa(l.at(first))+" at first, "+itoa(l.at(last))+" at last")
	}
	id := h.id()
	h.put("<figure><figcaption>{}</figcaption><div class=\"plot\"><div class=\"y\"><span>{}</span><span>0</span></div>", name, group(top))
	h.put(`<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-labelledby="{}t {}d"><title id="{}t">{}</title>`+
		`<desc id="{}d">{}.</desc>`, id, id, id, name, id, strings.Join(alt, "; "))
	h.put(`<defs><pattern id="{}p" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`+
		`<path class="hatch" d="M0 0V6"/></pattern></defs>`, id)
	base := make([]int, len(p.History))
	for _, l := range layers {
		var up, down []string
		for i, pt := range p.History {
			end := to
			if i+1 < len(p.History) {
				end = p.History[i+1].AsOf
			}
			low := base[i]
			base[i] += l.at(pt)
			up = append(up, x(pt.AsOf)+" "+height(base[i], top), x(end)+" "+height(base[i], top))
			down = append(down, x(pt.AsOf)+" "+height(low, top), x(end)+" "+height(low, top))
		}
		if from.Equal(to) {
			up = []string{"0 " + height(base[len(base)-1], top), "1000 " + height(base[len(base)-1], top)}
			low := base[len(base)-1] - l.at(last)
			down = []string{"0 " + height(low, top), "1000 " + height(low, top)}
		}
		slices.Reverse(down)
		d := "M" + strings.Join(up, "L") + "L" + strings.Join(down, "L") + "Z"
		h.put(`<path class="f-{}" d="{}"><title>{}</title></path>`, l.class, d, l.name)
		if l.class == toneUnknown {
			h.put(`<path fill="url(#{}p)" d="{}"/>`, id, d)
		}
	}
	for _, pt := range p.History {
		if pt.Rules {
			h.put(`<path class="mark" d="M{} 0V100"><title>the checks changed on {}</title></path>`, x(pt.AsOf), day(pt.AsOf))
		}
	}
	h.put("</svg><div class=\"x\"><span>{}</span><span>{}</span><span>{}</span></div></div><ul class=\"legend\">", day(from),
		day(from.Add(to.Sub(from)/2)), day(to))
	for _, l := range slices.Backward(layers) {
		h.put(`<li>{}{}</li>`, key(l.class), l.name)
	}
	h.put("</ul>")
	h.numbers(p.History, layers)
	h.put("</figure>\n")
}

// numbers is the picture as a table.
func (h *html) numbers(points []Point, layers []series) {
	h.put(`<details class="numbers"><summary><span class="t soft">The numbers</span></summary><div class="inside">`)
	header := []string{"As of"}
	for _, l := range layers {
		header = append(header, l.name)
	}
	step := max(1, (len(points)+199)/200)
	var rows [][]any
	for i, pt := range points {
		if i%step != 0 && i != len(points)-1 && !pt.Rules {
			continue
		}
		when := minute(pt.AsOf)
		if pt.Rules {
			when += " (the checks changed)"
		}
		row := []any{when}
		for _, l := range layers {
			row = append(row, group(l.at(pt)))
		}
		rows = append(rows, row)
	}
	h.table(header, rows)
	h.put("</div></details>")
}

// position is where t stands between from and to, 0 to 1000.
func position(t, from, to time.Time) string {
	if !to.After(from) {
		return "0"
	}
	f := float64(t.Sub(from)) / float64(to.Sub(from))
	return decimal(1000 * min(max(f, 0), 1))
}

func height(n, top int) string { return decimal(100 - 100*float64(n)/float64(top)) }

func decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}
