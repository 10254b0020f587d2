package aws

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/collect"
)

// actionsOf reads a stream of policies.
func actionsOf(t *testing.T, text string) []string {
	t.Helper()
	var all []string
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var p policy
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Version != "2012-10-17" || len(p.Statement) != 1 || p.Statement[0].Effect != "Allow" ||
			p.Statement[0].Resource != "*" {
			t.Errorf("unlike what is meant: %+v", p)
		}
		all = append(all, p.Statement[0].Action...)
	}
}

func TestPermissions(t *testing.T) {
	text := Provider{}.Permissions()
	if text != (Provider{}).Permissions() {
		t.Error("two policies differ")
	}
	actions := actionsOf(t, text)
	slices.Sort(actions)
	if want := collect.Permissions(Provider{}); !slices.Equal(actions, want) {
		t.Errorf("the policies allow %v\nwant %v", actions, want)
	}
	for _, p := range (Provider{}).Policies() {
		if n := size(p); n > policyLimit {
			t.Errorf("a policy has %d characters, more than a managed policy may", n)
		}
	}
	if n := len(Provider{}.Policies()); n > 10 {
		t.Errorf("%d policies: a role holds ten", n)
	}
	reading := regexp.MustCompile(`^[a-z0-9-]+:(Get|BatchGet|List|Describe|Lookup|Select)[A-Za-z0-9]+$`)
	for _, a := range actions {
		if !reading.MatchString(a) && a != "iam:GenerateCredentialReport" && a != "apigateway:GET" {
			t.Errorf("%s does not read, or reads by pattern", a)
		}
	}
	for _, a := range []string{"s3:GetObject", "s3:GetObjectVersion", "secretsmanager:GetSecretValue", "kms:Decrypt",
		"ssm:GetParameter", "ssm:GetParameters", "logs:GetLogEvents", "dynamodb:GetItem", "lambda:GetFunction"} {
		if slices.Contains(actions, a) {
			t.Errorf("%s reads content", a)
		}
	}
}

// made are actions of services whose names begin with a letter each.
func made(services, each int) []string {
	var actions []string
	for s := range services {
		for i := range each {
			actions = append(actions, fmt.Sprintf("service%02d:DescribeSomethingOrOther%04d", s, i))
		}
	}
	return actions
}

// TestPoliciesDivide divides more actions than one policy holds, and services that are larger than a policy.
func TestPoliciesDivide(t *testing.T) {
	home := []string{"identitystore:ListUsers", "organizations:DescribeOrganization"}
	for name, actions := range map[string][]string{
		"none": {}, "one": made(1, 1), "many services": made(40, 12), "a large service": made(2, 400),
	} {
		t.Run(name, func(t *testing.T) {
			all := policies(slices.Concat(home[:1], home[1:], actions))
			var member, organization []string
			names := map[string]bool{}
			for _, m := range all {
				if n := size(m.text()); n > policyLimit {
					t.Errorf("%s has %d characters", m.Name, n)
				}
				if names[m.Name] {
					t.Errorf("two policies are called %s", m.Name)
				}
				names[m.Name] = true
				if m.Home {
					organization = append(organization, m.Statement[0].Action...)
				} else {
					member = append(member, m.Statement[0].Action...)
				}
			}
			if !slices.Equal(member, actions) && len(actions)+len(member) > 0 {
				t.Errorf("%d actions became %d", len(actions), len(member))
			}
			if !slices.Equal(organization, home) {
				t.Errorf("the organization's are %v", organization)
			}
			if name == "many services" {
				wholeServices(t, all)
			}
			if least := size(strings.Join(actions, `","`)) / policyLimit; len(all) > least+4 {
				t.Errorf("%d policies where %d would do", len(all), least+1)
			}
		})
	}
}

// wholeServices holds that no service stands in two policies.
func wholeServices(t *testing.T, all []managed) {
	t.Helper()
	in := map[string]string{}
	for _, m := range all {
		for _, a := range m.Statement[0].Action {
			service, _, _ := strings.Cut(a, ":")
			if other, ok := in[service]; ok && other != m.Name {
				t.Fatalf("%s stands in %s and %s", service, other, m.Name)
			}
			in[service] = m.Name
		}
	}
}
