package report

import (
	"cmp"

	"exhibit/internal/evidence"
)

// framework writes the requirements of one framework.
func (h *html) framework(i int, f FrameworkPosture) {
	h.put("<section id=\"framework-{}\"><h2>{}</h2>\n<p class=\"lead\">{} of <code>{}</code>: {}.</p>\n", i+1, f.Title,
		plural(len(f.Requirements), "requirement"), f.Key, statusLine(f.Statuses))
	h.put(`<div class="tiles" aria-hidden="true">`)
	for _, r := range f.Requirements {
		class := tone(string(r.Status))
		if r.Accepted {
			class = "accepted"
		}
		h.put(`<svg viewBox="0 0 10 10"><title>{}: {}</title><rect class="f-{}" width="10" height="10" rx="1"/></svg>`, r.ID,
			label(string(r.Status)), class)
	}
	open := markup("")
	if i == 0 {
		open = " open"
	}
	h.put("</div>\n<details class=\"group\"{}><summary><span class=\"soft\">{}</span></summary>\n", open, "Each requirement")
	for _, r := range f.Requirements {
		h.requirement(r)
	}
	h.put("</details></section>\n")
}

func (h *html) requirement(r RequirementPosture) {
	score := brief(r.Score)
	h.put(`<details><summary><span class="row req"><span class="id">{}</span><span class="t">{}`, r.ID, r.Title)
	if r.Strength != "" && r.Strength != "full" && len(r.Parts) > 0 {
		h.put(`<span class="tag">{}</span>`, r.Strength)
	}
	h.put(`</span><span class="st">{}</span><span class="num">{}</span></span></summary><div class="inside">`,
		statusChip(string(r.Status), r.Accepted), score)
	if len(r.Parts) > 0 {
		rows := make([][]any, 0, len(r.Parts))
		for _, p := range r.Parts {
			name := join(`<a href="#c-{}"><code>{}</code></a> {}`, slug(p.Control), p.Control, p.Title)
			if p.Check != "" {
				name = join(`<a href="#c-{}"><code>{}</code></a> {}`, slug(p.Control), p.Check, p.Title)
			}
			if p.Title == "" {
				name += " (not in the catalog)"
			}
			rows = append(rows, []any{name, chip(string(p.Status)), p.Score.String() + accepted(p.Score)})
		}
		h.table([]string{"Rests on", "Status", "Passing"}, rows)
	}
	if r.Manual != "" {
		h.put(`<p>{} {}</p>`, chip(string(Manual)), prose(r.Manual))
	}
	h.attested(r.Attested)
	if r.None != "" {
		h.put(`<p>{} {}</p>`, chip(string(Unmet)), prose(r.None))
	}
	h.put("</div></details>\n")
}

// controls writes every control by domain.
func (h *html) controls(controls []ControlPosture) {
	h.put("<section id=\"controls\"><h2>Controls</h2>\n<p class=\"lead\">Statements that belong to no framework, each proved by " +
		"its checks in every scope.</p>\n")
	domain := "\x00"
	for _, c := range controls {
		if c.Domain != domain {
			domain = c.Domain
			h.put("<h3>{}</h3>\n", heading(domain))
		}
		h.control(c)
	}
	if len(controls) == 0 {
		h.empty("The catalog has no controls.")
	}
	h.put("</section>\n")
}

func heading(domain string) string {
	if domain == "" {
		return "Other"
	}
	r := []rune(domain)
	if r[0] >= 'a' && r[0] <= 'z' {
		r[0] += 'A' - 'a'
	}
	return string(r)
}

func (h *html) control(c ControlPosture) {
	h.put(`<details><summary><span class="row"><span class="t">{}</span><span class="st">{}</span>`+
		`<span class="num">{}</span></span></summary><div class="inside" id="c-{}">`, c.Title, statusChip(string(c.Status), c.Accepted),
		brief(c.Score), slug(c.ID)) // a link to what is inside opens it
	h.put(`<p>{}</p><p class="soft"><code>{}</code>, owned by {}</p>`, prose(c.Statement), c.ID, c.Owner)
	if c.Manual != "" {
		h.put(`<p>{} {}</p>`, chip(string(Manual)), prose(c.Manual))
	}
	h.attested(c.Attested)
	if len(c.Checks) > 0 {
		rows := make([][]any, 0, len(c.Checks))
		for _, k := range c.Checks {
			rows = append(rows, []any{join(`{}<br><code class="soft">{}</code>`, k.Title, k.ID), severity(k.Severity),
				chip(string(k.Status)), k.Score.String() + accepted(k.Score)})
		}
		h.table([]string{"Check", "Severity", "Status", "Passing"}, rows)
	}
	if len(c.Findings) > 0 {
		rows := make([][]any, 0, len(c.Findings))
		for _, f := range c.Findings {
			var reasons markup
			for i, r := range f.Reasons {
				if i > 0 {
					reasons += "<br>"
				}
				reasons += escape(r)
			}
			rows = append(rows, []any{join(`<code>{}</code>`, f.Scope), chip(string(f.Status)), counts(f.Counts), day(f.ObservedFrom), reasons})
		}
		h.table([]string{"Scope", "Status", "Observations", "Oldest evidence", "Why unknown"}, rows)
	}
	h.put("</div></details>\n")
}

// brief is a score, and nothing where there is nothing to judge.
func brief(s Score) string {
	if s.All() == 0 {
		return ""
	}
	return s.String()
}

// counts is "3 fail, 40 pass" in order of need.
func counts(c map[evidence.Verdict]int) string {
	out := ""
	known := []evidence.Verdict{evidence.Fail, evidence.Unknown, evidence.Pass, evidence.NotApplicable}
	add := func(v evidence.Verdict) {
		if c[v] == 0 {
			return
		}
		if out != "" {
			out += ", "
		}
		out += group(c[v]) + " " + label(string(v))
	}
	for _, v := range known {
		add(v)
	}
	for _, v := range sortedKeys(c) {
		if v != known[0] && v != known[1] && v != known[2] && v != known[3] {
			add(v)
		}
	}
	return out
}

func severity(s evidence.Severity) markup {
	if s.Rank() == 0 {
		return escape(string(s))
	}
	return join(`<span class="sev {}">{}</span>`, string(s), string(s))
}

// slug is an id made of safe characters; two names may share one, which costs no more than a link to the first.
func slug(s string) string {
	b := []byte(s)
	for i, c := range b {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
			b[i] = '-'
		}
	}
	return string(b)
}

// factList writes the deciding values one to a line.
func factList(o evidence.Observation) markup {
	var out markup
	for _, k := range sortedKeys(o.Facts) {
		out += join(`<li><span class="soft">{}</span> <code>{}</code></li>`, k, value(o.Facts[k], 160))
	}
	if out == "" {
		return ""
	}
	return `<ul class="diff">` + out + `</ul>`
}

func (h *html) failures(failures []Failure) {
	h.put("<section id=\"failures\"><h2>Failures</h2>\n<p class=\"lead\">What fails as of now, gravest first; accepted failures come " +
		"last.</p>\n")
	var rows [][]any
	for _, f := range failures[:min(len(failures), maxFailures)] {
		verdict := chip(string(f.Verdict))
		if f.Accepted != "" {
			verdict = join(`<span class="s accepted">{}</span>`, f.Label())
		}
		what := join(`{}<br><code class="soft">{}</code>`, f.Title, f.Check)
		who := join(`{}<br><code class="soft">{}</code><br><span class="soft">owned by {}</span>`, subjectName(f.Name, f.Subject), f.Scope,
			cmp.Or(f.Owner, "nobody"))
		facts := factList(f.Observation)
		if f.Remediation != "" {
			facts += join(`<details class="fix"><summary><span>What to do</span></summary><p>{}</p></details>`, prose(f.Remediation))
		}
		var since markup
		if !f.Since.IsZero() {
			since = join(`{}`, f.began())
		}
		rows = append(rows, []any{severity(f.Severity), verdict, who, what, since, facts})
	}
	if len(rows) == 0 {
		h.empty("Nothing fails.")
	} else {
		h.tableOf(" fixed failing", []string{"Severity", "Verdict", "Subject", "Check", "Since", "Deciding values"}, rows)
	}
	h.more(len(failures) - maxFailures)
	h.put("</section>\n")
}
