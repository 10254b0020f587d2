package gcp

import (
	"errors"
	"net/http"
	"slices"

	"cloud.google.com/go/auth"
	"google.golang.org/api/googleapi"

	"exhibit/internal/evidence"
)

const (
	// codeDisabled: the service is off in the project that was asked about, so that nothing of it can be there.
	codeDisabled = "SERVICE_DISABLED"
	// codeDisabledElsewhere: the service is off, but in the project that the caller belongs to, or although what was asked
	// about exists. This says nothing about what is there.
	codeDisabledElsewhere = "SERVICE_DISABLED_FOR_CALLER"
)

// Classify implements collect.Provider.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	var token *tokenError
	if errors.As(err, &token) {
		return classifyToken(token)
	}
	var other *elsewhereError
	if errors.As(err, &other) {
		return evidence.OutcomeFailed, codeDisabledElsewhere
	}
	var answer *googleapi.Error
	if !errors.As(err, &answer) {
		return "", ""
	}
	code := reason(answer)
	switch {
	case disabled(answer):
		return evidence.OutcomeNotEnabled, codeDisabled
	case throttled(answer):
		return evidence.OutcomeThrottled, code
	case answer.Code == http.StatusUnauthorized:
		return evidence.OutcomeExpired, code
	case answer.Code == http.StatusForbidden:
		return evidence.OutcomeDenied, code
	}
	return evidence.OutcomeFailed, code
}

// classifyToken tells a credential that Google refuses from a token endpoint that does not answer.
func classifyToken(err *tokenError) (evidence.Outcome, string) {
	var refused *auth.Error
	if !errors.As(err, &refused) || refused.Response == nil {
		return "", ""
	}
	switch status := refused.Response.StatusCode; {
	case status == http.StatusTooManyRequests:
		return evidence.OutcomeThrottled, "TokenRefused"
	case status >= http.StatusInternalServerError:
		return evidence.OutcomeFailed, "TokenRefused"
	}
	return evidence.OutcomeExpired, "TokenRefused"
}

// reason is Google's word for what went wrong: of the newer form, else of the older, else the status.
func reason(e *googleapi.Error) string {
	if info := errorInfo(e); info["reason"] != nil {
		if r, ok := info["reason"].(string); ok && r != "" {
			return r
		}
	}
	for _, item := range e.Errors {
		if item.Reason != "" {
			return item.Reason
		}
	}
	return http.StatusText(e.Code)
}

// errorInfo returns the detail of type google.rpc.ErrorInfo, or nil.
func errorInfo(e *googleapi.Error) map[string]any {
	for _, d := range e.Details {
		if m, ok := d.(map[string]any); ok && m["@type"] == "type.googleapis.com/google.rpc.ErrorInfo" {
			return m
		}
	}
	return nil
}

func disabled(e *googleapi.Error) bool {
	r := reason(e)
	return e.Code == http.StatusForbidden && (r == codeDisabled || r == "accessNotConfigured")
}

func throttled(e *googleapi.Error) bool {
	if e.Code == http.StatusTooManyRequests {
		return true
	}
	switch reason(e) {
	case "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED":
		return e.Code == http.StatusForbidden
	}
	return false
}

// elsewhereError is the answer that a service is off when this says nothing about what was asked.
type elsewhereError struct{ error }

func (e *elsewhereError) Unwrap() error { return e.error }

// elsewhere marks an answer that a service is off when it is about the project of the caller: the answer names whose.
func (s *session) elsewhere(err error) error {
	var answer *googleapi.Error
	if !errors.As(err, &answer) || !disabled(answer) {
		return err
	}
	metadata, _ := errorInfo(answer)["metadata"].(map[string]any)
	consumer, _ := metadata["consumer"].(string)
	if consumer == "" || consumer == "projects/"+s.project || slices.Contains(s.aliases, consumer) {
		return err
	}
	return &elsewhereError{err}
}

// never marks an answer that a service is off where it says nothing: what is asked about is known to exist.
func never(err error) error {
	var answer *googleapi.Error
	if errors.As(err, &answer) && disabled(answer) {
		return &elsewhereError{err}
	}
	return err
}
