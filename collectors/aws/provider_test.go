package aws

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"go.yaml.in/yaml/v4"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

func TestOpenRefuses(t *testing.T) {
	for _, tc := range []struct{ name, section, want string }{
		{"an unknown key", "profil: x", "profil"},
		{"a region's name alone", "regions: eu-west-1", "neither"},
		{"numbers for regions", "regions: [1]", "no region's name"},
		{"accounts without a role", "accounts: ['111122223333']", "a role is needed"},
		{"an external id without a role", "external_id: x", "a role is needed"},
		{"an organisation without a role", "organization: true", "a role is needed"},
		{"an organisation and accounts", "organization: true\nrole: r\naccounts: ['111122223333']", "exclude_accounts"},
		{"one account's role for all", "organization: true\nrole: 'arn:aws:iam::111122223333:role/r'", "{account}"},
		{"a name for one account's role", "role: r", "no ARN"},
		{"units without an organisation", "organizational_units: [r-exam]", "organization"},
		{"a unit by its name", "organization: true\nrole: r\norganizational_units: [Production]", "neither a unit's id"},
		{"an exclusion without an organisation", "exclude_accounts: {'111122223333': x}", "organization"},
		{"an exclusion without a reason", "organization: true\nrole: r\nexclude_accounts: {'111122223333': ' '}", "needs a reason"},
		{"an account twice", "role: r\naccounts: ['111122223333', '111122223333']", "twice"},
		{"an account that is none", "role: r\naccounts: [11112222]", "12 digits"},
		{"a region twice", "regions: [eu-west-1, eu-west-1]", "twice"},
		{"a session's name with a space", "role: 'arn:aws:iam::111122223333:role/r'\nsession_name: a b", "session_name"},
		{"a profile that does not exist", "profile: no-such-profile-of-exhibit", "no-such-profile-of-exhibit"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			decode := func(into any) error { return yaml.Load([]byte(tc.section), into, yaml.WithKnownFields()) }
			env := collect.Env{
				Transport: http.DefaultTransport, AuthTransport: http.DefaultTransport, Getenv: func(string) string { return "" },
			}
			_, err := Provider{}.Open(t.Context(), decode, env)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error that says %q", err, tc.want)
			}
		})
	}
}

func TestClassify(t *testing.T) {
	status := func(code int, err error) error {
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code}}, Err: err}
	}
	api := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	for _, tc := range []struct {
		name string
		err  error
		want evidence.Outcome
		code string
	}{
		{"denied", status(403, api("AccessDeniedException")), evidence.OutcomeDenied, "AccessDeniedException"},
		{"EC2's denied", status(403, api("UnauthorizedOperation")), evidence.OutcomeDenied, "UnauthorizedOperation"},
		{"an unknown 403", status(403, api("UnknownError")), evidence.OutcomeDenied, "UnknownError"},
		{"expired, with S3's 400", status(400, api("ExpiredToken")), evidence.OutcomeExpired, "ExpiredToken"},
		{"throttled", status(400, api("ThrottlingException")), evidence.OutcomeThrottled, "ThrottlingException"},
		{"throttled by status", status(429, api("")), evidence.OutcomeThrottled, ""},
		{"slow down", status(503, api("SlowDown")), evidence.OutcomeThrottled, "SlowDown"},
		{"the server's fault", status(500, api("InternalError")), evidence.OutcomeFailed, "InternalError"},
		{"not signed up", status(403, api("NotSignedUp")), evidence.OutcomeNotEnabled, "NotSignedUp"},
		{"absent keeps its code", status(404, api("NoSuchBucketPolicy")), evidence.OutcomeFailed, "NoSuchBucketPolicy"},
		{"no credentials", fmt.Errorf("get identity: get credentials: %w", errors.New("x")), evidence.OutcomeExpired, "NoCredentials"},
		{"the role may not be taken", fmt.Errorf("get identity: get credentials: %w", status(403, api("AccessDenied"))),
			evidence.OutcomeDenied, "AccessDenied"},
		{"the role is no longer given", fmt.Errorf("get identity: get credentials: %w",
			&roleError{renewed: true, err: status(403, api("AccessDenied"))}), evidence.OutcomeExpired, "AccessDenied"},
		{"in no organisation", status(400, api("AWSOrganizationsNotInUseException")), evidence.OutcomeNotEnabled,
			"AWSOrganizationsNotInUseException"},
		{"a member asks", &smithy.OperationError{ServiceID: "Organizations", Err: status(400, &smithy.GenericAPIError{
			Code: "AccessDeniedException", Message: "You don't have permissions to access this resource."})},
			evidence.OutcomeNotEnabled, "AccessDeniedException"},
		{"a member's words elsewhere", &smithy.OperationError{ServiceID: "IAM", Err: status(400, &smithy.GenericAPIError{
			Code: "AccessDeniedException", Message: "You don't have permissions to access this resource."})},
			evidence.OutcomeDenied, "AccessDeniedException"},
		{"the organisation's policy forbids it", &smithy.OperationError{ServiceID: "Organizations", Err: status(400,
			&smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User: x is not authorized to perform: " +
				"organizations:ListRoots with an explicit deny"})}, evidence.OutcomeDenied, "AccessDeniedException"},
		{"unknown", errors.New("x"), "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, code := (Provider{}).Classify(tc.err); got != tc.want || code != tc.code {
				t.Errorf("got %q %q, want %q %q", got, code, tc.want, tc.code)
			}
		})
	}
}

func TestParseReport(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		ok       bool
	}{
		{"whole", "user,arn\n<root_account>,a\nann,b\n", true},
		{"a column of tomorrow", "user,arn,new\n<root_account>,a,x\n", true},
		{"empty", "", false},
		{"only a head", "user,arn\n", false},
		{"another file", "name,arn\nx,y\n", false},
		{"a short row", "user,arn\n<root_account>\n", false},
		{"half a row", "user,arn\n<root_account>,\"a", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := parseReport([]byte(tc.in))
			if (err == nil) != tc.ok {
				t.Fatalf("got %v", err)
			}
			if err == nil && (r.row("<root_account>")["arn"] != "a" || r.row("nobody") != nil) {
				t.Errorf("rows %v", r.rows)
			}
		})
	}
}

// FuzzParseReport holds that any bytes either are a report, all of whose rows can be read, or are refused.
func FuzzParseReport(f *testing.F) {
	f.Add([]byte("user,arn\n<root_account>,a\nann,\"b\"\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := parseReport(in)
		if err != nil {
			return
		}
		for user := range r.rows {
			if r.row(user) == nil {
				t.Errorf("the row of %q is gone", user)
			}
		}
	})
}

func TestRefusalsAreNotSentAgain(t *testing.T) {
	for _, c := range []struct {
		code, message string
		want          aws.Ternary
	}{
		{"AccessDeniedException", "Macie is not enabled.", aws.FalseTernary},
		{"AccessDeniedException", "User: x is not authorized to perform: y", aws.FalseTernary},
		{"AccessDeniedException", "Signature expired: 20260101T000000Z is now earlier than", aws.UnknownTernary},
		{"ThrottlingException", "Rate exceeded", aws.UnknownTernary},
	} {
		err := fmt.Errorf("skewed: %w", &smithy.GenericAPIError{Code: c.code, Message: c.message})
		if got := refusal(err); got != c.want {
			t.Errorf("%s, %s: %v, want %v", c.code, c.message, got, c.want)
		}
	}
}
