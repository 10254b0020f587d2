package jenkins

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
		"no url":          {func(c *Config) { c.URL = "ci.example.com" }, "expected something like"},
		"with a query":    {func(c *Config) { c.URL = "https://ci.example.com/?x=1" }, "expected something like"},
		"token over http": {func(c *Config) { c.URL = "http://ci.example.com" }, "https only"},
		"a bad pattern":   {func(c *Config) { c.Jobs = []string{"[a"} }, "pattern"},
		"no user":         {func(c *Config) { c.UserEnv = "UNSET" }, "set the environment variable UNSET"},
		"no token":        {func(c *Config) { c.TokenEnv = "UNSET" }, "set the environment variable UNSET"},
		"no window":       {func(c *Config) { c.Window = 0 }, "window"},
		"no day":          {func(c *Config) { c.Since = "31.1.2026" }, "expected a day"},
		"a day":           {func(c *Config) { c.Since, c.Window = "2026-01-31", 0 }, ""},
		"fine":            {func(*Config) {}, ""},
		"under a path":    {func(c *Config) { c.URL = "https://example.com/jenkins/" }, ""},
		"loopback":        {func(c *Config) { c.URL = "http://127.0.0.1:8080" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Provider{}.Open(t.Context(), func(v any) error {
				c := v.(*Config)
				c.URL = "https://ci.example.com"
				tt.change(c)
				return nil
			}, collect.Env{
				Getenv: func(name string) string {
					return map[string]string{"JENKINS_USER_ID": "u", "JENKINS_API_TOKEN": "t"}[name]
				},
				Now: time.Now,
			})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestWanted(t *testing.T) {
	s := &session{patterns: []string{"deploy/*", "site"}}
	for job, want := range map[string]bool{"deploy/shop": true, "site": true, "deploy": false, "deploy/shop/main": false, "x": false} {
		if got := s.wanted(job); got != want {
			t.Errorf("%s: %v, want %v", job, got, want)
		}
	}
	if !(&session{}).wanted("x") {
		t.Error("without patterns all are wanted")
	}
}

func TestReadJob(t *testing.T) {
	for full, item := range map[string]map[string]any{
		"a":      {"name": "a"},
		"a%2Fb":  {"name": "a%2Fb", "fullName": "f/a%2Fb"},
		"":       {"fullName": "f/x"},
		"up":     {"name": ".."},
		"lies":   {"name": "x", "fullName": "elsewhere/x"},
		"nested": {"name": "x/y"},
	} {
		got, err := readJob(item, "f")
		if want := full == "a" || full == "a%2Fb"; (err == nil) != want || want && got.FullName != "f/"+full {
			t.Errorf("%v is %q, %v", item, got.FullName, err)
		}
	}
	if got := jobPath("f/a%2Fb c"); got != "/job/f/job/a%252Fb%20c" {
		t.Errorf("the path is %s", got)
	}
}
