package daemon

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"exhibit/internal/evidence"
)

// GateTickets are the messages that open and close the tickets which a decision asks for: with GitHub where it is configured,
// else with Jira, else none. The same decision gives the same messages.
func (a *App) GateTickets(d evidence.Decision) []evidence.Message {
	n := a.Config.Notify
	m := evidence.Message{Created: d.At}
	switch {
	case n.GitHub != nil:
		m.Channel, m.To = evidence.ChannelGitHub, n.GitHub.Repository
	case n.Jira != nil:
		m.Channel, m.To = evidence.ChannelJira, n.Jira.Project
	default:
		return nil
	}
	reasons := map[string]evidence.GateReason{}
	for _, r := range d.Reasons {
		reasons[r.Key()] = r
	}
	var out []evidence.Message
	add := func(key, action, subject, text string, t evidence.Ticket) {
		one := m
		t.Key, t.Action = key, action
		one.Key = strings.Join([]string{"gate", action, key, strconv.FormatInt(d.At.UnixMilli(), 10)}, "|")
		one.Subject, one.Text, one.Ticket = subject, text, &t
		out = append(out, one)
	}
	for _, key := range d.Open {
		r, ok := reasons[key]
		if !ok {
			continue // there are more reasons than a decision holds; the next one asks again
		}
		name := cmp.Or(r.Name, r.Subject, "(all)")
		text := fmt.Sprintf("A release gate asks for this ticket, by its rule %s.\n\n"+
			"    Check    %s (%s)\n    Thing    %s\n    Scope    %s\n    Owner    %s\n",
			r.Rule, r.Title, r.Check, cmp.Or(r.Subject, "(all)"), r.Scope, cmp.Or(r.Owner, "nobody"))
		if !r.FixBy.IsZero() {
			text += fmt.Sprintf("    Fix by   %s\n", r.FixBy.UTC().Format("2006-01-02"))
		}
		if r.Fix != "" {
			text += "\n" + r.Fix + "\n"
		}
		add(key, evidence.TicketOpen, fmt.Sprintf("[%s] %s: %s", r.Severity, r.Title, name), text,
			evidence.Ticket{Labels: []string{string(r.Severity)}})
		out[len(out)-1].Owner = r.Owner
	}
	for _, key := range d.Close {
		add(key, evidence.TicketClose, "no longer fails", "This no longer fails.\n", evidence.Ticket{})
	}
	return out
}
