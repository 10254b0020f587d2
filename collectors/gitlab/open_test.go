package gitlab

import (
	"strings"
	"testing"
	"time"

	"exhibit/internal/collect"
)

func TestOpenRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no group":        {func(c *Config) { c.Group = "/" }, "group is required"},
		"bad pattern":     {func(c *Config) { c.Projects = []string{"[a"} }, "pattern"},
		"no token":        {func(c *Config) { c.TokenEnv = "UNSET" }, "set the environment variable UNSET"},
		"token over http": {func(c *Config) { c.BaseURL = "http://gitlab.example.com" }, "https only"},
		"no address":      {func(c *Config) { c.BaseURL = "gitlab.example.com" }, "base_url"},
		"a password":      {func(c *Config) { c.BaseURL = "https://u:hunter2@gitlab.example.com" }, "base_url"},
		"one alone":       {func(c *Config) { c.BaseURL = "u:hunter2@gitlab.example.com" }, "base_url"},
		"no window":       {func(c *Config) { c.Window = 0 }, "window"},
		"no day":          {func(c *Config) { c.Since = "31.1.2026" }, "expected a day"},
		"a day":           {func(c *Config) { c.Since, c.Window = "2026-01-31", 0 }, ""},
		"fine":            {func(*Config) {}, ""},
		"under a path":    {func(c *Config) { c.BaseURL = "https://example.com/gitlab/" }, ""},
		"loopback":        {func(c *Config) { c.BaseURL = "http://127.0.0.1:8080" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Provider{}.Open(t.Context(), func(v any) error {
				c := v.(*Config)
				c.Group = "acme"
				tt.change(c)
				return nil
			}, collect.Env{
				Getenv: func(name string) string { return map[string]string{"GITLAB_TOKEN": "t"}[name] },
				Now:    time.Now,
			})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a password is printed: %v", err)
			}
		})
	}
}

func TestWanted(t *testing.T) {
	p := listed{Path: "ledger", FullPath: "acme/platform/ledger"}
	for pattern, want := range map[string]bool{
		"ledger": true, "led*": true, "platform/*": true, "*/ledger": true, "platform/led*": true,
		"*": true, "payments": false, "platform": false, "acme/platform/ledger": false,
	} {
		if got := (&session{group: "acme", patterns: []string{pattern}}).wanted(p); got != want {
			t.Errorf("%s: %v, want %v", pattern, got, want)
		}
	}
	if !(&session{group: "acme"}).wanted(p) {
		t.Error("without patterns all are wanted")
	}
}
