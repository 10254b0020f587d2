package gitlab

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

func TestClassify(t *testing.T) {
	for _, tt := range []struct {
		status  int
		message string
		outcome evidence.Outcome
		code    string
	}{
		{404, "404 Project Not Found", evidence.OutcomeDenied, "NotFound"}, // the caller may not know
		{403, "403 Forbidden", evidence.OutcomeDenied, "Forbidden"},
		{403, "insufficient_scope: The request requires higher privileges than provided by the access token.",
			evidence.OutcomeDenied, "InsufficientScope"},
		{401, "401 Unauthorized", evidence.OutcomeExpired, "Unauthorized"},
		{429, "Retry later", evidence.OutcomeThrottled, "TooManyRequests"},
		{404, "", evidence.OutcomeFailed, "Not Found"}, // the body was cut
		{502, "", evidence.OutcomeFailed, "Bad Gateway"},
		{301, "", evidence.OutcomeFailed, "Moved Permanently"},
	} {
		err := fmt.Errorf("ask: %w", &refusal{status: tt.status, message: tt.message})
		if outcome, code := (Provider{}).Classify(err); outcome != tt.outcome || code != tt.code {
			t.Errorf("%d %q is %s %s, want %s %s", tt.status, tt.message, outcome, code, tt.outcome, tt.code)
		}
	}
	if outcome, code := (Provider{}).Classify(errors.New("connection reset")); outcome != "" || code != "" {
		t.Errorf("an error that is not GitLab's is %s %s, want nothing", outcome, code)
	}
}

// TestWhatThePlanLacks tells what is not offered from what is not allowed, and both from what was never set.
func TestWhatThePlanLacks(t *testing.T) {
	for _, tt := range []struct {
		name    string
		means   func(error) error
		status  int
		message string
		want    string
	}{
		{"free, forbidden", offered(false), 403, "403 Forbidden", codeNotLicensed},
		{"free, not found", offered(false), 404, "404 Not Found", codeNotLicensed},
		{"free, but the token is the reason", offered(false), 403, "insufficient_scope: higher privileges", "InsufficientScope"},
		{"free, cut short", offered(false), 403, "", "Forbidden"},
		{"free, a server's error", offered(false), 500, "500 Internal Server Error", "Internal Server Error"},
		{"paid, forbidden", offered(true), 403, "403 Forbidden", "Forbidden"},
		{"paid, not found", offered(true), 404, "404 Not Found", "NotFound"},
		{"push rules, paid, not found", neverSet(offered(true)), 404, "404 Not Found", codeNeverSet},
		{"push rules, paid, project not found", neverSet(offered(true)), 404, "404 Project Not Found", "NotFound"},
		{"push rules, paid, cut short", neverSet(offered(true)), 404, "", "Not Found"},
		{"push rules, paid, forbidden", neverSet(offered(true)), 403, "403 Forbidden", "Forbidden"},
		{"push rules, free", neverSet(offered(false)), 404, "404 Not Found", codeNotLicensed},
	} {
		if _, code := (Provider{}).Classify(tt.means(&refusal{status: tt.status, message: tt.message})); code != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, code, tt.want)
		}
	}
}

func TestMessage(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"404 Project Not Found"}`:                                      "404 Project Not Found",
		`{"error":"insufficient_scope","error_description":"More.","scope":"api"}`: "insufficient_scope: More.",
		`{"error":"404 Not Found"}`:                                                "404 Not Found",
		`{"message":{"base":["is taken"]}}`:                                        "",
		"Retry later\n":                                                            "Retry later",
		`{"message":"404 Pro`:                                                      "",
		"":                                                                         "",
	} {
		if got := message([]byte(body)); got != want {
			t.Errorf("%s says %q, want %q", body, got, want)
		}
	}
}

func TestPause(t *testing.T) {
	answer := func(status int, key, value string) error {
		return &refusal{status: status, header: http.Header{key: {value}}}
	}
	reset := strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)
	for name, tt := range map[string]struct {
		err         error
		least, most time.Duration
	}{
		"limit with a time":    {answer(429, "Retry-After", "7"), 7 * time.Second, 7 * time.Second},
		"limit until a time":   {answer(429, "Ratelimit-Reset", reset), time.Minute - time.Second, time.Minute + 2*time.Second},
		"limit without a time": {answer(429, "X", ""), 500 * time.Millisecond, 500 * time.Millisecond},
		"server's error":       {answer(503, "X", ""), 500 * time.Millisecond, 500 * time.Millisecond},
		"denied":               {answer(403, "X", ""), 0, 0},
		"cut short":            {fmt.Errorf("read the answer: %w", io.ErrUnexpectedEOF), 500 * time.Millisecond, 500 * time.Millisecond},
		"not let out":          {collect.ErrUndeclared, 0, 0},
		"none":                 {nil, 0, 0},
	} {
		if got, _ := pause(tt.err, 1); got < tt.least || got > tt.most {
			t.Errorf("%s: waits %s, want %s to %s", name, got, tt.least, tt.most)
		}
	}
}
