package config

import (
	"testing"

	"exhibit/internal/evidence"
	"exhibit/internal/owner"
)

func TestOwners(t *testing.T) {
	const text = `people:
  payments: { email: payments@example.com, slack: "#payments", github: "@shop/payments", jira: PAY, aliases: [team-payments] }
  platform:
services:
  shop: { owner: payments, accounts: ["111122223333"], repositories: "shop/*", tags: { service: shop }, criticality: high }
owners:
  - match: subject.tags.team != ""
    owner: "{subject.tags.team}"
  - { account: [ "444455556666", "777788889999" ], owner: platform }
  - service: shop
owners_default: platform
`
	c, err := Parse("/etc/exhibit.yaml", []byte(text), providers)
	if err != nil {
		t.Fatal(err)
	}
	if p := c.People["payments"]; p.Email != "payments@example.com" || p.Slack != "#payments" || p.GitHub != "@shop/payments" || p.Jira != "PAY" || len(p.Aliases) != 1 {
		t.Errorf("payments: %+v", p)
	}
	if p, ok := c.People["platform"]; !ok || p.Reachable() {
		t.Errorf("a person without an address: %+v, %v", p, ok)
	}
	if s := c.Services["shop"]; s.Owner != "payments" || s.Accounts[0] != "111122223333" || s.Repositories[0] != "shop/*" || s.Tags["service"] != "shop" || s.Criticality != "high" {
		t.Errorf("shop: %+v", s)
	}
	for _, tt := range []struct{ account, want string }{
		{"777788889999", "platform rule"}, {"111122223333", "payments rule"}, {"1", "platform default"},
	} {
		a, err := c.Owners.Over(nil).Of(owner.Subject{Type: "aws.s3.bucket", Scope: evidence.Scope{Provider: "aws", Account: tt.account}}, "")
		if got := a.Owner + " " + a.By; err != nil || got != tt.want {
			t.Errorf("account %s: %s, %v; want %s", tt.account, got, err, tt.want)
		}
	}
	if _, steps, _ := c.Owners.Over(nil).Explain(owner.Subject{}, ""); len(steps) != 3 || steps[1].Line != 9 {
		t.Errorf("%+v: want the lines of the rules", steps)
	}
	if d := Default("/etc"); d.Owners == nil || d.Owners.Configured() {
		t.Error("without a file there is a resolver that knows nobody")
	}
}
