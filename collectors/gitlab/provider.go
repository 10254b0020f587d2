// Package gitlab collects from GitLab over its REST API, from gitlab.com or a server of one's own. Documents are the
// JSON that the API sent without its links to other answers, texts that people typed (descriptions, comments,
// messages), values of variables, and addresses of people and machines; the types of client-go give the schemas only.
//
// It never writes, it never reads a file of a repository, and it never judges what it sees.
package gitlab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Config is the gitlab section of a source.
type Config struct {
	// Group is the full path of the group ("shop", "company/shop"); its subgroups belong to it. Required.
	Group string `yaml:"group"`
	// Projects are patterns of projects beneath the group ("payments-*", "backend/*"); one without a slash is held against
	// the last part of the path. None means all.
	Projects []string `yaml:"projects"`
	// Window is how far back merge requests, commits, deployments and audit events are collected; 90d when not given.
	Window evidence.Duration `yaml:"window"`
	// Since is the day ("2026-01-01", UTC) from which they are collected, in place of a window: give the first day of the
	// audit period, and what happened in it stays in view until its end.
	Since string `yaml:"since"`
	// BaseURL is the address of a server of one's own ("https://gitlab.example.com"); https://gitlab.com when not given.
	BaseURL string `yaml:"base_url"`
	// TokenEnv names the environment variable that holds the token; GITLAB_TOKEN when not given.
	TokenEnv string `yaml:"token_env"`
}

// defaultWindow is how far back populations reach when the configuration does not say.
const defaultWindow = evidence.Duration(90 * 24 * time.Hour)

// api is where the API stands beneath the server's address.
const api = "/api/v4"

// Provider is GitLab.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "gitlab" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{group(), project(), mergeRequest(), commit(), deployment(), environment(), runner(),
		auditEvent(), pipeline()}
}

// Rates implements collect.Paced. All operations share one pace, because gitlab.com counts the requests of a user
// whatever they ask for, 2,000 a minute; some lists have less of their own.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{
		"":                  {PerSecond: 25, Burst: 100},
		opListGroupProjects: {PerSecond: 8, Burst: 50},
		opListGroupAudit:    {PerSecond: 3, Burst: 20},
		opListProjectAudit:  {PerSecond: 3, Burst: 20},
	}
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{
		{Name: opCurrentUser, Method: "GET", Path: "/user"},
		{Name: opGetNamespace, Method: "GET", Path: "/namespaces/{namespace}"},
	}
}

const (
	opCurrentUser  = "gitlab:Users.CurrentUser"
	opGetNamespace = "gitlab:Namespaces.GetNamespace"
)

// readConfig reads the section, with the server's address parsed.
func readConfig(decode func(any) error) (Config, *url.URL, error) {
	c := Config{Window: defaultWindow, BaseURL: "https://gitlab.com", TokenEnv: "GITLAB_TOKEN"}
	if err := decode(&c); err != nil {
		return c, nil, err
	}
	c.Group = strings.Trim(c.Group, "/")
	if c.Group == "" {
		return c, nil, errors.New("gitlab: group is required")
	}
	if _, err := collect.ViewBegin("gitlab", c.Since, c.Window, time.Time{}); err != nil {
		return c, nil, err
	}
	for _, p := range c.Projects {
		if _, err := path.Match(p, ""); err != nil {
			return c, nil, fmt.Errorf("gitlab: projects: pattern %q: %w", p, err)
		}
	}
	base, err := url.Parse(strings.TrimSuffix(c.BaseURL, "/"))
	if err != nil || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return c, nil, errors.New("gitlab: base_url: expected something like https://gitlab.example.com") // it may hold a password
	}
	if base.Scheme != "https" && !collect.Loopback(base) {
		return c, nil, fmt.Errorf("gitlab: base_url %q: a token is sent over https only", c.BaseURL)
	}
	base.Path = strings.TrimSuffix(base.Path, api) // whoever gave the API's own address means the same
	return c, base, nil
}

// Check implements collect.Provider.
func (Provider) Check(decode func(any) error) error {
	_, _, err := readConfig(decode)
	return err
}

// Open implements collect.Provider.
func (Provider) Open(_ context.Context, decode func(any) error, env collect.Env) (collect.Source, error) {
	c, base, err := readConfig(decode)
	if err != nil {
		return nil, err
	}
	since, err := collect.ViewBegin("gitlab", c.Since, c.Window, env.Now())
	if err != nil {
		return nil, err
	}
	token := env.Getenv(c.TokenEnv)
	if token == "" {
		return nil, fmt.Errorf("gitlab: no token: set the environment variable %s", c.TokenEnv)
	}
	return &source{group: c.Group, session: &session{
		client: &http.Client{
			Transport: env.Transport,
			// The token goes nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		token: token, group: c.Group, patterns: c.Projects, since: since,
		root: base.Scheme + "://" + base.Host, base: base.Path + api, host: base.Host,
	}}, nil
}

// settling is how far behind the present a mark stays: servers of one GitLab are not all equally quick.
const settling = time.Hour

// windowBegin is from when on what happened is in view.
func windowBegin(of any, _ time.Time) time.Time { return of.(*session).since }

// source is one group.
type source struct {
	group   string
	session *session
}

// Caller implements collect.Source. The token of a group or a project is a user of its own, a bot.
func (s *source) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	var user struct {
		Username string `json:"username"`
		Bot      bool   `json:"bot"`
	}
	err := t.Call(ctx, opCurrentUser, func(ctx context.Context) error {
		_, err := s.session.get(ctx, "/user", nil, &user)
		return err
	})
	if err != nil {
		return evidence.Identity{}, err
	}
	kind := "user"
	if user.Bot {
		kind = "bot"
	}
	return evidence.Identity{ID: user.Username, Kind: kind}, nil
}

// Accounts implements collect.Source: the group with all beneath it.
func (s *source) Accounts(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	plan := collect.ScopePlan{
		Scope:    evidence.Scope{Provider: "gitlab", Account: s.group},
		Outcome:  evidence.OutcomeOK,
		Session:  s.session,
		Endpoint: s.session.host,
	}
	var found struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
		Kind string `json:"kind"`
		Plan string `json:"plan"` // gitlab.com tells it to owners
		// Members are counted for owners only.
		Members *int64 `json:"members_count_with_descendants"`
	}
	err := t.Call(ctx, opGetNamespace, func(ctx context.Context) error {
		_, err := s.session.get(ctx, "/namespaces/"+url.PathEscape(s.group), nil, &found)
		return err
	})
	var failed *collect.Error
	switch {
	case errors.As(err, &failed):
		plan.Outcome = failed.Outcome
		plan.Reason = fmt.Sprintf("group %s cannot be read: %v", s.group, failed.Err)
	case err != nil:
		return nil, err
	case found.Kind != "group":
		return nil, fmt.Errorf("gitlab: %s is a %s's namespace and no group", s.group, cmp.Or(found.Kind, "nobody"))
	default:
		plan.Scope.Name = found.Name
		plan.Scope.Facts = map[string]any{"id": found.ID}
		opened := *s.session
		opened.owner = found.Members != nil
		plan.Session = &opened
		if found.Plan != "" {
			plan.Scope.Facts["plan"] = found.Plan
		}
	}
	return []collect.Account{collect.Ready(plan)}, nil
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
