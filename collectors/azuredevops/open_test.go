package azuredevops

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
		"no organization": {func(c *Config) { c.Organization = "" }, "expected its name"},
		"an address":      {func(c *Config) { c.Organization = "https://dev.azure.com/acme" }, "expected its name"},
		"bad pattern":     {func(c *Config) { c.Projects = []string{"[a"} }, "pattern"},
		"no token":        {func(c *Config) { c.TokenEnv = "UNSET" }, "set the environment variable UNSET"},
		"token over http": {func(c *Config) { c.BaseURL = "http://devops.example.com" }, "https only"},
		"no address":      {func(c *Config) { c.BaseURL = "devops.example.com" }, "base_url"},
		"a password":      {func(c *Config) { c.BaseURL = "https://u:hunter2@devops.example.com" }, "base_url"},
		"one alone":       {func(c *Config) { c.BaseURL = "u:hunter2@devops.example.com" }, "base_url"},
		"no window":       {func(c *Config) { c.Window = 0 }, "window"},
		"no day":          {func(c *Config) { c.Since = "31.1.2026" }, "expected a day"},
		"a day":           {func(c *Config) { c.Since, c.Window = "2026-01-31", 0 }, ""},
		"fine":            {func(*Config) {}, ""},
		"under a path":    {func(c *Config) { c.BaseURL = "https://example.com/tfs/" }, ""},
		"loopback":        {func(c *Config) { c.BaseURL = "http://127.0.0.1:8080" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Provider{}.Open(t.Context(), func(v any) error {
				c := v.(*Config)
				c.Organization = "acme"
				tt.change(c)
				return nil
			}, collect.Env{
				Getenv: func(name string) string { return map[string]string{"AZURE_DEVOPS_EXT_PAT": "t"}[name] },
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
	for pattern, want := range map[string]bool{"payments": true, "pay*": true, "*": true, "platform": false} {
		if got := (&session{patterns: []string{pattern}}).wanted(project{Name: "payments"}); got != want {
			t.Errorf("%s: %v, want %v", pattern, got, want)
		}
	}
	if !(&session{}).wanted(project{Name: "payments"}) {
		t.Error("without patterns all are wanted")
	}
}

// TestReadVote reads what Azure DevOps notes of votes, in the forms that it is known to have.
func TestReadVote(t *testing.T) {
	for name, tt := range map[string]struct {
		thread, by string
		vote       int
		kept, bad  bool
	}{
		"wrapped": {`{"properties":{"CodeReviewThreadType":{"$type":"System.String","$value":"VoteUpdate"},
			"CodeReviewVoteResult":{"$value":"10"},"CodeReviewVotedByIdentity":{"$value":"1"}},"identities":{"1":{"id":"bob"}},
			"comments":[{"author":{"id":"system"}}]}`, "bob", 10, true, false},
		"plain": {`{"properties":{"CodeReviewThreadType":"VoteUpdate","CodeReviewVoteResult":-5},
			"comments":[{"author":{"id":"bob"}}]}`, "bob", -5, true, false},
		"no number": {`{"properties":{"CodeReviewThreadType":"VoteUpdate","CodeReviewVoteResult":"yes"}}`, "", 0, false, true},
		"a reset":   {`{"properties":{"CodeReviewThreadType":"ResetAllVotes"}}`, "", 0, true, false},
		"a push":    {`{"properties":{"CodeReviewThreadType":"RefUpdate","Count":{"$value":{}}}}`, "", 0, false, false},
		"a comment": {`{"properties":null,"comments":[{"author":{"id":"bob"},"content":"no"}]}`, "", 0, false, false},
	} {
		vote, kept, err := readVote([]byte(tt.thread))
		if kept != tt.kept || (err != nil) != tt.bad {
			t.Errorf("%s: kept %v, %v", name, kept, err)
			continue
		}
		if tt.by != "" && (vote.Author == nil || vote.Author.ID != tt.by || vote.Vote == nil || *vote.Vote != tt.vote) {
			t.Errorf("%s: %+v", name, vote)
		}
	}
}

func TestPermissions(t *testing.T) {
	want := `{
  "scopes": [
    "vso.auditlog",
    "vso.build",
    "vso.code",
    "vso.environment_manage",
    "vso.pipelineresources_use",
    "vso.project",
    "vso.serviceendpoint"
  ]
}
`
	if got := (Provider{}).Permissions(); got != want {
		t.Errorf("permissions:\n%s\nwant:\n%s", got, want)
	}
}
