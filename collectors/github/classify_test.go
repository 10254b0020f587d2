package github

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-github/v88/github"

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
		{404, "Branch not protected", evidence.OutcomeEmpty, codeNotProtected},
		{404, "Not Found", evidence.OutcomeDenied, "NotFound"}, // the caller may not know
		{404, "Branch not found", evidence.OutcomeEmpty, codeNoBranch},
		{404, "Vulnerability alerts are disabled.", evidence.OutcomeEmpty, codeAlertsOff},
		{403, "Resource not accessible by personal access token", evidence.OutcomeDenied, "Forbidden"},
		{403, "Upgrade to GitHub Pro or make this repository public to enable this feature.",
			evidence.OutcomeFailed, codeNotInPlan},
		{403, "Advanced Security must be enabled for this repository to use code scanning.", evidence.OutcomeEmpty, codeScanningOff},
		{404, "no analysis found", evidence.OutcomeEmpty, codeNoAnalysis},
		{404, "Secret scanning is disabled on this repository.", evidence.OutcomeEmpty, codeSecretScanningOff},
		{422, "Only owners can use this filter.", evidence.OutcomeDenied, "OwnersOnly"},
		{422, "Validation Failed", evidence.OutcomeFailed, "Unprocessable Entity"},
		{403, "API rate limit exceeded for user ID 1.", evidence.OutcomeThrottled, "RateLimit"},
		{401, "Bad credentials", evidence.OutcomeExpired, "BadCredentials"},
		{429, "", evidence.OutcomeThrottled, "TooManyRequests"},
		{404, "", evidence.OutcomeFailed, "Not Found"}, // the body was cut
		{502, "", evidence.OutcomeFailed, "Bad Gateway"},
		{301, "Moved Permanently", evidence.OutcomeFailed, "Moved Permanently"},
	} {
		err := &github.ErrorResponse{Response: &http.Response{StatusCode: tt.status}, Message: tt.message}
		outcome, code := Provider{}.Classify(fmt.Errorf("ask: %w", err))
		if outcome != tt.outcome || code != tt.code {
			t.Errorf("%d %q is %s %s, want %s %s", tt.status, tt.message, outcome, code, tt.outcome, tt.code)
		}
	}
	for _, err := range []error{&github.RateLimitError{}, &github.AbuseRateLimitError{}} {
		if outcome, _ := (Provider{}).Classify(err); outcome != evidence.OutcomeThrottled {
			t.Errorf("%T is %s, want throttled", err, outcome)
		}
	}
	if outcome, code := (Provider{}).Classify(errors.New("connection reset")); outcome != "" || code != "" {
		t.Errorf("an error that is not GitHub's is %s %s, want nothing", outcome, code)
	}
}

func TestPause(t *testing.T) {
	minute, short := time.Minute, 100*time.Millisecond
	answer := func(status int, header string) error {
		return &github.ErrorResponse{Response: &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {header}}}}
	}
	for name, tt := range map[string]struct {
		err         error
		least, most time.Duration
	}{
		"secondary limit with a time":    {&github.AbuseRateLimitError{RetryAfter: &minute}, minute, minute},
		"secondary limit, short":         {&github.AbuseRateLimitError{RetryAfter: &short}, time.Second, time.Second},
		"secondary limit without a time": {&github.AbuseRateLimitError{}, minute, minute},
		"limit": {&github.RateLimitError{Rate: github.Rate{Reset: github.Timestamp{Time: time.Now().Add(minute)}}},
			minute, minute + 2*time.Second},
		"429 with a time":    {answer(429, "7"), 7 * time.Second, 7 * time.Second},
		"429 without a time": {answer(429, ""), 500 * time.Millisecond, 500 * time.Millisecond},
		"server's error":     {answer(503, ""), 500 * time.Millisecond, 500 * time.Millisecond},
		"denied":             {answer(403, ""), 0, 0},
		"cut short":          {fmt.Errorf("read the answer: %w", io.ErrUnexpectedEOF), 500 * time.Millisecond, 500 * time.Millisecond},
		"not let out":        {collect.ErrUndeclared, 0, 0},
		"none":               {nil, 0, 0},
	} {
		if got, _ := pause(tt.err, 1); got < tt.least || got > tt.most {
			t.Errorf("%s: waits %s, want %s to %s", name, got, tt.least, tt.most)
		}
	}
}
