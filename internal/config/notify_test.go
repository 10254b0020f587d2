package config

import (
	"slices"
	"testing"
	"time"
)

func TestNotify(t *testing.T) {
	const text = `zone: Europe/Berlin
notify:
  mail: { server: "smtps://mail.example.com", from: "exhibit <e@example.com>", user: e, password: { env: P }, ca: ca.pem }
  slack: { token: { file: slack.token } }
  webhook: { url: "https://siem.example.com/in", secret: { env: W } }
  github: { repository: shop/compliance, token: { env: G } }
  jira: { url: "https://shop.atlassian.net", project: SEC, user: e@example.com, token: { env: J } }
  fallback: [grc@example.com]
  page: https://exhibit.example.com/
  give_up: 5d
  drift:
    - { schedule: "0 7 * * MON", per: owner, channels: [mail, slack, jira] }
    - { name: grc, schedule: "0 8 * * MON", to: [grc@example.com, "#grc"], quiet: true }
    - { name: urgent, threshold: high, per: owner }
`
	c, err := Parse("/etc/exhibit/exhibit.yaml", []byte(text), providers)
	if err != nil {
		t.Fatal(err)
	}
	n := c.Notify
	if n.Mail.CA != "/etc/exhibit/ca.pem" || n.Slack.Token.File != "/etc/exhibit/slack.token" || n.Mail.Password.Env != "P" ||
		n.Page != "https://exhibit.example.com" || n.GiveUp != 120*time.Hour || n.Jira.Project != "SEC" {
		t.Errorf("%+v %+v %+v", n, n.Mail, n.Slack)
	}
	if len(n.Reports) != 3 {
		t.Fatalf("%d reports", len(n.Reports))
	}
	weekly, grc, urgent := n.Reports[0], n.Reports[1], n.Reports[2]
	if weekly.Name != "drift" || !weekly.PerOwner || weekly.Schedule.String() != "0 7 * * MON Europe/Berlin" ||
		!slices.Equal(weekly.Channels, []string{"mail", "slack", "jira"}) {
		t.Errorf("%+v", weekly)
	}
	if grc.PerOwner || !slices.Equal(grc.To, []string{"grc@example.com", "#grc"}) || !grc.Quiet {
		t.Errorf("%+v", grc)
	}
	if urgent.Threshold != "high" || !urgent.Schedule.IsZero() || !slices.Equal(urgent.Channels, []string{"mail"}) {
		t.Errorf("%+v", urgent)
	}
	one, err := Parse("x.yaml", []byte(`notify: { mail: { server: "smtps://m", from: "a@example.com" }, drift: { schedule: "@daily", per: owner } }`), providers)
	if err != nil || len(one.Notify.Reports) != 1 || one.Notify.GiveUp != 72*time.Hour {
		t.Errorf("one report: %+v, %v", one, err)
	}
}
