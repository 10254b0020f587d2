// Package azuredevops collects from Azure DevOps over its REST API, from dev.azure.com or a server of one's own. Documents
// are the JSON that the API sent without its links to other answers, texts that people typed (descriptions, comments,
// messages), the secrets of connections, and addresses of people and machines.
//
// It never writes, it never reads a file of a repository, and it never judges what it sees.
package azuredevops

import (
	"context"
	"encoding/base64"
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

// Config is the azuredevops section of a source.
type Config struct {
	// Organization is the organisation's name, or of a server's the collection's. Required.
	Organization string `yaml:"organization"`
	// Projects are patterns of projects' names ("payments-*"). None means all.
	Projects []string `yaml:"projects"`
	// Window is how far back pull requests, deployments and the audit log are collected; 90d when not given.
	Window evidence.Duration `yaml:"window"`
	// Since is the day ("2026-01-01", UTC) from which they are collected, in place of a window: give the first day of the
	// audit period, and what happened in it stays in view until its end.
	Since string `yaml:"since"`
	// BaseURL is the address of a server of one's own ("https://devops.example.com/tfs"); https://dev.azure.com when not given.
	BaseURL string `yaml:"base_url"`
	// TokenEnv names the environment variable that holds a personal access token or a token of Microsoft Entra;
	// AZURE_DEVOPS_EXT_PAT when not given.
	TokenEnv string `yaml:"token_env"`
}

// defaultWindow is how far back populations reach when the configuration does not say.
const defaultWindow = evidence.Duration(90 * 24 * time.Hour)

// Where the service and its audit log stand.
const (
	home      = "https://dev.azure.com"
	auditHome = "https://auditservice.dev.azure.com"
)

// Provider is Azure DevOps.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "azuredevops" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{auditEvent(), auditLog(), deployment(), environment(), policy(), pullRequest(), serviceEndpoint()}
}

// Rates implements collect.Paced. All operations share one pace, because Azure DevOps counts what an identity consumes
// whatever it asks for. When that is too much, it says so in its answers, which the session heeds.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{"": {PerSecond: 20, Burst: 60}}
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{
		{Name: opGetConnectionData, Method: "GET", Path: "/{organization}/_apis/connectionData"},
	}
}

const opGetConnectionData = "azuredevops:location.Client.GetConnectionData"

// readConfig reads the section, with the server's address parsed.
func readConfig(decode func(any) error) (Config, *url.URL, error) {
	c := Config{Window: defaultWindow, BaseURL: home, TokenEnv: "AZURE_DEVOPS_EXT_PAT"}
	if err := decode(&c); err != nil {
		return c, nil, err
	}
	if c.Organization == "" || strings.ContainsAny(c.Organization, "/:") {
		return c, nil, fmt.Errorf("azuredevops: organization %q: expected its name, without an address", c.Organization)
	}
	if _, err := collect.ViewBegin("azuredevops", c.Since, c.Window, time.Time{}); err != nil {
		return c, nil, err
	}
	for _, p := range c.Projects {
		if _, err := path.Match(p, ""); err != nil {
			return c, nil, fmt.Errorf("azuredevops: projects: pattern %q: %w", p, err)
		}
	}
	base, err := url.Parse(strings.TrimSuffix(c.BaseURL, "/"))
	if err != nil || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return c, nil, errors.New("azuredevops: base_url: expected something like https://devops.example.com/tfs") // it may hold a password
	}
	if base.Scheme != "https" && !collect.Loopback(base) {
		return c, nil, fmt.Errorf("azuredevops: base_url %q: a token is sent over https only", c.BaseURL)
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
	since, err := collect.ViewBegin("azuredevops", c.Since, c.Window, env.Now())
	if err != nil {
		return nil, err
	}
	token := env.Getenv(c.TokenEnv)
	if token == "" {
		return nil, fmt.Errorf("azuredevops: no token: set the environment variable %s", c.TokenEnv)
	}
	s := &session{
		client: &http.Client{
			Transport:     env.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
		},
		authorization: authorization(token), organization: c.Organization, patterns: c.Projects, since: since, until: env.Now(),
		root: base.Scheme + "://" + base.Host, base: base.Path, host: base.Host,
	}
	s.audit = auditRoot(base)
	return &source{session: s}, nil
}

// auditRoot is where the audit log is asked for: a host of its own in the cloud, the server itself elsewhere.
func auditRoot(base *url.URL) string {
	root := base.Scheme + "://" + base.Host
	if root == home {
		return auditHome
	}
	return root
}

// authorization is how a token is sent: one of Microsoft Entra has three parts, a personal one has none.
func authorization(token string) string {
	if strings.Count(token, ".") == 2 {
		return "Bearer " + token
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+token))
}

// windowBegin is from when on what happened is in view.
func windowBegin(of any, _ time.Time) time.Time { return of.(*session).since }

// source is one organisation.
type source struct{ session *session }

// Caller implements collect.Source.
func (s *source) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	var answer struct {
		User struct {
			ID         string `json:"id"`
			Descriptor string `json:"subjectDescriptor"`
		} `json:"authenticatedUser"`
	}
	err := t.Call(ctx, opGetConnectionData, func(ctx context.Context) error {
		_, err := s.session.get(ctx, s.session.root, s.session.path("connectionData"), url.Values{"api-version": {preview}}, &answer)
		if err == nil && answer.User.ID == "" {
			err = errors.New("read the answer: it does not say who is asking")
		}
		return err
	})
	kind, _, _ := strings.Cut(answer.User.Descriptor, ".")
	return evidence.Identity{ID: answer.User.ID, Kind: kind}, err
}

// Accounts implements collect.Source: the organisation with all its projects.
func (s *source) Accounts(context.Context, *collect.Task) ([]collect.Account, error) {
	return []collect.Account{collect.Ready(collect.ScopePlan{
		Scope:    evidence.Scope{Provider: "azuredevops", Account: s.session.organization, Name: s.session.organization},
		Outcome:  evidence.OutcomeOK,
		Session:  s.session,
		Endpoint: s.session.host,
	})}, nil
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
