package config

import (
	"strings"
	"testing"
)

func TestInlet(t *testing.T) {
	c, err := Parse("/etc/exhibit.yaml", []byte(`inlet:
  listen: 0.0.0.0:8700
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
	if in.Cert != "/etc/tls/cert.pem" || in.Key != "/keys/key.pem" || len(in.Issuers) != 1 || in.Issuers[0].Claims["repository"] != "acme/*" {
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
		{issuer(good + ", secret: x"), "secret"},
	} {
		_, err := Parse("exhibit.yaml", []byte("inlet:\n  "+tt.text+"\n"), nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.text, err, tt.want)
		}
	}
}
