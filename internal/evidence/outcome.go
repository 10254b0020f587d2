package evidence

// Outcome is how an operation, a snapshot or a scope ended. Only OutcomeOK and OutcomeEmpty say that something was seen.
type Outcome string

const (
	// OutcomeOK means that the call answered.
	OutcomeOK Outcome = "ok"
	// OutcomeEmpty means that the call answered that there is nothing.
	OutcomeEmpty Outcome = "empty"
	// OutcomeDenied means that the caller may not ask.
	OutcomeDenied Outcome = "denied"
	// OutcomeExpired means that the credential ended or was never valid.
	OutcomeExpired Outcome = "expired"
	// OutcomeThrottled means that the provider kept refusing for rate, after all retries.
	OutcomeThrottled Outcome = "throttled"
	// OutcomeNotEnabled means that the service is switched off there, so that nothing can exist; it is not a denial.
	OutcomeNotEnabled Outcome = "not-enabled"
	// OutcomeUnreachable means that no answer came: name, connection, TLS, time.
	OutcomeUnreachable Outcome = "unreachable"
	// OutcomeFailed is any other error, a malformed or truncated answer among them.
	OutcomeFailed Outcome = "failed"
	// OutcomeSkipped means that the call was not made because an earlier one decided it.
	OutcomeSkipped Outcome = "skipped"
	// OutcomeExcluded means that the configuration leaves the scope out by name: nothing is known of it, and nobody asked.
	OutcomeExcluded Outcome = "excluded"
)

// Seen reports whether the outcome proves what exists: an answer, an empty answer, or a service that is off.
func (o Outcome) Seen() bool {
	return o == OutcomeOK || o == OutcomeEmpty || o == OutcomeNotEnabled
}

// Worse returns the graver of two outcomes, so that a summary never reads better than its parts.
func Worse(a, b Outcome) Outcome {
	if severity(b) > severity(a) {
		return b
	}
	return a
}

func severity(o Outcome) int {
	for i, v := range []Outcome{"", OutcomeExcluded, OutcomeEmpty, OutcomeOK, OutcomeNotEnabled, OutcomeSkipped,
		OutcomeThrottled, OutcomeUnreachable, OutcomeDenied, OutcomeExpired, OutcomeFailed} {
		if v == o {
			return i
		}
	}
	return 1 << 10 // an outcome of a later version is never taken for a good one
}
