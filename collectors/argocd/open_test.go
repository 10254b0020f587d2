package argocd

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
		"no address":      {func(c *Config) { c.URL = "" }, "url is required"},
		"no url":          {func(c *Config) { c.URL = "argocd.example.com" }, "expected something like"},
		"with a password": {func(c *Config) { c.URL = "https://a:b@argocd.example.com" }, "expected something like"},
		"token over http": {func(c *Config) { c.URL = "http://argocd.example.com" }, "https only"},
		"a pattern":       {func(c *Config) { c.Projects = []string{"shop-*"} }, "without patterns"},
		"no token":        {func(c *Config) { c.TokenEnv = "UNSET" }, "set the environment variable UNSET"},
		"no window":       {func(c *Config) { c.Window = 0 }, "window"},
		"no day":          {func(c *Config) { c.Since = "31.1.2026" }, "expected a day"},
		"a day":           {func(c *Config) { c.Since, c.Window = "2026-01-31", 0 }, ""},
		"fine":            {func(*Config) {}, ""},
		"under a path":    {func(c *Config) { c.URL = "https://example.com/argocd/" }, ""},
		"loopback":        {func(c *Config) { c.URL = "http://127.0.0.1:8080" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Provider{}.Open(t.Context(), func(v any) error {
				c := v.(*Config)
				c.URL = "https://argocd.example.com"
				tt.change(c)
				return nil
			}, collect.Env{
				Getenv: func(name string) string { return map[string]string{"ARGOCD_AUTH_TOKEN": "t"}[name] },
				Now:    time.Now,
			})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
