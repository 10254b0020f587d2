package github

import (
	"errors"
	"net/http"
	"strings"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/evidence"
)

// The codes that this package gives to answers which GitHub tells apart by their message alone.
const (
	codeNotProtected      = "BranchNotProtected"
	codeSecretScanningOff = "SecretScanningOff"
	codeAlertsOff         = "VulnerabilityAlertsDisabled"
	codeNoBranch          = "BranchNotFound"
	codeScanningOff       = "CodeScanningOff"
	codeNoAnalysis        = "NoAnalysis"
	codeNotFound          = "NotFound"         // told so little, GitHub may not say whether a thing exists
	codeNotInPlan         = "FeatureNotInPlan" // what the plan does not offer cannot be configured
)

// Classify implements collect.Provider. GitHub answers 404 to a caller who may not know that a thing exists, and to one
// who asks for a setting that is off; only the message tells which.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	var limit *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answer *github.ErrorResponse
	var query *unanswered
	var app *unsigned
	switch {
	case errors.Is(err, errNoAuditLog):
		return evidence.OutcomeNotEnabled, codeNotInPlan
	case errors.As(err, &app):
		return app.outcome()
	case errors.As(err, &query):
		return query.outcome()
	case errors.As(err, &limit):
		return evidence.OutcomeThrottled, "RateLimit"
	case errors.As(err, &secondary):
		return evidence.OutcomeThrottled, "SecondaryRateLimit"
	case !errors.As(err, &answer) || answer.Response == nil:
		return "", ""
	}
	message := strings.ToLower(answer.Message)
	switch status := answer.Response.StatusCode; {
	case status == http.StatusUnauthorized:
		return evidence.OutcomeExpired, "BadCredentials"
	case status == http.StatusTooManyRequests:
		return evidence.OutcomeThrottled, "TooManyRequests"
	case (status == http.StatusForbidden || status == http.StatusNotFound) && message == "":
		return evidence.OutcomeFailed, http.StatusText(status) // cut short, or not GitHub's
	case status == http.StatusForbidden && strings.Contains(message, "rate limit"):
		return evidence.OutcomeThrottled, "RateLimit"
	case status == http.StatusForbidden && strings.HasPrefix(message, "upgrade to github"):
		return evidence.OutcomeFailed, codeNotInPlan // operations for which this answers "not configured" say so
	case status == http.StatusForbidden && (strings.Contains(message, "advanced security must be enabled") ||
		strings.Contains(message, "code security must be enabled") || strings.Contains(message, "code scanning is not enabled")):
		return evidence.OutcomeEmpty, codeScanningOff
	case status == http.StatusForbidden:
		return evidence.OutcomeDenied, "Forbidden"
	case status == http.StatusNotFound && strings.Contains(message, "branch not protected"):
		return evidence.OutcomeEmpty, codeNotProtected
	case status == http.StatusNotFound && strings.Contains(message, "vulnerability alerts are disabled"):
		return evidence.OutcomeEmpty, codeAlertsOff
	case status == http.StatusNotFound && strings.Contains(message, "branch not found"):
		return evidence.OutcomeEmpty, codeNoBranch
	case status == http.StatusNotFound && strings.Contains(message, "no analysis found"):
		return evidence.OutcomeEmpty, codeNoAnalysis
	case status == http.StatusNotFound && strings.Contains(message, "secret scanning is disabled"):
		return evidence.OutcomeEmpty, codeSecretScanningOff
	case status == http.StatusUnprocessableEntity && strings.Contains(message, "only owners"):
		return evidence.OutcomeDenied, "OwnersOnly"
	case status == http.StatusNotFound:
		return evidence.OutcomeDenied, codeNotFound
	default:
		return evidence.OutcomeFailed, http.StatusText(status)
	}
}
