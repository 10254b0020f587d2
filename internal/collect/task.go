package collect

import (
	"net/http"
	"time"

	"exhibit/internal/evidence"
)

// Env is what a provider may use of the outside.
type Env struct {
	// Transport lets out declared operations only, and only inside Task.Call.
	Transport http.RoundTripper
	// AuthTransport is for obtaining credentials (STS, token endpoints, metadata services) and nothing else.
	AuthTransport http.RoundTripper
	// Getenv reads the environment.
	Getenv func(string) string
	// Now is the clock.
	Now func() time.Time
}

// Task is one collector at work in one scope. Its methods may be called from the goroutines of one Collect.
type Task struct{ scope evidence.Scope }

// Error is a failed call: what was asked and how it ended.
type Error struct {
	Operation  string
	Outcome    evidence.Outcome
	Code       string
	Permission string
	Absent     bool // the code is among the operation's Absent: the answer is "not configured"
	Err        error
}

func (e *Error) Error() string { return "call " + e.Operation + ": " + e.Err.Error() }

// Unwrap returns the SDK's error.
func (e *Error) Unwrap() error { return e.Err }

// Missing returns what the error says about a part of a subject or a list.
func (e *Error) Missing() evidence.Missing {
	return evidence.Missing{Operation: e.Operation, Outcome: e.Outcome, Permission: e.Permission, Code: e.Code}
}
