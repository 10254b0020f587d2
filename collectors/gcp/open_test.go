package gcp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exhibit/internal/collect"
)

func TestOpenRefuses(t *testing.T) {
	key := filepath.Join(t.TempDir(), "adc.json")
	text := `{"type":"authorized_user","client_id":"id","client_secret":"none","refresh_token":"none"}`
	if err := os.WriteFile(key, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		config Config
		want   string
	}{
		"no projects":     {Config{CredentialsFile: key}, "projects is required"},
		"a path":          {Config{Projects: []string{"../x"}, CredentialsFile: key}, "no project id"},
		"twice":           {Config{Projects: []string{"a", "a"}, CredentialsFile: key}, "twice"},
		"no key":          {Config{Projects: []string{"a"}, CredentialsFile: key + "x"}, "find credentials"},
		"token over http": {Config{Projects: []string{"a"}, CredentialsFile: key, Endpoint: "http://gcp.example.com"}, "https only"},
		"a path too much": {Config{Projects: []string{"a"}, CredentialsFile: key, Endpoint: "https://example.com/x"}, "endpoint"},
		"fine":            {Config{Projects: []string{"a"}, CredentialsFile: key}, ""},
		"loopback":        {Config{Projects: []string{"a"}, CredentialsFile: key, Endpoint: "http://127.0.0.1:1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Provider{}.Open(t.Context(), func(v any) error {
				*v.(*Config) = tt.config
				return nil
			}, collect.Env{Getenv: func(string) string { return "" }})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
