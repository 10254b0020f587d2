package gitlab

import (
	"errors"
	"net/http"
	"strings"

	"exhibit/internal/evidence"
)

// The codes that this package gives to answers.
const (
	codeNotLicensed = "NotLicensed" // the plan does not offer it
	codeNeverSet    = "NeverSet"
)

// Classify implements collect.Provider. GitLab answers 404 to a caller who may not know that a thing exists, and 403
// or 404 for what the plan does not offer: unlicensed tells the latter apart.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	var plan *unlicensed
	if errors.As(err, &plan) {
		return evidence.OutcomeNotEnabled, codeNotLicensed
	}
	if errors.Is(err, errNeverSet) {
		return evidence.OutcomeEmpty, codeNeverSet
	}
	if errors.Is(err, errOwnOnly) {
		return evidence.OutcomeDenied, "OwnEventsOnly"
	}
	var answer *refusal
	if !errors.As(err, &answer) {
		return "", ""
	}
	message := strings.ToLower(answer.message)
	switch status := answer.status; {
	case status == http.StatusUnauthorized:
		return evidence.OutcomeExpired, "Unauthorized"
	case status == http.StatusTooManyRequests:
		return evidence.OutcomeThrottled, "TooManyRequests"
	case (status == http.StatusForbidden || status == http.StatusNotFound) && message == "":
		return evidence.OutcomeFailed, http.StatusText(status) // cut short, or not GitLab's
	case status == http.StatusForbidden && strings.Contains(message, "insufficient_scope"):
		return evidence.OutcomeDenied, "InsufficientScope"
	case status == http.StatusForbidden:
		return evidence.OutcomeDenied, "Forbidden"
	case status == http.StatusNotFound:
		return evidence.OutcomeDenied, "NotFound"
	}
	return evidence.OutcomeFailed, http.StatusText(answer.status)
}

// unlicensed is a refusal of what the plan of the group or the licence of the server does not offer.
type unlicensed struct{ err error }

func (u *unlicensed) Error() string { return "the plan does not offer it: " + u.err.Error() }

func (u *unlicensed) Unwrap() error { return u.err }

// errNeverSet is the answer of a setting that nobody has touched.
var errNeverSet = errors.New("it was never set")

// offered is what the refusal of something means that only a paid plan offers: where the plan is not paid it is
// unlicensed. A token that may not ask, or an answer that says nothing, is told apart.
func offered(paid bool) func(error) error {
	return func(err error) error {
		var answer *refusal
		if paid || !errors.As(err, &answer) || answer.message == "" {
			return err
		}
		refused := answer.status == http.StatusForbidden || answer.status == http.StatusNotFound
		if refused && !strings.Contains(strings.ToLower(answer.message), "insufficient_scope") {
			return &unlicensed{err}
		}
		return err
	}
}
