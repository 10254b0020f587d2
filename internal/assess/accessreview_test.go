package assess

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// reviewEstate is an account with a person of each kind; change alters the list of roles.
func reviewEstate(t *testing.T, change func(*evidence.Snapshot)) *memView {
	named := func(id, name, d string) evidence.Subject {
		return evidence.Subject{ID: "arn:aws:iam::1:" + id, Name: name, Doc: json.RawMessage(d)}
	}
	trust := func(principal, condition string) string {
		return fmt.Sprintf(`"Path":"/","AssumeRolePolicyDocument":%q`,
			`{"Statement":{"Effect":"Allow","Principal":`+principal+`,"Action":"sts:AssumeRole"`+condition+`}}`)
	}
	ann := named("user/ann", "ann", `{"Groups":["admins"],"AccessKeys":[{"Status":"Active"},{"Status":"Inactive"}],
		"MFADevices":[{}],"Credential":{"password_enabled":"true","password_last_used":"2026-02-01T00:00:00+00:00",
		"access_key_1_last_used_date":"2026-02-20T12:00:00+00:00","access_key_2_last_used_date":"N/A"}}`)
	dim := named("user/dim", "dim", `{}`)
	dim.Missing = map[string]evidence.Missing{}
	for _, key := range []string{"Credential", "AccessKeys", "MFADevices", "InlinePolicies"} {
		dim.Missing[key] = evidence.Missing{Operation: "iam:Ask", Outcome: evidence.OutcomeDenied, Permission: "iam:Ask"}
	}
	v := iamEstate(t, nil, ann, dim, named("user/new", "new", `{"AccessKeys":[],"MFADevices":[]}`))
	v.add(t, "aws.iam.account", "1", "", nil, named("root", "1", `{"SummaryMap":{"AccountMFAEnabled":0,"AccountPasswordPresent":1,
		"AccountAccessKeysPresent":1},"Root":{"password_last_used":"no_information","access_key_1_last_used_date":"N/A"}}`))
	v.add(t, "aws.iam.role", "1", "", change,
		named("role/app", "app", `{`+trust(`{"Service":"ec2.amazonaws.com"}`, "")+`}`),
		named("role/aws-service-role/x", "x", `{"Path":"/aws-service-role/x/"}`),
		named("role/sso", "AWSReservedSSO_Read_0123456789abcdef", `{"RoleName":"AWSReservedSSO_Read_0123456789abcdef",`+
			strings.Replace(trust(`{"Federated":"arn:aws:iam::1:saml-provider/AWSSSO"}`, ""), `"/"`, `"/aws-reserved/sso.amazonaws.com/"`, 1)+
			`,"AttachedPolicies":[{"PolicyName":"read","PolicyArn":"arn:aws:iam::1:policy/read"}]}`),
		named("role/vendor", "vendor", `{`+trust(`{"AWS":["2","arn:aws:iam::444455556666:root"]}`, "")+
			`,"RoleLastUsed":{"LastUsedDate":"2026-02-27T00:00:00Z"},"InlinePolicies":[{"PolicyName":"own",
			"PolicyDocument":"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"iam:*AccessKey\",\"Resource\":\"*\"}}"}]}`),
		named("role/careful", "careful", `{`+trust(`{"AWS":"arn:aws:iam::1:root"}`, mfa)+`}`),
		named("role/odd", "odd", `{"AssumeRolePolicyDocument":"no policy"}`))
	return v
}

func review(t *testing.T, v View, in AccessInput) evidence.AccessReview {
	t.Helper()
	e, err := New([]evidence.Control{oneCheck("aws.iam.user", "", "true")}, append(iamSchemas(), identityCenter()...))
	if err != nil {
		t.Fatal(err)
	}
	in.AsOf = asOf
	r, err := e.AccessReview(v, in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAccessReview(t *testing.T) {
	r := review(t, reviewEstate(t, nil), AccessInput{})
	var got []string
	for _, a := range r.Rows {
		got = append(got, strings.Join([]string{a.Kind, a.Name, strings.Join(a.Entry, "; "), a.MFA, strings.Join(a.Groups, "; "),
			strings.Join(a.Policies, "; "), a.Admin, a.Escalates, strings.Join(a.Ways, "; "), a.LastUsed, a.Idle}, " | "))
		if a.Evidence.IsZero() || !a.CollectedAt.Equal(asOf.Add(-time.Hour)) || a.Scope != "aws:1" {
			t.Errorf("%s rests on %s of %s", a.Name, a.Evidence, a.CollectedAt)
		}
	}
	want := []string{
		"root | root | console; access keys | no |  |  | yes | administrator |  | never | never used",
		"role | careful | the account's own identities | yes |  |  | no | no |  | never | never used",
		"role | odd | unknown | unknown |  |  | no | no |  | never | never used",
		"permission-set | Read | federation AWSSSO | with the provider |  | read | no | no |  | never | never used",
		"role | vendor | 2; account 444455556666 | no |  | inline own | no | yes | iam:CreateAccessKey | 2026-02-27T00:00:00Z | 2",
		"user | ann | console; 1 access key | yes | admins | group admins: AdministratorAccess | yes | administrator |  | 2026-02-20T12:00:00Z | 9",
		"user | dim | console unknown; access keys unknown | unknown |  |  | unknown | unknown |  | unknown | unknown",
		"user | new | console unknown | no |  |  | no | no |  | unknown | unknown",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	missing := []string{
		"aws:1: arn:aws:iam::1:role/odd: the trust policy could not be read",
		"aws:1: arn:aws:iam::1:user/dim: AccessKeys was not collected: iam:Ask denied, needs iam:Ask",
		"aws:1: arn:aws:iam::1:user/dim: Credential was not collected: iam:Ask denied, needs iam:Ask",
		"aws:1: arn:aws:iam::1:user/dim: InlinePolicies was not collected: iam:Ask denied, needs iam:Ask",
		"aws:1: arn:aws:iam::1:user/dim: MFADevices was not collected: iam:Ask denied, needs iam:Ask",
		"aws:1: arn:aws:iam::1:user/new: the user is younger than the credential report",
		"aws:1: who has the permission set Read was not seen: the Identity Center that it is of was not collected",
	}
	if d := cmp.Diff(missing, r.Missing); d != "" || r.Whole() {
		t.Errorf("missing (-want +got):\n%s", d)
	}
	left := []evidence.Excluded{{Reason: serviceLinked, Count: 1}, {Reason: servicesOnly, Count: 1}}
	if d := cmp.Diff(left, r.Excluded); d != "" {
		t.Errorf("left out (-want +got):\n%s", d)
	}
	if len(r.Lists) != len(identityTypes) {
		t.Errorf("rests on %d lists", len(r.Lists))
	}
}

// TestAccessReviewGaps holds that what was not seen is said, whatever kind of thing it is.
func TestAccessReviewGaps(t *testing.T) {
	denied := func(s *evidence.Snapshot) {
		s.Outcome, s.Subjects.Count = evidence.OutcomeDenied, 0
		s.Completeness.Operations = []evidence.Operation{{Name: "iam:List", Outcome: evidence.OutcomeDenied, Permission: "iam:List"}}
	}
	short := func(s *evidence.Snapshot) {
		s.Completeness.SecondCount = &evidence.SecondCount{Operation: "iam:GetAccountSummary", Count: 99}
	}
	empty := &memView{}
	empty.add(t, "aws.iam.user", "1", "", nil)
	regional := &memView{}
	regional.add(t, "aws.s3.bucket", "2", "eu-west-1", nil)
	lost := evidence.ScopeOutcome{Source: "src", Scope: evidence.Scope{Provider: "aws", Account: "3"}, Outcome: evidence.OutcomeDenied, Reason: "no role"}
	for _, tt := range []struct {
		name string
		view *memView
		in   AccessInput
		want string
	}{
		{"a list refused", reviewEstate(t, denied), AccessInput{}, "aws:1: aws.iam.role was not collected: iam:List denied, needs iam:List"},
		{"a list that is short", reviewEstate(t, short), AccessInput{}, "aws:1: the list of aws.iam.role is not whole: iam:GetAccountSummary counts 99, 6 were listed"},
		{"a type that was never collected", empty, AccessInput{}, "aws:1: aws.iam.role was never collected here"},
		{"an account of regions", regional, AccessInput{}, "aws:2: the account itself was not collected, only regions of it"},
		{"an account out of reach", empty, AccessInput{Scopes: []evidence.ScopeOutcome{lost}}, "aws:3: denied, no role"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r := review(t, tt.view, tt.in); !strings.Contains(strings.Join(r.Missing, "\n"), tt.want) {
				t.Errorf("missing %q, want %q", r.Missing, tt.want)
			}
		})
	}
	r := review(t, reviewEstate(t, nil), AccessInput{Source: "another", Scopes: []evidence.ScopeOutcome{lost}})
	if len(r.Rows)+len(r.Lists)+len(r.Missing) != 0 {
		t.Errorf("another source has %v, lacks %v", r.Rows, r.Missing)
	}
}

func TestTrustMFA(t *testing.T) {
	for condition, want := range map[string]string{
		"":    "no",
		mfa:   "yes",
		noMFA: "no",
		`,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":["true","false"]}}`:          "no",
		`,"Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`:             "yes",
		`,"Condition":{"NumericLessThanIfExists":{"aws:MultiFactorAuthAge":"3600"}}`:     "no",
		`,"Condition":{"StringEquals":{"sts:ExternalId":"x"}}`:                           "no",
		`},{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts"`: "no",
	} {
		doc, err := parsePolicy(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":"1"},"Action":"sts:AssumeRole"` + condition + `}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := trustMFA(doc); got != want {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
}
