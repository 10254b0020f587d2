package aws

import (
	"errors"
	"testing"

	"github.com/aws/smithy-go"

	"exhibit/internal/evidence"
)

// TestSwitchedOff holds that "the service is off" and "you may not ask" are told apart where they share a code.
func TestSwitchedOff(t *testing.T) {
	for _, c := range []struct {
		code, message string
		want          evidence.Outcome
		wantCode      string
	}{
		{"AccessDeniedException", "Macie is not enabled.", evidence.OutcomeNotEnabled, switchedOff},
		{"AccessDeniedException", "Macie is not enabled", evidence.OutcomeNotEnabled, switchedOff},
		{
			"AccessDeniedException",
			"User: arn:aws:iam::111122223333:user/a is not authorized to perform: macie2:GetMacieSession",
			evidence.OutcomeDenied, "AccessDeniedException",
		},
		{"AccessDeniedException", "", evidence.OutcomeDenied, "AccessDeniedException"},
		{
			"AccessDeniedException", "User: Macie is not enabled is not authorized to perform: macie2:GetMacieSession",
			evidence.OutcomeDenied, "AccessDeniedException",
		},
		{
			"InvalidAccessException", "Account 111122223333 is not subscribed to AWS Security Hub",
			evidence.OutcomeNotEnabled, switchedOff,
		},
		{
			"InvalidAccessException", "The account does not have permission to perform this action",
			evidence.OutcomeDenied, "InvalidAccessException",
		},
		{
			"AccessDeniedException", "Account 111122223333 is not subscribed to AWS Security Hub",
			evidence.OutcomeDenied, "AccessDeniedException",
		},
	} {
		err := &smithy.OperationError{Err: &smithy.GenericAPIError{Code: c.code, Message: c.message}}
		outcome, code := Provider{}.Classify(err)
		if outcome != c.want || code != c.wantCode {
			t.Errorf("%s %q is %q %q, want %q %q", c.code, c.message, outcome, code, c.want, c.wantCode)
		}
	}
	if outcome, _ := (Provider{}).Classify(errors.New("Macie is not enabled")); outcome != "" {
		t.Errorf("no answer of AWS is %q", outcome)
	}
}
