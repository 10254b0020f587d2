package argocd

import (
	"errors"
	"net/http"

	"exhibit/internal/evidence"
)

// Classify implements collect.Provider. The API answers 403 for what a caller may not see, whether it exists or not, and
// older versions 404.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	if errors.Is(err, errNotAll) {
		return evidence.OutcomeDenied, "NotAllVisible"
	}
	if errors.Is(err, errNotSignedIn) {
		return evidence.OutcomeExpired, "Unauthenticated"
	}
	var answer *refusal
	if !errors.As(err, &answer) {
		return "", ""
	}
	switch status := answer.status; {
	case status == http.StatusUnauthorized:
		return evidence.OutcomeExpired, "Unauthenticated"
	case status == http.StatusTooManyRequests:
		return evidence.OutcomeThrottled, "TooManyRequests"
	case answer.message == "":
		return evidence.OutcomeFailed, http.StatusText(status) // cut short, or not Argo CD's
	case status == http.StatusForbidden:
		return evidence.OutcomeDenied, "PermissionDenied"
	case status == http.StatusNotFound:
		return evidence.OutcomeDenied, "NotFound"
	}
	return evidence.OutcomeFailed, http.StatusText(answer.status)
}
