package jenkins

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
		{&refusal{status: 403}, evidence.OutcomeDenied, "Forbidden"},
		{&refusal{status: 404}, evidence.OutcomeDenied, "NotFound"},
		{&refusal{status: 401}, evidence.OutcomeExpired, "Unauthorized"},
		{&refusal{status: 429}, evidence.OutcomeThrottled, "TooManyRequests"},
		{&refusal{status: 302}, evidence.OutcomeFailed, "Found"}, // to a page where people sign in
		{&refusal{status: 503}, evidence.OutcomeFailed, "Service Unavailable"},
		{plugins(&refusal{status: 404}), evidence.OutcomeNotEnabled, codeNotInstalled},
		{plugins(&refusal{status: 403}), evidence.OutcomeDenied, "Forbidden"},
		{errAnonymous, evidence.OutcomeExpired, "Anonymous"},
		{errors.New("connection reset"), "", ""},
	} {
		if outcome, code := (Provider{}).Classify(fmt.Errorf("ask: %w", tt.err)); outcome != tt.outcome || code != tt.code {
			t.Errorf("%v is %s %s, want %s %s", tt.err, outcome, code, tt.outcome, tt.code)
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
		"starting":             {answer(503, "X", ""), 500 * time.Millisecond},
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
