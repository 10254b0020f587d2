package jenkins

import (
	"errors"
	"net/http"

	"exhibit/internal/evidence"
)

// The codes that this package gives to answers.
const (
	codeNotInstalled = "NotInstalled" // only a plugin would answer, and there is none
	codeNotFound     = "NotFound"     // a job that is gone; one that the caller may not read is in no list
)

// errNotInstalled is what a 404 means for something that only a plugin answers.
var errNotInstalled = errors.New("no plugin answers there")

// Classify implements collect.Provider. Jenkins says why in web pages for people, so that the status is all there is to go by.
// It answers 404 for a job that the caller may not know of.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	switch {
	case errors.Is(err, errAnonymous):
		return evidence.OutcomeExpired, "Anonymous"
	case errors.Is(err, errNotInstalled):
		return evidence.OutcomeNotEnabled, codeNotInstalled
	}
	var answer *refusal
	if !errors.As(err, &answer) {
		return "", ""
	}
	switch status := answer.status; {
	case status == http.StatusUnauthorized:
		return evidence.OutcomeExpired, "Unauthorized"
	case status == http.StatusTooManyRequests:
		return evidence.OutcomeThrottled, "TooManyRequests"
	case status == http.StatusForbidden:
		return evidence.OutcomeDenied, "Forbidden"
	case status == http.StatusNotFound:
		return evidence.OutcomeDenied, codeNotFound
	}
	return evidence.OutcomeFailed, http.StatusText(answer.status)
}

// plugins is what a refusal means of something that only a plugin answers.
func plugins(err error) error {
	var answer *refusal
	if errors.As(err, &answer) && answer.status == http.StatusNotFound {
		return errNotInstalled
	}
	return err
}
