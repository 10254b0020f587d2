package gcp

import (
	"errors"
	"net/http"
	"testing"

	"cloud.google.com/go/auth"
	"google.golang.org/api/googleapi"

	"exhibit/internal/evidence"
)

// answer is an error as the API sends it.
func answer(status int, body string) error {
	return googleapi.CheckResponseWithBody(&http.Response{StatusCode: status, Header: http.Header{}}, []byte(body))
}

func info(reason, consumer string) string {
	return `{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED","details":[
		{"@type":"type.googleapis.com/google.rpc.Help","links":[]},
		{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"` + reason + `","domain":"googleapis.com",
		 "metadata":{"consumer":"` + consumer + `","service":"compute.googleapis.com"}}]}}`
}

func older(status, reason string) string {
	return `{"error":{"code":` + status + `,"message":"m","errors":[{"domain":"global","reason":"` + reason + `","message":"m"}]}}`
}

func TestClassify(t *testing.T) {
	s := &session{project: "acme-prod", aliases: []string{"projects/123456789012", "projects/acme-prod"}}
	for name, tt := range map[string]struct {
		err     error
		outcome evidence.Outcome
		code    string
	}{
		"service off here":                  {answer(403, info("SERVICE_DISABLED", "projects/123456789012")), evidence.OutcomeNotEnabled, codeDisabled},
		"service off here, older form":      {answer(403, older("403", "accessNotConfigured")), evidence.OutcomeNotEnabled, codeDisabled},
		"service off in the caller's place": {answer(403, info("SERVICE_DISABLED", "projects/999")), evidence.OutcomeFailed, codeDisabledElsewhere},
		"denied":                            {answer(403, info("IAM_PERMISSION_DENIED", "")), evidence.OutcomeDenied, "IAM_PERMISSION_DENIED"},
		"denied, older form":                {answer(403, older("403", "forbidden")), evidence.OutcomeDenied, "forbidden"},
		"behind a perimeter":                {answer(403, older("403", "vpcServiceControls")), evidence.OutcomeDenied, "vpcServiceControls"},
		"too many":                          {answer(429, older("429", "rateLimitExceeded")), evidence.OutcomeThrottled, "rateLimitExceeded"},
		"too many, as compute says it":      {answer(403, older("403", "rateLimitExceeded")), evidence.OutcomeThrottled, "rateLimitExceeded"},
		"expired":                           {answer(401, older("401", "authError")), evidence.OutcomeExpired, "authError"},
		"server's error without a body":     {answer(503, ``), evidence.OutcomeFailed, "Service Unavailable"},
		"key refused": {&tokenError{&auth.Error{Response: &http.Response{StatusCode: 400}}},
			evidence.OutcomeExpired, "TokenRefused"},
		"token endpoint down": {&tokenError{&auth.Error{Response: &http.Response{StatusCode: 503}}},
			evidence.OutcomeFailed, "TokenRefused"},
		"no answer": {&tokenError{errors.New("connection reset")}, "", ""},
		"not ours":  {errors.New("connection reset"), "", ""},
	} {
		outcome, code := Provider{}.Classify(s.elsewhere(tt.err))
		if outcome != tt.outcome || code != tt.code {
			t.Errorf("%s: %s %s, want %s %s", name, outcome, code, tt.outcome, tt.code)
		}
	}
}
