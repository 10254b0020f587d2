package azuredevops

import (
	"errors"
	"net/http"

	"exhibit/internal/evidence"
)

// codeNoAudit is the code of an organisation that keeps no audit log.
const codeNoAudit = "NoAuditLog"

// Classify implements collect.Provider. Azure DevOps answers 404 to a caller who may not know that a thing exists, and a
// web page to sign in with to one whom it does not know.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	var none *noAudit
	if errors.As(err, &none) {
		return evidence.OutcomeNotEnabled, codeNoAudit
	}
	var answer *refusal
	if !errors.As(err, &answer) {
		return "", ""
	}
	switch status := answer.status; status {
	case http.StatusUnauthorized:
		return evidence.OutcomeExpired, "Unauthorized"
	case http.StatusNonAuthoritativeInfo, http.StatusFound:
		return evidence.OutcomeExpired, "SignIn"
	case http.StatusTooManyRequests:
		return evidence.OutcomeThrottled, "TooManyRequests"
	case http.StatusForbidden, http.StatusNotFound:
		if answer.message == "" {
			return evidence.OutcomeFailed, http.StatusText(status) // cut short, or not the API's
		}
		code := map[int]string{http.StatusForbidden: "Forbidden", http.StatusNotFound: "NotFound"}[status]
		if answer.key != "" {
			code = answer.key
		}
		return evidence.OutcomeDenied, code
	}
	return evidence.OutcomeFailed, http.StatusText(answer.status)
}
