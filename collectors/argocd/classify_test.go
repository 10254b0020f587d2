package argocd

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

func TestClassify(t *testing.T) {
	for _, tt := range []struct {
		err     error
		outcome evidence.Outcome
		code    string
	}{
		{&refusal{status: 403, message: "permission denied: projects, get"}, evidence.OutcomeDenied, "PermissionDenied"},
		{&refusal{status: 404, message: "application not found"}, evidence.OutcomeDenied, "NotFound"},
		{&refusal{status: 403}, evidence.OutcomeFailed, "Forbidden"}, // a proxy's, or cut short
		{&refusal{status: 401}, evidence.OutcomeExpired, "Unauthenticated"},
		{&refusal{status: 429}, evidence.OutcomeThrottled, "TooManyRequests"},
		{&refusal{status: 307, message: "moved"}, evidence.OutcomeFailed, "Temporary Redirect"},
		{&refusal{status: 502, message: "connection error"}, evidence.OutcomeFailed, "Bad Gateway"},
		{errNotAll, evidence.OutcomeDenied, "NotAllVisible"},
		{errNotSignedIn, evidence.OutcomeExpired, "Unauthenticated"},
		{errors.New("connection reset"), "", ""},
	} {
		if outcome, code := (Provider{}).Classify(fmt.Errorf("ask: %w", tt.err)); outcome != tt.outcome || code != tt.code {
			t.Errorf("%v is %s %s, want %s %s", tt.err, outcome, code, tt.outcome, tt.code)
		}
	}
}

func TestMessage(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":"a","code":7,"message":"b"}`: "b",
		`{"error":"a"}`:                        "a",
		`{"error":"a`:                          "",
		"Too Many Requests":                    "",
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
	for name, tt := range map[string]struct {
		err  error
		want time.Duration
	}{
		"limit with a time":    {answer(429, "Retry-After", "7"), 7 * time.Second},
		"limit without a time": {answer(429, "X", ""), 500 * time.Millisecond},
		"server's error":       {answer(503, "X", ""), 500 * time.Millisecond},
		"denied":               {answer(403, "X", ""), 0},
		"cut short":            {fmt.Errorf("read the answer: %w", io.ErrUnexpectedEOF), 500 * time.Millisecond},
		"not let out":          {collect.ErrUndeclared, 0},
		"none":                 {nil, 0},
	} {
		if got := pause(tt.err, 1); got != tt.want {
			t.Errorf("%s: waits %s, want %s", name, got, tt.want)
		}
	}
}
