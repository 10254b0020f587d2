package config

import (
	"strings"
	"testing"
)

func TestInlet(t *testing.T) {
	c, err := Parse("/etc/exhibit.yaml", []byte(`inlet:
  listen: 0.0.0.0:8700
  behind_proxy: true
  tls: { cert: tls/cert.pem, key: /keys/key.pem }
  issuers:
    - issuer: https://token.actions.githubusercontent.com
      audience: exhibit
      claims: { repository: acme/*, ref: refs/heads/main }
      sources: [shop-*]
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	in := c.Inlet
	if !in.BehindProxy || in.Cert != "/etc/tls/cert.pem" || in.Key != "/keys/key.pem" || len(in.Issuers) != 1 ||
		in.Issuers[0].Claims["repository"] != "acme/*" {
		t.Errorf("read %+v", in)
	}
}

func TestInletRefused(t *testing.T) {
	issuer := func(text string) string { return "listen: 127.0.0.1:1\n  issuers:\n    - { " + text + " }" }
	good := "issuer: https://i.example, audience: exhibit, claims: { repository: a/b }, sources: [a]"
	for _, tt := range []struct{ text, want string }{
		{"listen: nowhere", "expected host:port"},
		{"listen: 127.0.0.1:1", "expected issuers"},
		{"listen: 0.0.0.0:1\n  issuers:\n    - { " + good + " }", "behind_proxy"},
		{"listen: 127.0.0.1:1\n  tls: { cert: a }\n  issuers:\n    - { " + good + " }", "both cert and key"},
		{issuer("issuer: http://i.example, audience: e, claims: { repository: a }, sources: [a]"), "expected an address"},
		{issuer("issuer: https://i.example, claims: { repository: a }, sources: [a]"), "expected an audience"},
		{issuer("issuer: https://i.example, audience: e, claims: { repository: a }"), "expected sources"},
		{issuer("issuer: https://i.example, audience: e, claims: { ref: a }, sources: [a]"), "whose the pipeline is"},
		{issuer("issuer: https://i.example, audience: e, claims: { repository: '*/*' }, sources: [a]"), "everything or nothing"},
		{issuer(good + ", secret: x"), "exhibit.yaml:4:98: unknown key secret"},
		{issuer("issuer: https://i.example, audience: e, claims: { repository: a/b }, sources: [a, '']"), "exhibit.yaml:4:91: issuer"},
		{issuer("issuer: https://i.example, audience: e, claims: { repository: [a] }, sources: [a]"), "exhibit.yaml:4:71: issuer"},
		{issuer("issuer: https://i.example, audience: e, claims: [a], sources: [a]"), "expected a mapping"},
		{issuer("issuer: https://i.example, audience: e, claims: { aud: a, sub: b }, sources: [a]"), "stands beside claims"},
		{issuer("issuer: https://i.example, audience: e, sources: [a]"), "whose the pipeline is"},
	} {
		_, err := Parse("exhibit.yaml", []byte("inlet:\n  "+tt.text+"\n"), nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.text, err, tt.want)
		}
	}
}

// TestClaimsBind holds that a rule lets in the pipelines of one owner, not of everybody who has a token of the issuer.
func TestClaimsBind(t *testing.T) {
	for _, tt := range []struct {
		claims string
		bound  bool
	}{
		{"repository: acme/shop", true},
		{"repository: acme/*", true},
		{"repository: acme/*, ref: refs/heads/*", true},
		{"repository_owner: acme", true},
		{"repository_owner_id: 1234", true},
		{"sub: 'repo:acme/*:*'", true},
		{"sub: 'repo:acme/shop:environment:prod'", true},
		{"sub: 'organization:acme:pipeline:*'", true},
		{"sub: 'p://acme/*/*'", true},
		{"project_path: group/*", true},

		{"repository: '*/shop'", false},
		{"repository: 'a*/*'", false},
		{"repository: '[a-z]*/*'", false},
		{"repository: '?*/*'", false},
		{"repository_owner: 'acme*'", false},
		{"sub: 'repo:*/*:*'", false},
		{"sub: 'organization:*:pipeline:deploy'", false},
		{"sub: 'p://*/*/*'", false},
		{"sub: 'https://*/acme'", false},
		{"ref: refs/heads/main", false},
		{"ref: refs/heads/main, repository: '*/*-infra'", false},
		{"job_workflow_ref: acme/ci/.github/workflows/scan.yml@refs/heads/main", false},
		{"actor: alice", false},
		{"repository_visibility: private", false},
		{"runner_environment: github-hosted", false},
		{"user_email: alice@example.com", false},
	} {
		_, err := Parse("exhibit.yaml", []byte("inlet: { listen: '127.0.0.1:1', issuers: [ "+
			"{ issuer: 'https://i.example', audience: e, claims: { "+tt.claims+" }, sources: [a] } ] }"), nil)
		if tt.bound && err != nil || !tt.bound && (err == nil || !strings.Contains(err.Error(), "whose the pipeline is")) {
			t.Errorf("%s: %v, want bound: %v", tt.claims, err, tt.bound)
		}
	}
}
