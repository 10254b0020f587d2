package collect

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"exhibit/internal/evidence"
)

// ErrUndeclared is returned for an operation that the collector did not declare, before it leaves.
var ErrUndeclared = errors.New("operation is not declared by the collector")

// errBroken ends a call at a place where answers no longer come.
var errBroken = errors.New("cannot be reached there")

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

// IsAbsent reports whether err is a call's answer "not configured", and by one of the codes if any are given.
func IsAbsent(err error, codes ...string) bool {
	var e *Error
	return errors.As(err, &e) && e.Absent && (len(codes) == 0 || slices.Contains(codes, e.Code))
}

// batchError is a failure of the store, which ends the run.
type batchError struct{ error }

func (e *batchError) Unwrap() error { return e.error }

// classify turns an error of op into how the call ended.
func classify(p Provider, o Operation, err error) *Error {
	e := &Error{Operation: o.Name, Err: err}
	e.Outcome, e.Code = p.Classify(err)
	for _, code := range o.Absent {
		if e.Code == code && e.Code != "" {
			e.Absent, e.Outcome = true, evidence.OutcomeEmpty
			return e
		}
	}
	switch {
	case errors.Is(err, errBroken):
		e.Outcome, e.Code = evidence.OutcomeUnreachable, ""
	case errors.Is(err, ErrUndeclared):
		e.Outcome = evidence.OutcomeFailed
	case e.Outcome == "":
		e.Outcome = network(err)
	}
	switch e.Outcome {
	case evidence.OutcomeDenied:
		e.Permission = strings.Join(o.Permissions, ", ")
	case evidence.OutcomeOK, evidence.OutcomeEmpty:
		e.Outcome = evidence.OutcomeFailed // an error never reads as an answer
	}
	return e
}

// network tells an answer that never came from one that cannot be understood.
func network(err error) evidence.Outcome {
	var ne net.Error
	var oe *net.OpError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errMalformed):
		return evidence.OutcomeFailed
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &oe), errors.As(err, &ne),
		errors.As(err, &certificate), errors.As(err, &record),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, net.ErrClosed):
		return evidence.OutcomeUnreachable
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return evidence.OutcomeFailed
	}
	return evidence.OutcomeFailed
}

// brief returns the error's text without what changes from call to call.
func brief(e *Error) string {
	if e.Code != "" {
		return string(e.Outcome) + " " + e.Code
	}
	text := e.Err.Error()
	if e.Outcome == evidence.OutcomeUnreachable {
		text = lastOf(text)
	}
	return string(e.Outcome) + ": " + text
}

// lastOf keeps the innermost of a wrapped error's messages.
func lastOf(text string) string {
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return text[i+2:]
	}
	return text
}

// notAsked is the code of a call that was not made because an earlier one decided how it would end.
const notAsked = "not-asked"
