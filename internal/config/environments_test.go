package config

import (
	"slices"
	"strings"
	"testing"
)

func TestEnvironments(t *testing.T) {
	c, err := Parse("exhibit.yaml", []byte(`environments:
  - deployments: "github:acme/shop"
    environment: production
    accounts: ["aws:111122223333", "gcp:acme-prod"]
  - { deployments: "github:acme/*", environment: "prod*", accounts: ["aws:444455556666"] }
  - { deployments: "aws:*-release", accounts: ["aws:111122223333"] }
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		places      []string
		environment string
		want        []string
	}{
		{[]string{"github:acme/shop"}, "production", []string{"aws:111122223333", "gcp:acme-prod"}}, // the first wins
		{[]string{"github:acme/shop"}, "prod-eu", []string{"aws:444455556666"}},
		{[]string{"github:acme/shop"}, "staging", nil},
		{[]string{"github:acme/shop/sub"}, "production", nil}, // * is no slash
		{[]string{"aws:acme/shop", "aws:shop-release"}, "shop-release", []string{"aws:111122223333"}},
		{nil, "production", nil},
	} {
		if got := c.Environments.Accounts(tc.places, tc.environment); !slices.Equal(got, tc.want) {
			t.Errorf("%s to %s: %v, want %v", tc.places, tc.environment, got, tc.want)
		}
	}
	if len(Default(".").Environments) != 0 {
		t.Error("without a section, something is tied")
	}
}

func TestEnvironmentsRefused(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{`- { deployments: acme, accounts: ["aws:1"] }`, `2:20: environments: deployments "acme": expected a pattern`},
		{`- { deployments: "github:[", accounts: ["aws:1"] }`, `deployments "github:[": expected a pattern`},
		{`- { deployments: "github:", accounts: ["aws:1"] }`, `deployments "github:": expected`},
		{`- { accounts: ["aws:1"] }`, `2:5: environments: deployments "": expected`},
		{`- { deployments: "github:a/b", environment: "[", accounts: ["aws:1"] }`, `environment "[": expected a name`},
		{`- { deployments: "github:a/b" }`, `expected accounts`},
		{`- { deployments: "github:a/b", accounts: [production] }`, `2:45: environments: accounts: "production": expected`},
		{`- { deployments: "github:a/b", accounts: ["aws:*"] }`, `accounts: "aws:*": expected`},
		{`- { deployments: "github:a/b", accounts: ["aws:1", "aws:1"] }`, `"aws:1" is named twice`},
		{`- { deployments: "github:a/b", accounts: ["aws:1"], region: x }`, "region"},
		{`deployments: "github:a/b"`, "exhibit.yaml:2:"},
	} {
		_, err := Parse("exhibit.yaml", []byte("environments:\n  "+tc.text+"\n"), nil)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.text, err, tc.want)
		}
	}
}
