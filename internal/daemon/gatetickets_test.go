package daemon

import (
	"strings"
	"testing"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
)

func TestGateTickets(t *testing.T) {
	d := evidence.Decision{At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Open: []string{"aws:1|a|b-1", "aws:1|a|left-out"},
		Close: []string{"aws:1|a|b-2"}, Reasons: []evidence.GateReason{{Action: evidence.GateTicket, Rule: "later", Verdict: evidence.Fail,
			Severity: evidence.Medium, Check: "a", Title: "Buckets are encrypted", Scope: "aws:1", Subject: "b-1", Name: "media", Owner: "payments",
			FixBy: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), Fix: "Turn it on."}}}
	app := &App{Config: config.Default(t.TempDir())}
	if got := app.GateTickets(d); len(got) != 0 {
		t.Errorf("without a tracker: %+v", got)
	}
	app.Config.Notify.Jira = &config.Jira{Project: "SEC"}
	if got := app.GateTickets(d); len(got) != 2 || got[0].Channel != evidence.ChannelJira || got[0].To != "SEC" {
		t.Errorf("with Jira: %+v", got)
	}
	app.Config.Notify.GitHub = &config.Tracker{Repository: "shop/compliance"}
	got := app.GateTickets(d)
	if len(got) != 2 {
		t.Fatalf("%d messages", len(got))
	}
	first, last := got[0], got[1]
	if first.To != "shop/compliance" || first.Owner != "payments" || first.Ticket.Action != evidence.TicketOpen ||
		first.Ticket.Key != "aws:1|a|b-1" || first.Subject != "[medium] Buckets are encrypted: media" {
		t.Errorf("%+v %+v", first, first.Ticket)
	}
	for _, part := range []string{"by its rule later", "Buckets are encrypted (a)", "b-1", "payments", "2026-06-01", "Turn it on."} {
		if !strings.Contains(first.Text, part) {
			t.Errorf("the text lacks %q: %s", part, first.Text)
		}
	}
	if last.Ticket.Action != evidence.TicketClose || last.Ticket.Key != "aws:1|a|b-2" || last.Key == first.Key {
		t.Errorf("%+v %+v", last, last.Ticket)
	}
}
