package assess

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allow is a policy with one Allow statement; more is put into it.
func allow(principal, action, resource, more string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":%s,"Action":%s,"Resource":%s%s}]}`,
		principal, action, resource, more)
}

func TestParsePolicy(t *testing.T) {
	const text = `{"Version":"2012-10-17","Statement":{"Sid":"S","Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::1:role/r"],` +
		`"Service":"ec2.amazonaws.com","Federated":"accounts.google.com","CanonicalUser":"abc"},"Action":"S3:Get*","NotResource":["a","b"],` +
		`"Condition":{"StringEquals":{"aws:SourceAccount":111122223333,"AWS:PrincipalOrgID":["o-1"]},"Bool":{"aws:SecureTransport":true}}}}`
	want := []statement{{Sid: "S", Effect: "Allow",
		Principals: []string{"arn:aws:iam::111122223333:root", "arn:aws:iam::1:role/r", "canonical:abc",
			"federated:accounts.google.com", "service:ec2.amazonaws.com"},
		NotPrincipals: []string{}, Actions: []string{"s3:get*"}, NotActions: []string{}, Resources: []string{},
		NotResources: []string{"a", "b"}, Conditions: []condition{{"bool", "aws:securetransport", []string{"true"}},
			{"stringequals", "aws:principalorgid", []string{"o-1"}}, {"stringequals", "aws:sourceaccount", []string{"111122223333"}}}}}
	for _, spelling := range []string{text, " " + text + "\n", url.PathEscape(text)} {
		got, err := parsePolicy(spelling)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%.20s: %v (-want +got):\n%s", spelling, err, d)
		}
	}
	for _, bad := range []string{"", "null", "{}", "[]", `{"Statement":null}`, `{"Statement":"x"}`, `{"Statement":[{}]}`, "%7B%zz",
		`{"Statement":[{"Effect":"allow"}]}`, `{"Statement":[{"Effect":"Allow","Action":{"a":1}}]}`, `{"Statement":[{"Effect":"Allow","Principal":7}]}`,
		`{"Statement":[{"Effect":"Allow","Condition":{"Bool":{"k":{"x":1}}}}]}`, strings.Repeat("[", 100_000)} {
		if got, err := parsePolicy(bad); err == nil {
			t.Errorf("%.40s is read as %v", bad, got)
		}
	}
	if got, err := parsePolicy(`{"Statement":[]}`); err != nil || len(got) != 0 {
		t.Errorf("a policy without statements: %v, %v", got, err)
	}
}

func TestPolicyRules(t *testing.T) {
	condition := func(op, key, values string) string { return fmt.Sprintf(`,"Condition":{%q:{%q:%s}}`, op, key, values) }
	public := func(c string) string { return allow(`"*"`, `"s3:GetObject"`, `"*"`, c) }
	full := func(d []statement) bool { return allowsFullAdmin(d) }
	open := func(d []statement) bool { return allowsPublic(d) }
	tls := func(d []statement) bool { return deniesInsecureTransport(d) }
	deny := func(principal, action, resource, c string) string {
		return strings.Replace(allow(principal, action, resource, c), "Allow", "Deny", 1)
	}
	insecure := condition("Bool", "aws:SecureTransport", `"false"`)
	tests := []struct {
		name string
		rule func([]statement) bool
		text string
		want bool
	}{
		{"all on all", full, allow(`{}`, `"*"`, `"*"`, ""), true},
		{"all services", full, allow(`{}`, `["s3:Get*","*:*"]`, `["a","*"]`, ""), true},
		{"one service", full, allow(`{}`, `"s3:*"`, `"*"`, ""), false},
		{"one resource", full, allow(`{}`, `"*"`, `"arn:aws:s3:::b"`, ""), false},
		{"denied", full, deny(`{}`, `"*"`, `"*"`, ""), false},
		{"with a condition all the same", full, allow(`{}`, `"*"`, `"*"`, insecure), true},
		{"in two halves", full, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"a"},{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, false},

		{"everybody", open, public(""), true},
		{"every AWS account", open, allow(`{"AWS":"*"}`, `"s3:GetObject"`, `"*"`, ""), true},
		{"everybody among others", open, allow(`{"AWS":["arn:aws:iam::1:root","*"]}`, `"*"`, `"*"`, ""), true},
		{"all but one", open, `{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::1:root"},"Action":"*","Resource":"*"}}`, true},
		{"one account", open, allow(`{"AWS":"111122223333"}`, `"*"`, `"*"`, ""), false},
		{"a service", open, allow(`{"Service":"ec2.amazonaws.com"}`, `"*"`, `"*"`, ""), false},
		{"denied to everybody", open, deny(`"*"`, `"*"`, `"*"`, ""), false},
		{"bound to an organisation", open, public(condition("StringEquals", "aws:PrincipalOrgID", `"o-abc"`)), false},
		{"bound to any organisation", open, public(condition("StringLike", "aws:PrincipalOrgID", `"o-*"`)), true},
		{"bound if the key exists", open, public(condition("StringEqualsIfExists", "aws:PrincipalOrgID", `"o-abc"`)), true},
		{"not another organisation", open, public(condition("StringNotEquals", "aws:PrincipalOrgID", `"o-abc"`)), true},
		{"all values of nothing", open, public(condition("ForAllValues:StringEquals", "aws:PrincipalOrgID", `"o-abc"`)), true},
		{"any value", open, public(condition("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", `"o-abc/*"`)), false},
		{"any path of any organisation", open, public(condition("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", `"*/ou-1"`)), true},
		{"bound to a topic", open, public(condition("ArnLike", "aws:SourceArn", `"arn:aws:sns:*:111122223333:*"`)), false},
		{"bound to any topic", open, public(condition("ArnLike", "aws:SourceArn", `"arn:aws:sns:*:*:*"`)), true},
		{"bound to a bucket", open, public(condition("ArnLike", "aws:SourceArn", `"arn:aws:s3:::logs-*"`)), false},
		{"bound to any bucket", open, public(condition("ArnLike", "aws:SourceArn", `"arn:aws:s3:::*"`)), true},
		{"a star taken as a letter", open, public(condition("StringEquals", "aws:SourceAccount", `"*"`)), false},
		{"bound to an address", open, public(condition("IpAddress", "aws:SourceIp", `["203.0.113.0/24","2600:db8::/40"]`)), false},
		{"bound to half of all addresses", open, public(condition("IpAddress", "aws:SourceIp", `["203.0.113.0/24","0.0.0.0/1"]`)), true},
		{"bound to other addresses", open, public(condition("NotIpAddress", "aws:SourceIp", `"203.0.113.0/24"`)), true},
		{"bound to TLS only", open, public(condition("Bool", "aws:SecureTransport", `"true"`)), true},
		{"bound to a header", open, public(condition("StringEquals", "aws:Referer", `"https://example.com/"`)), true},
		{"bound to an endpoint", open, public(condition("StringEquals", "aws:SourceVpce", `"vpce-1"`)), false},
		{"bound to nobody in particular", open, public(condition("StringEquals", "aws:SourceVpce", `""`)), true},
		{"one of two statements", open, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*"},{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket"}]}`, true},

		{"plain is denied", tls, deny(`"*"`, `"s3:*"`, `["arn:aws:s3:::b","arn:aws:s3:::b/*"]`, insecure), true},
		{"plain is denied on all", tls, deny(`{"AWS":"*"}`, `"*"`, `"*"`, insecure), true},
		{"spelled as a truth value", tls, deny(`"*"`, `"*"`, `"*"`, condition("Bool", "AWS:SecureTransport", `false`)), true},
		{"the bucket alone", tls, deny(`"*"`, `"s3:*"`, `"arn:aws:s3:::b"`, insecure), false},
		{"one action", tls, deny(`"*"`, `"s3:GetObject"`, `"*"`, insecure), false},
		{"one caller", tls, deny(`{"AWS":"111122223333"}`, `"s3:*"`, `"*"`, insecure), false},
		{"allowed with TLS", tls, allow(`"*"`, `"s3:*"`, `"*"`, condition("Bool", "aws:SecureTransport", `"true"`)), false},
		{"TLS is denied", tls, deny(`"*"`, `"s3:*"`, `"*"`, condition("Bool", "aws:SecureTransport", `"true"`)), false},
		{"only from some network", tls, deny(`"*"`, `"s3:*"`, `"*"`, `,"Condition":{"Bool":{"aws:SecureTransport":"false"},"StringEquals":{"aws:SourceVpc":"v"}}`), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := parsePolicy(tt.text)
			if err != nil {
				t.Fatalf("%v: %s", err, tt.text)
			}
			if got := tt.rule(doc); got != tt.want {
				t.Errorf("%v for %s", got, tt.text)
			}
		})
	}
}

func TestPolicyPrincipals(t *testing.T) {
	doc, err := parsePolicy(`{"Statement":[
		{"Effect":"Allow","Principal":{"AWS":["111122223333","arn:aws:iam::444455556666:role/x","AROAEXAMPLE"],"Service":"s3.amazonaws.com"},"Action":["iam:PassRole","s3:Get?"]},
		{"Effect":"Allow","Principal":{"Federated":["arn:aws:iam::111122223333:saml-provider/idp","accounts.google.com"]},"NotAction":"iam:*"},
		{"Effect":"Deny","Principal":"*","Action":"ec2:*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"AROAEXAMPLE", "arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:role/x",
		"federated:accounts.google.com", "federated:arn:aws:iam::111122223333:saml-provider/idp", "service:s3.amazonaws.com"}
	if d := cmp.Diff(want, allowedPrincipals(doc)); d != "" {
		t.Errorf("principals (-want +got):\n%s", d)
	}
	want = []string{"AROAEXAMPLE", "arn:aws:iam::444455556666:role/x", "federated:accounts.google.com"}
	if d := cmp.Diff(want, externalPrincipals(doc, "111122223333")); d != "" {
		t.Errorf("external principals (-want +got):\n%s", d)
	}
	for action, want := range map[string]bool{"iam:PassRole": true, "IAM:passrole": true, "iam:CreateUser": false, "ec2:RunInstances": true} {
		if got := allowsAction(doc, action); got != want {
			t.Errorf("allows %s: %v", action, got)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"s3:get*", "s3:getobject", true}, {"s3:get?", "s3:getx", true},
		{"s3:get?", "s3:get", false}, {"*:*", "a:b", true}, {"a*b*c", "axxbyyc", true}, {"a*b*c", "axxbyy", false}, {"**a", "ba", true},
	} {
		if got := matches(tt.pattern, tt.s); got != tt.want {
			t.Errorf("matches(%q, %q) = %v", tt.pattern, tt.s, got)
		}
	}
}

// FuzzPolicy reads any text: it is a policy or an error, and every rule answers.
func FuzzPolicy(f *testing.F) {
	f.Add(allow(`{"AWS":["1"]}`, `"*"`, `"*"`, `,"Condition":{"IpAddress":{"aws:SourceIp":"::/0"},"ArnLike":{"aws:SourceArn":"arn:aws:s3:::"}}`))
	f.Add("%7B%22Statement%22%3A%5B%5D%7D")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := parsePolicy(text)
		if err != nil {
			return
		}
		allowsFullAdmin(doc)
		allowsPublic(doc)
		deniesInsecureTransport(doc)
		externalPrincipals(doc, "1")
		allowsAction(doc, "a:b")
		p := &policyValue{doc: doc}
		if l, ok := p.statements().(*list); !ok || len(l.vals) != len(doc) {
			t.Errorf("%d statements come out as %v", len(doc), p.statements())
		}
	})
}
