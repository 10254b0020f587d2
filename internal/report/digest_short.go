package report

import (
	"fmt"
	"strings"

	"exhibit/internal/evidence"
)

// slackItems and slackBytes bound the Slack form of a report: it points to the mail, and does not replace it.
const (
	slackItems = 8
	slackBytes = 3000
)

// DigestSlack is a report in Slack's own markup: the news in a line, and the gravest of what is new or overdue.
func DigestSlack(d *Digest) string {
	if !d.News() {
		return slackText(d.noNews())
	}
	var b strings.Builder
	b.WriteString("*" + slackText(d.Subject()) + "*\n" + slackText(d.period()) + "\n")
	w := digestWriter{d, digestLimits{slackItems, 120}}
	left := 0
	for _, s := range d.sections(w.limit) {
		switch s.title {
		case newFailing, overdue, openFirst:
		default:
			continue
		}
		for n, e := range s.entries {
			line := "• " + slackText(e.tag) + ": " + slackText(e.title)
			for _, name := range e.names {
				line += " " + slackCode(name)
			}
			for _, f := range e.facts {
				if f[0] == "Fix by" || f[0] == "Owner" {
					line += "; " + strings.ToLower(f[0]) + " " + slackText(f[1])
				}
			}
			if n == slackItems || b.Len()+len(line) > slackBytes {
				left += len(s.entries) - n
				break
			}
			b.WriteString(line + "\n")
		}
		if s.more != "" {
			b.WriteString(slackText(s.more) + "\n")
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "… and %s more\n", group(left))
	}
	b.WriteString(slackText(d.standing()))
	return b.String()
}

// slackText escapes what Slack takes for links and mentions, and what would end a span of code.
func slackText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "'").Replace(Line(s))
}

// slackCode is text that stands as it is.
func slackCode(s string) string { return "`" + slackText(s) + "`" }

// DigestTicket is what is to happen to the ticket of one finding.
type DigestTicket struct {
	// Key is the finding's, by which its ticket is found: DigestItem.Key.
	Key string
	// Action is evidence.TicketOpen, TicketUpdate or TicketClose. A finding that fails again opens its ticket again.
	Action   string
	Severity evidence.Severity
	Title    string
	// Body is text of which everything foreign stands in indented lines, which ticket systems show as they are.
	Body string
}

// Tickets are what a report changes: a ticket is opened for what newly fails, updated when the failure becomes
// overdue or is accepted, and closed when it ended. A first report opens one for all that is open. There is one for
// each finding, however many there are.
func (d *Digest) Tickets() []DigestTicket {
	w := digestWriter{d, usualLimits()}
	var out []DigestTicket
	add := func(action string, lead string, items []DigestItem, one func(entry, []DigestItem) entry) {
		for _, i := range items {
			out = append(out, w.ticket(action, lead, i, one))
		}
	}
	if d.Baseline {
		add(evidence.TicketOpen, "This fails.", d.Open, w.fails)
		return out
	}
	add(evidence.TicketOpen, "This newly fails.", d.New, w.fails)
	for _, i := range d.Judged {
		switch string(evidence.Fail) {
		case i.After:
			out = append(out, w.ticket(evidence.TicketOpen, "This fails since the check changed.", i, w.fails))
		case i.Before:
			out = append(out, w.ticket(evidence.TicketClose, "The check changed, and no longer fails here.", i, w.fixed))
		}
	}
	newly := keep(d.overdue(), func(i DigestItem) bool { return i.Due.After(d.From) })
	add(evidence.TicketUpdate, "This should have been fixed by now.", newly, w.fails)
	add(evidence.TicketUpdate, "The risk is accepted.", d.Accepted, w.accepted)
	add(evidence.TicketClose, "This no longer fails.", d.Fixed, w.fixed)
	return out
}

func (w digestWriter) ticket(action, lead string, i DigestItem, one func(entry, []DigestItem) entry) DigestTicket {
	e := one(entry{command: w.show([]DigestItem{i}), link: w.page(i.Control)}, []DigestItem{i})
	title := i.Title + ": " + subjectName(i.Name, i.Subject)
	if i.Severity != "" {
		title = "[" + string(i.Severity) + "] " + title
	}
	lines := []string{lead, ""}
	line := func(label, value string) {
		if value != "" {
			lines = append(lines, fmt.Sprintf("    %-9s%s", label, Line(value)))
		}
	}
	line("Check", i.Title+" ("+i.Check+")")
	line("Thing", firstOf(i.Subject, "(all)"))
	line("Scope", i.Scope)
	line("Owner", i.Owner)
	for _, f := range e.facts {
		line(f[0], f[1])
	}
	line("Evidence", e.command)
	line("Page", e.link)
	if w.Simulated {
		lines = append(lines, "", simulated)
	}
	return DigestTicket{Key: i.Key(), Action: action, Severity: i.Severity, Title: cut(Line(title), 200),
		Body: strings.Join(lines, "\n") + "\n"}
}
