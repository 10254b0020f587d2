package azuredevops

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

func TestClassify(t *testing.T) {
	for _, tt := range []struct {
		status       int
		message, key string
		outcome      evidence.Outcome
		code         string
	}{
		{404, "TF200016: no such project", "ProjectDoesNotExistException", evidence.OutcomeDenied, "ProjectDoesNotExistException"},
		{403, "You may not", "", evidence.OutcomeDenied, "Forbidden"},
		{403, "", "", evidence.OutcomeFailed, "Forbidden"}, // the body was cut, or is a proxy's
		{401, "", "", evidence.OutcomeExpired, "Unauthorized"},
		{203, "", "", evidence.OutcomeExpired, "SignIn"},
		{302, "", "", evidence.OutcomeExpired, "SignIn"},
		{301, "", "", evidence.OutcomeFailed, "Moved Permanently"},
		{429, "TF400733", "", evidence.OutcomeThrottled, "TooManyRequests"},
		{503, "", "", evidence.OutcomeFailed, "Service Unavailable"},
	} {
		err := fmt.Errorf("ask: %w", &refusal{status: tt.status, message: tt.message, key: tt.key})
		if outcome, code := (Provider{}).Classify(err); outcome != tt.outcome || code != tt.code {
			t.Errorf("%d %q is %s %s, want %s %s", tt.status, tt.message, outcome, code, tt.outcome, tt.code)
		}
	}
	if outcome, code := (Provider{}).Classify(errors.New("connection reset")); outcome != "" || code != "" {
		t.Errorf("an error that is not Azure DevOps' is %s %s, want nothing", outcome, code)
	}
}

func TestPause(t *testing.T) {
	answer := func(status int, key, value string) error {
		header := http.Header{}
		header.Set(key, value)
		return &refusal{status: status, header: header}
	}
	reset := strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)
	for name, tt := range map[string]struct {
		err         error
		least, most time.Duration
	}{
		"limit with a time":    {answer(429, "Retry-After", "7"), 7 * time.Second, 7 * time.Second},
		"limit until a time":   {answer(429, "X-RateLimit-Reset", reset), time.Minute - time.Second, time.Minute + 2*time.Second},
		"limit without a time": {answer(429, "X", ""), 500 * time.Millisecond, 500 * time.Millisecond},
		"server's error":       {answer(503, "X", ""), 500 * time.Millisecond, 500 * time.Millisecond},
		"server with a time":   {answer(503, "Retry-After", "3"), 3 * time.Second, 3 * time.Second},
		"sign in":              {answer(203, "X", ""), 0, 0},
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

// slow answers, and asks to wait after its first answer.
type slow struct {
	begin time.Time
	asked []time.Duration
}

func (s *slow) RoundTrip(req *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, time.Since(s.begin))
	header := http.Header{}
	if len(s.asked) == 1 {
		header.Set("Retry-After", "30")
	}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Request: req,
		Body: io.NopCloser(strings.NewReader(`{"value":[]}`))}, nil
}

// TestBrake holds that an answer which wants fewer questions is heeded by the next question, which does not fail.
func TestBrake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &slow{begin: time.Now()}
		s := &session{client: &http.Client{Transport: server}, root: "https://dev.azure.com"}
		for range 3 {
			var v list
			if _, err := s.get(t.Context(), s.root, "/x", nil, &v); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprint(server.asked); got != "[0s 30s 30s]" {
			t.Errorf("asked at %s", got)
		}
	})
}

func TestAuthorization(t *testing.T) {
	for token, want := range map[string]string{"abc": "Basic OmFiYw==", "head.body.sign": "Bearer head.body.sign"} {
		if got := authorization(token); got != want {
			t.Errorf("%s is sent as %s, want %s", token, got, want)
		}
	}
}

func TestMessage(t *testing.T) {
	for body, want := range map[string][2]string{
		`{"message":"TF401019: no","typeKey":"GitRepositoryNotFoundException"}`: {"TF401019: no", "GitRepositoryNotFoundException"},
		"<html>Sign in</html>": {}, `{"message":"TF4`: {}, "": {},
	} {
		if text, key := message([]byte(body)); text != want[0] || key != want[1] {
			t.Errorf("%s says %q, %q, want %q", body, text, key, want)
		}
	}
}

func TestFollowing(t *testing.T) {
	header := http.Header{}
	header.Set("x-ms-continuationtoken", "7")
	if token, err := following(header, map[string]bool{}); token != "7" || err != nil {
		t.Errorf("next is %q, %v", token, err)
	}
	if _, err := following(header, map[string]bool{"7": true}); err == nil {
		t.Error("a page that was read before is taken for the next")
	}
	if token, err := following(http.Header{}, nil); token != "" || err != nil {
		t.Errorf("after the last: %q, %v", token, err)
	}
}
