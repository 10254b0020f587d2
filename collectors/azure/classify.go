package azure

import (
	"errors"
	"net"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"exhibit/internal/evidence"
)

// codeNotRegistered is the answer that a resource provider is off in the subscription.
const codeNotRegistered = "MissingSubscriptionRegistration"

// alwaysError is an error of a resource provider that is on in every subscription.
type alwaysError struct{ error }

func (e alwaysError) Unwrap() error { return e.error }

// Classify implements collect.Provider.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	var token *tokenError
	if errors.As(err, &token) {
		return classifyToken(token)
	}
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return "", ""
	}
	code := answer.ErrorCode
	if code == "" {
		code = http.StatusText(answer.StatusCode)
	}
	var always alwaysError
	switch {
	case code == codeNotRegistered && errors.As(err, &always):
		return evidence.OutcomeFailed, code
	case code == codeNotRegistered: // nothing of it can be there
		return evidence.OutcomeNotEnabled, code
	case answer.StatusCode == http.StatusTooManyRequests:
		return evidence.OutcomeThrottled, code
	case answer.StatusCode == http.StatusUnauthorized:
		return evidence.OutcomeExpired, code
	case answer.StatusCode == http.StatusForbidden:
		return evidence.OutcomeDenied, code
	}
	return evidence.OutcomeFailed, code
}

// classifyToken tells a credential that is missing or refused from a directory that does not answer.
func classifyToken(err *tokenError) (evidence.Outcome, string) {
	var refused *azidentity.AuthenticationFailedError
	if errors.As(err, &refused) && refused.RawResponse != nil {
		switch status := refused.RawResponse.StatusCode; {
		case status == http.StatusTooManyRequests:
			return evidence.OutcomeThrottled, "AuthenticationFailed"
		case status >= http.StatusInternalServerError:
			return evidence.OutcomeFailed, "AuthenticationFailed"
		}
	}
	var network net.Error
	if errors.As(err.err, &network) {
		return "", ""
	}
	return evidence.OutcomeExpired, "AuthenticationFailed"
}
