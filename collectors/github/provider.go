// Package github collects from GitHub over its REST API and its GraphQL API, which gives populations in few calls.
// Documents are the JSON that the API sent without its links to other answers, texts that people typed (bodies, deployment
// payloads) and signatures; the types of go-github give the schemas of what comes over REST only. A list in a document
// from GraphQL is a plain list, whole or missing.
//
// It never writes, of the files of a repository it reads those that define workflows and no other, and it never judges what
// it sees.
package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Config is the github section of a source.
type Config struct {
	// Organization is the login of the organisation. Required.
	Organization string `yaml:"organization"`
	// Repositories are patterns of repository names ("payments-*"); none means all.
	Repositories []string `yaml:"repositories"`
	// Window is how far back merged changes and deployments are collected; 90d when not given.
	Window evidence.Duration `yaml:"window"`
	// Since is the day ("2026-01-01", UTC) from which merged changes and deployments are collected, in place of a window:
	// give the first day of the audit period, and what happened in it stays in view until its end.
	Since string `yaml:"since"`
	// BaseURL is the API of an Enterprise Server ("https://github.example.com/api/v3"); https://api.github.com when not
	// given.
	BaseURL string `yaml:"base_url"`
	// TokenEnv names the environment variable that holds the token; GITHUB_TOKEN when not given.
	TokenEnv string `yaml:"token_env"`
	// AppID is the id of a GitHub App that asks in place of a token.
	AppID int64 `yaml:"app_id"`
	// InstallationID is the id of its installation; the organisation's when not given.
	InstallationID int64 `yaml:"installation_id"`
	// PrivateKeyEnv names the environment variable that holds the app's private key; GITHUB_APP_PRIVATE_KEY when not given.
	PrivateKeyEnv string `yaml:"private_key_env"`
	// PrivateKeyFile is the file that holds it, in place of the variable.
	PrivateKeyFile string `yaml:"private_key_file"`
}

// defaultWindow is how far back populations reach when the configuration does not say.
const defaultWindow = evidence.Duration(90 * 24 * time.Hour)

// Provider is GitHub.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "github" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{
		organization(), team(), repository(), branch(), environment(), runner(), hook(), workflow(),
		pullRequest(), commit(), deployment(), release(), releaseAsset(), activity(), ruleSuites(), auditLog(), workflowRun(),
	}
}

// Rates implements collect.Paced: GitHub slows down who asks more than 900 times a minute, or more than 2,000 queries, or has
// 100 requests under way.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{collect.AllOthers: {PerSecond: 10, Burst: 50}, "graphql": {PerSecond: 10, Burst: queries}}
}

// queries is how many queries of the GraphQL API are under way at once.
const queries = 10

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{
		{Name: "users.getAuthenticated", Method: "GET", Path: "/user"},
		{Name: "orgs.get", Method: "GET", Path: "/orgs/{org}"},
	}
}

// readConfig reads the section, with the API's address parsed.
func readConfig(decode func(any) error) (Config, *url.URL, error) {
	c := Config{Window: defaultWindow, BaseURL: "https://api.github.com", TokenEnv: "GITHUB_TOKEN",
		PrivateKeyEnv: "GITHUB_APP_PRIVATE_KEY"}
	if err := decode(&c); err != nil {
		return c, nil, err
	}
	if c.Organization == "" {
		return c, nil, errors.New("github: organization is required")
	}
	if _, err := collect.ViewBegin("github", c.Since, c.Window, time.Time{}); err != nil {
		return c, nil, err
	}
	for _, p := range c.Repositories {
		if _, err := path.Match(p, ""); err != nil {
			return c, nil, fmt.Errorf("github: repositories: pattern %q: %w", p, err)
		}
	}
	base, err := url.Parse(strings.TrimSuffix(c.BaseURL, "/") + "/")
	if err != nil || base.Host == "" || base.User != nil {
		return c, nil, errors.New("github: base_url: expected something like https://github.example.com/api/v3") // it may hold a password
	}
	if base.Scheme != "https" && !collect.Loopback(base) {
		return c, nil, fmt.Errorf("github: base_url %q: a token is sent over https only", c.BaseURL)
	}
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
	since, err := collect.ViewBegin("github", c.Since, c.Window, env.Now())
	if err != nil {
		return nil, err
	}
	text := base.String()
	app, err := newApp(c, base, env)
	if err != nil {
		return nil, err
	}
	stay := &http.Client{
		Transport:     env.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}
	options := []github.ClientOptionsFunc{github.WithHTTPClient(stay), github.WithURLs(&text, nil), github.WithUserAgent("exhibit")}
	if app != nil {
		stay.Transport = app
	} else {
		token := env.Getenv(c.TokenEnv)
		if token == "" {
			return nil, fmt.Errorf("github: no token: set the environment variable %s, or app_id", c.TokenEnv)
		}
		options = append(options, github.WithAuthToken(token))
	}
	client, err := github.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("github: make a client of %s: %w", text, err)
	}
	return &source{config: c, app: app, session: &session{
		client: client, organization: c.Organization, patterns: c.Repositories, host: base.Host, base: base.Path,
		graph: graphPathOf(base), since: since, now: env.Now, answered: answeredKeys(), slots: make(chan struct{}, queries),
	}}, nil
}

// source is one organisation.
type source struct {
	config  Config
	app     *app // nil for a token
	session *session
}

// Caller implements collect.Source. An app's installation token has no user; GitHub refuses to say more about it.
func (s *source) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	if s.app != nil {
		return s.app.identity(ctx)
	}
	var user struct {
		Login string `json:"login"`
		Type  string `json:"type"`
	}
	err := t.Call(ctx, "users.getAuthenticated", func(ctx context.Context) error {
		_, err := s.session.get(ctx, "user", &user)
		return err
	})
	var failed *collect.Error
	if errors.As(err, &failed) && failed.Outcome == evidence.OutcomeDenied {
		return evidence.Identity{ID: "installation of an app", Account: s.config.Organization, Kind: "app"}, nil
	}
	return evidence.Identity{ID: user.Login, Kind: strings.ToLower(user.Type)}, err
}

// Accounts implements collect.Source: the organisation.
func (s *source) Accounts(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	plan := collect.ScopePlan{
		Scope:    evidence.Scope{Provider: "github", Account: s.config.Organization},
		Outcome:  evidence.OutcomeOK,
		Session:  s.session,
		Endpoint: s.session.host,
	}
	var org struct {
		ID         int64  `json:"id"`
		Name       string `json:"name"`
		TwoFactors *bool  `json:"two_factor_requirement_enabled"`
		Plan       struct {
			Name string `json:"name"`
		} `json:"plan"`
	}
	err := t.Call(ctx, "orgs.get", func(ctx context.Context) error {
		_, err := s.session.get(ctx, "orgs/"+url.PathEscape(s.config.Organization), &org)
		return err
	})
	var failed *collect.Error
	switch {
	case errors.As(err, &failed):
		plan.Outcome = failed.Outcome
		plan.Reason = fmt.Sprintf("organisation %s cannot be read: %v", s.config.Organization, failed.Err)
	case err != nil:
		return nil, err
	default:
		plan.Scope.Name = org.Name
		plan.Scope.Facts = map[string]any{"id": org.ID}
		s.session.lacksAudit = org.Plan.Name == "free" || org.Plan.Name == "team" // owners see the plan
		if org.TwoFactors != nil {                                                // hidden from all but owners
			plan.Scope.Facts["two_factor_requirement_enabled"] = *org.TwoFactors
		}
	}
	return []collect.Account{collect.Ready(plan)}, nil
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
