// Package notify delivers one message of the outbox: by mail, to Slack, to a webhook, as a GitHub issue or as a Jira ticket.
//
// Each deliverer sends what it is given once a call, under the message's key, and says of a failure whether trying again can
// help. It keeps nothing, decides nothing about whom to tell what, and prints no credential.
package notify

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is why a message was not delivered.
type Error struct {
	Err error
	// Forever means that trying again cannot help.
	Forever bool
	// After is how long to wait at least, when the other side said so.
	After time.Duration
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap implements errors.Unwrap.
func (e *Error) Unwrap() error { return e.Err }

// Permanent reports whether trying again cannot help.
func (e *Error) Permanent() bool { return e.Forever }

// RetryAfter is how long to wait at least.
func (e *Error) RetryAfter() time.Duration { return e.After }

// forever marks an error that trying again does not mend.
func forever(err error) error { return &Error{Err: err, Forever: true} }

// ofStatus is the error of an HTTP answer that is no success. Refusals are for ever, but not those that an operator mends on
// the other side: a missing right, a wrong token, too many requests.
func ofStatus(what string, r *http.Response, body []byte) error {
	e := &Error{Err: fmt.Errorf("%s: %s: %s", what, r.Status, brief(body))}
	switch r.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
		http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType:
		e.Forever = true
	}
	if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.After = time.Duration(seconds) * time.Second
	}
	return e
}

// briefBytes bounds what is kept of an answer.
const briefBytes = 300

// brief is an answer on one line.
func brief(body []byte) string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body), "?")), " ")
	if len(text) > briefBytes {
		text = strings.ToValidUTF8(text[:briefBytes], "") + "…"
	}
	return text
}

// errNoText is of a message that says nothing.
var errNoText = errors.New("the message has no text")
