package github

import (
	"encoding/json"
	"testing"
)

func TestHookOf(t *testing.T) {
	for in, want := range map[string]string{
		`{"config": {"url": "https://ci.example.com/x", "secret": "*", "content_type": "json", "insecure_ssl": "0", "token": "x"}}`: `{` +
			`"Target":{"scheme":"https","host":"ci.example.com"},` +
			`"config":{"content_type":"json","insecure_ssl":"0","secret":"*","url":"https://ci.example.com/x"}}`,
		`{"config": {"password": "x", "user": "y", "jenkins_hook": "z"}}`: `{"config":{}}`,
	} {
		doc, err := hookOf(json.RawMessage(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got, err := json.Marshal(doc); err != nil || string(got) != want {
			t.Errorf("%s is %s, want %s, %v", in, got, want, err)
		}
	}
}
