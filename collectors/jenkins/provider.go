// Package jenkins collects from a Jenkins controller over its REST API. Of what the API sends, documents hold the members
// that the schemas name and no others; the configuration of jobs and of the controller is reduced to what decides.
// Values of parameters (but for those that the configuration names), descriptions, credentials, and names and passwords
// inside addresses are not kept. The script of a pipeline that is written in the job itself is kept as a keyed digest, so
// that a change of it shows.
//
// It never builds anything and never reads a log, and it never judges what it sees.
package jenkins

import (
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

// Config is the jenkins section of a source.
type Config struct {
	// URL is the controller's address ("https://ci.example.com"), with the path that it is served under if it has one.
	// Required.
	URL string `yaml:"url"`
	// Jobs are patterns of full names ("deploy/*", "shop/*/main"); an asterisk does not cross a slash. None means all.
	Jobs []string `yaml:"jobs"`
	// Parameters are names of build parameters whose values are kept ("ENVIRONMENT"). Of the others the names are.
	Parameters []string `yaml:"parameters"`
	// Window is how far back builds are collected; 90d when not given.
	Window evidence.Duration `yaml:"window"`
	// Since is the day ("2026-01-01", UTC) from which they are collected, in place of a window.
	Since string `yaml:"since"`
	// UserEnv names the environment variable that holds the user's id; JENKINS_USER_ID when not given.
	UserEnv string `yaml:"user_env"`
	// TokenEnv names the environment variable that holds the user's API token; JENKINS_API_TOKEN when not given.
	TokenEnv string `yaml:"token_env"`
}

// defaultWindow is how far back builds reach when the configuration does not say.
const defaultWindow = evidence.Duration(90 * 24 * time.Hour)

// Provider is Jenkins.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "jenkins" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{build(), controller(), job()}
}

// Rates implements collect.Paced. A controller is one machine that builds at the same time: it is spared.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{"": {PerSecond: 10, Burst: 20}}
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{{Name: opWhoAmI, Method: "GET", Path: "/whoAmI/api/json"}}
}

const opWhoAmI = "jenkins:whoAmI"

// readConfig reads the section, with the controller's address parsed.
func readConfig(decode func(any) error) (Config, *url.URL, error) {
	c := Config{Window: defaultWindow, UserEnv: "JENKINS_USER_ID", TokenEnv: "JENKINS_API_TOKEN"}
	if err := decode(&c); err != nil {
		return c, nil, err
	}
	if c.URL == "" {
		return c, nil, errors.New("jenkins: url is required")
	}
	if _, err := collect.ViewBegin("jenkins", c.Since, c.Window, time.Time{}); err != nil {
		return c, nil, err
	}
	for _, p := range c.Jobs {
		if _, err := path.Match(p, ""); err != nil {
			return c, nil, fmt.Errorf("jenkins: jobs: pattern %q: %w", p, err)
		}
	}
	base, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if err != nil || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return c, nil, errors.New("jenkins: url: expected something like https://ci.example.com")
	}
	if base.Scheme != "https" && !collect.Loopback(base) {
		return c, nil, fmt.Errorf("jenkins: url %q: a token is sent over https only", c.URL)
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
	since, err := collect.ViewBegin("jenkins", c.Since, c.Window, env.Now())
	if err != nil {
		return nil, err
	}
	user, token := env.Getenv(c.UserEnv), env.Getenv(c.TokenEnv)
	switch {
	case user == "":
		return nil, fmt.Errorf("jenkins: no user: set the environment variable %s", c.UserEnv)
	case token == "":
		return nil, fmt.Errorf("jenkins: no token: set the environment variable %s", c.TokenEnv)
	}
	return &source{session: &session{
		client: &http.Client{
			Transport:     env.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
		},
		user: user, token: token, patterns: c.Jobs, parameters: c.Parameters, since: since, now: env.Now,
		root: base.Scheme + "://" + base.Host, base: base.Path, host: base.Host,
	}}, nil
}

// settling is how far behind the present a mark stays.
const settling = time.Hour

// windowBegin is from when on builds are in view.
func windowBegin(of any, _ time.Time) time.Time { return of.(*session).since }

// source is one controller.
type source struct{ session *session }

// Caller implements collect.Source.
func (s *source) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	var user struct {
		Name      string `json:"name"`
		Anonymous bool   `json:"anonymous"`
	}
	err := t.Call(ctx, opWhoAmI, func(ctx context.Context) error {
		_, err := s.session.get(ctx, "/whoAmI/api/json", "name,anonymous", &user)
		if err == nil && (user.Anonymous || user.Name == "") {
			err = errAnonymous
		}
		return err
	})
	return evidence.Identity{ID: user.Name, Kind: "user"}, err
}

// errAnonymous is the answer to a token that the controller takes for nobody's.
var errAnonymous = errors.New("jenkins takes the token for nobody's")

// Accounts implements collect.Source: the controller.
func (s *source) Accounts(context.Context, *collect.Task) ([]collect.Account, error) {
	return []collect.Account{collect.Ready(collect.ScopePlan{
		Scope:    evidence.Scope{Provider: "jenkins", Account: s.session.host + s.session.base},
		Outcome:  evidence.OutcomeOK,
		Session:  s.session,
		Endpoint: s.session.host,
	})}, nil
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
