package github

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
		"no organisation": {func(c *Config) { c.Organization = "" }, "organization is required"},
		"bad pattern":     {func(c *Config) { c.Repositories = []string{"[a"} }, "pattern"},
		"no token":        {func(c *Config) { c.TokenEnv = "UNSET" }, "set the environment variable UNSET"},
		"token over http": {func(c *Config) { c.BaseURL = "http://github.example.com" }, "https only"},
		"no address":      {func(c *Config) { c.BaseURL = "github.example.com" }, "base_url"},
		"a password":      {func(c *Config) { c.BaseURL = "https://u:hunter2@github.example.com" }, "base_url"},
		"one alone":       {func(c *Config) { c.BaseURL = "u:hunter2@github.example.com" }, "base_url"},
		"no window":       {func(c *Config) { c.Window = 0 }, "window"},
		"no day":          {func(c *Config) { c.Since = "31.1.2026" }, "expected a day"},
		"a day":           {func(c *Config) { c.Since, c.Window = "2026-01-31", 0 }, ""},
		"fine":            {func(*Config) {}, ""},
		"loopback":        {func(c *Config) { c.BaseURL = "http://127.0.0.1:8080" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Provider{}.Open(t.Context(), func(v any) error {
				c := v.(*Config)
				c.Organization = "acme"
				tt.change(c)
				return nil
			}, collect.Env{
				Getenv: func(name string) string { return map[string]string{"GITHUB_TOKEN": "t"}[name] },
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
