package report

import (
	"strings"

	"exhibit/internal/evidence"
)

// unseen lists what could not be judged, and why: operations, unknowns and gaps.
func (h *html) unseen(p *Posture) {
	h.put("<section id=\"unseen\"><h2>Not seen</h2>\n<p class=\"lead\">What was asked and not answered, what could not be judged for it, " +
		"and when nobody looked.</p>\n<h3>Omissions</h3>\n")
	var rows [][]any
	for _, o := range p.Omissions[:min(len(p.Omissions), maxRows)] {
		what := firstOf(o.Operation, "the list")
		why := chip(string(o.Outcome))
		if o.Permission != "" {
			why += join(`<br><span class="soft">needs <code>{}</code></span>`, o.Permission)
		}
		if o.Error != "" {
			why += join(`<br><span class="soft">{}</span>`, o.Error)
		}
		rows = append(rows, []any{join(`<code>{}</code>`, what), join(`<code>{}</code><br><code class="soft">{}</code>`, o.Type, o.Scope), why,
			strings.Join(o.Controls, ", "), minute(o.At)})
	}
	if len(rows) == 0 {
		h.empty("Every operation of the newest collection answered.")
	} else {
		h.table([]string{"Operation", "Where", "Outcome", "Controls that lose by it", "At"}, rows)
	}
	h.more(len(p.Omissions) - maxRows)
	h.put("<h3>Unknown observations</h3>\n")
	rows = nil
	for _, u := range p.Unknowns[:min(len(p.Unknowns), maxRows)] {
		rows = append(rows, []any{join(`<code>{}</code>`, u.Check), join(`<code>{}</code>`, u.Scope), group(u.Count), u.Reason})
	}
	if len(rows) == 0 {
		h.empty("Every observation was judged.")
	} else {
		h.table([]string{"Check", "Scope", "Count", "Reason"}, rows)
	}
	h.more(len(p.Unknowns) - maxRows)
	h.put("<h3>Gaps</h3>\n")
	rows = nil
	for _, g := range p.Gaps[:min(len(p.Gaps), maxRows)] {
		rows = append(rows, []any{join(`<code>{}</code>`, g.Series), minute(g.Window.From), minute(g.Window.To), gapLength(g), gapReason(g)})
	}
	if len(rows) == 0 {
		h.empty("No interval of the period is without evidence for longer than its controls allow.")
	} else {
		h.table([]string{"Series", "From", "To", "Length", "Why"}, rows)
	}
	h.more(len(p.Gaps) - maxRows)
	h.populations(p.Populations)
	h.put("</section>\n")
}

// acceptances lists accepted risks and attestations with their effect.
func (h *html) acceptances(p *Posture) {
	h.put("<section id=\"acceptances\"><h2>Accepted risks</h2>\n<p class=\"lead\">An acceptance changes no observation. It has effect while " +
		"it is approved by another person, has not ended, and what makes up for the risk passes.</p>\n")
	var rows [][]any
	for _, a := range p.Acceptances[:min(len(p.Acceptances), maxRows)] {
		state := chip(a.State)
		if a.Why != "" {
			state += join(`<br><span class="soft">{}</span>`, a.Why)
		}
		if a.Why == "" {
			state += join(`<br><span class="soft">{} left</span>`, plural(a.DaysLeft, "day"))
		}
		who := join(`{}<br><span class="soft">asked by {}, owned by {}</span>`, firstOf(a.Approver, "nobody"), a.Requester, a.Owner)
		what := join(`<code>{}</code><br><code class="soft">{}</code><br><span class="soft">{}</span>`, a.Check, a.Scope, coverage(a))
		why := join(`{} <span class="tag">{}</span>`, a.Reason, a.Category)
		if len(a.Compensating) > 0 {
			why += join(`<br><span class="soft">made up for by <code>{}</code></span>`, strings.Join(a.Compensating, ", "))
		}
		rows = append(rows, []any{a.ID, state, what, who, why, day(a.Start) + " to " + a.UntilDay})
	}
	if len(rows) == 0 {
		h.empty("No risk is accepted.")
	} else {
		h.table([]string{"Acceptance", "State", "Speaks of", "Approved by", "Reason", "From and to"}, rows)
	}
	h.more(len(p.Acceptances) - maxRows)
	h.attestations(p.Attestations)
	h.put("</section>\n")
}

// attestations lists people's statements with whether they count.
func (h *html) attestations(list []AttestationState) {
	if len(list) == 0 {
		return
	}
	h.put("<h3>Attestations</h3>\n")
	var rows [][]any
	for _, a := range list[:min(len(list), maxRows)] {
		about := join(`<code>{}</code>`, firstOf(a.Control, a.Requirement))
		if a.Scope != "" {
			about += join(`<br><code class="soft">{}</code>`, a.Scope)
		}
		state := chip(a.State)
		if a.Why != "" {
			state += join(`<br><span class="soft">{}</span>`, a.Why)
		}
		what := join(`{}<br><span class="soft">{}</span>`, a.Statement, kept(a.Attestation))
		rows = append(rows, []any{about, state, a.Author, what, day(a.Period.From) + " to " + lastDay(a.Period.To),
			minute(a.Expires)})
	}
	h.table([]string{"About", "State", "Author", "Statement", "Period", "Expires"}, rows)
	h.more(len(list) - maxRows)
}

// attested names the statements that count, where somebody looks for what they speak of.
func (h *html) attested(ids []string) {
	if len(ids) > 0 {
		h.put(`<p><span class="tag">attested</span> <a href="#acceptances">{}</a></p>`, strings.Join(ids, ", "))
	}
}

// scopes lists what was asked for and what became of it.
func (h *html) scopes(scopes []evidence.ScopeOutcome) {
	h.put("<section id=\"scopes\"><h2>Scopes</h2>\n<p class=\"lead\">Everything that was asked for has an outcome, reached or not.</p>\n")
	var rows [][]any
	for _, s := range scopes[:min(len(scopes), maxRows)] {
		name := join(`<code>{}</code>`, s.Scope.ID())
		if s.Scope.Name != "" {
			name = join(`{}<br><code class="soft">{}</code>`, s.Scope.Name, s.Scope.ID())
		}
		var outcomes []string
		for _, o := range sortedKeys(s.Snapshots) {
			outcomes = append(outcomes, itoa(s.Snapshots[o])+" "+string(o))
		}
		rows = append(rows, []any{s.Source, name, chip(string(s.Outcome)), strings.Join(outcomes, ", "), group(s.Subjects),
			group(s.Requests), s.Reason})
	}
	if len(rows) == 0 {
		h.empty("The outcomes of scopes were not given.")
	} else {
		h.table([]string{"Source", "Scope", "Outcome", "Snapshots", "Subjects", "Requests", "Reason"}, rows)
	}
	h.more(len(scopes) - maxRows)
	h.put("</section>\n")
}
