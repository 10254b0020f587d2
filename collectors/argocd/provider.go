// Package argocd collects from a server of Argo CD over its REST API. Of what the API sends, documents hold the members
// that the schemas name and no others: values of charts, parameters, environments of plugins, annotations, messages and
// tokens are never among them, nor is a name or password inside the address of a repository.
//
// It never writes, it never asks for manifests or logs, and it never judges what it sees.
package argocd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Config is the argocd section of a source.
type Config struct {
	// URL is the server's address ("https://argocd.example.com"), with the path that it is served under if it has one.
	// Required.
	URL string `yaml:"url"`
	// Projects are the names of Argo CD projects whose applications are collected. None means all.
	Projects []string `yaml:"projects"`
	// Window is how far back deployments are collected; 90d when not given.
	Window evidence.Duration `yaml:"window"`
	// Since is the day ("2026-01-01", UTC) from which they are collected, in place of a window.
	Since string `yaml:"since"`
	// TokenEnv names the environment variable that holds the token; ARGOCD_AUTH_TOKEN when not given.
	TokenEnv string `yaml:"token_env"`
}

// defaultWindow is how far back deployments reach when the configuration does not say.
const defaultWindow = evidence.Duration(90 * 24 * time.Hour)

// Provider is Argo CD.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "argocd" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{application(), deployment(), project(), settings()}
}

// Rates implements collect.Paced. A server asks the cluster that deploys: it is spared.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{"": {PerSecond: 10, Burst: 20}}
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{
		{Name: opUserInfo, Method: "GET", Path: "/api/v1/session/userinfo"},
		{Name: opVersion, Method: "GET", Path: "/api/version", Loses: collect.LosesNothing},
	}
}

const (
	opUserInfo = "argocd:SessionService.GetUserInfo"
	opVersion  = "argocd:VersionService.Version"
)

// readConfig reads the section, with the server's address parsed.
func readConfig(decode func(any) error) (Config, *url.URL, error) {
	c := Config{Window: defaultWindow, TokenEnv: "ARGOCD_AUTH_TOKEN"}
	if err := decode(&c); err != nil {
		return c, nil, err
	}
	if c.URL == "" {
		return c, nil, errors.New("argocd: url is required")
	}
	if _, err := collect.ViewBegin("argocd", c.Since, c.Window, time.Time{}); err != nil {
		return c, nil, err
	}
	if slices.ContainsFunc(c.Projects, func(p string) bool { return p == "" || strings.ContainsAny(p, "/*") }) {
		return c, nil, errors.New("argocd: projects: expected names of projects, without patterns")
	}
	base, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if err != nil || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return c, nil, errors.New("argocd: url: expected something like https://argocd.example.com")
	}
	if base.Scheme != "https" && !collect.Loopback(base) {
		return c, nil, fmt.Errorf("argocd: url %q: a token is sent over https only", c.URL)
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
	since, err := collect.ViewBegin("argocd", c.Since, c.Window, env.Now())
	if err != nil {
		return nil, err
	}
	token := env.Getenv(c.TokenEnv)
	if token == "" {
		return nil, fmt.Errorf("argocd: no token: set the environment variable %s", c.TokenEnv)
	}
	return &source{session: &session{
		client: &http.Client{
			Transport:     env.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
		},
		token: token, projects: c.Projects, since: since, root: base.Scheme + "://" + base.Host, base: base.Path, host: base.Host,
	}}, nil
}

// settling is how far behind the present a mark stays: what is listed may come from a cache.
const settling = time.Hour

// windowBegin is from when on deployments are in view.
func windowBegin(of any, _ time.Time) time.Time { return of.(*session).since }

// source is one server.
type source struct{ session *session }

// errNotSignedIn is the answer to a token that the server does not know.
var errNotSignedIn = errors.New("argocd takes the token for nobody's")

// Caller implements collect.Source.
func (s *source) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	var user struct {
		LoggedIn bool   `json:"loggedIn"`
		Username string `json:"username"`
		Issuer   string `json:"iss"`
	}
	err := t.Call(ctx, opUserInfo, func(ctx context.Context) error {
		err := s.session.get(ctx, "/api/v1/session/userinfo", nil, &user)
		if err == nil && !user.LoggedIn {
			err = errNotSignedIn
		}
		return err
	})
	kind := "user"
	if user.Issuer == "argocd" {
		kind = "account" // the server's own: of a robot or a project's role
	}
	return evidence.Identity{ID: user.Username, Kind: kind}, err
}

// Accounts implements collect.Source: the server.
func (s *source) Accounts(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	plan := collect.ScopePlan{
		Scope:    evidence.Scope{Provider: "argocd", Account: s.session.host + s.session.base},
		Outcome:  evidence.OutcomeOK,
		Session:  s.session,
		Endpoint: s.session.host,
	}
	var version struct {
		Version string `json:"Version"`
	}
	err := t.Call(ctx, opVersion, func(ctx context.Context) error {
		return s.session.get(ctx, "/api/version", nil, &version)
	})
	if err := t.Lost(err); err != nil {
		return nil, err
	}
	if version.Version != "" {
		plan.Scope.Facts = map[string]any{"version": version.Version}
	}
	return []collect.Account{collect.Ready(plan)}, nil
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
