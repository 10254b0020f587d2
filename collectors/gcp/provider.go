// Package gcp collects from Google Cloud over its REST APIs. Documents are the JSON that the API sent, never a struct that
// drops what is false or zero; the types of google.golang.org/api give the schemas only.
//
// It never writes, and it never judges what it sees.
package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Config is the gcp section of a source.
type Config struct {
	// Projects are the ids of the projects to collect. Required.
	Projects []string `yaml:"projects"`
	// CredentialsFile is a key or federation file, relative to the folder of exhibit.yaml; Google's default chain when not
	// given.
	CredentialsFile string `yaml:"credentials_file"`
	// Endpoint answers for all services in place of Google's own hosts.
	Endpoint string `yaml:"endpoint"`
}

// Provider is Google Cloud.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "gcp" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{policyBinding(), auditConfig(), bucket(), firewall(), sink(), clouddeployTarget(), clouddeployRelease(),
		clouddeployRollout(), clouddeployCall(), cloudbuildTrigger()}
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{
		{Name: "openidconnect.userinfo", Method: "GET", Path: "/v1/userinfo"},
		{
			Name: "cloudresourcemanager.projects.get", Permissions: []string{"resourcemanager.projects.get"},
			Method: "GET", Path: "/v3/projects/{project}",
		},
	}
}

// Rates implements collect.Paced. Reads of the logging configuration are counted in the tens a minute.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{"": {PerSecond: 10, Burst: 50}, "logging": {PerSecond: 1, Burst: 30}}
}

// readConfig reads the section.
func readConfig(decode func(any) error) (Config, error) {
	var c Config
	if err := decode(&c); err != nil {
		return c, err
	}
	if len(c.Projects) == 0 {
		return c, errors.New("gcp: projects is required: list the ids of the projects to collect")
	}
	for i, p := range c.Projects {
		if p == "" || strings.ContainsAny(p, "/?#% ") {
			return c, fmt.Errorf("gcp: projects: %q is no project id", p)
		}
		for _, q := range c.Projects[:i] {
			if p == q {
				return c, fmt.Errorf("gcp: projects: %s is listed twice", p)
			}
		}
	}
	_, err := endpoint(c.Endpoint)
	return c, err
}

// Check implements collect.Provider.
func (Provider) Check(decode func(any) error) error {
	_, err := readConfig(decode)
	return err
}

// Open implements collect.Provider.
func (Provider) Open(_ context.Context, decode func(any) error, env collect.Env) (collect.Source, error) {
	c, err := readConfig(decode)
	if err != nil {
		return nil, err
	}
	creds, err := detect(c, env)
	if err != nil {
		return nil, err
	}
	base, err := endpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	client := &client{base: base, http: &http.Client{
		Transport:     bearer{next: env.Transport, credentials: creds},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}}
	return &source{config: c, client: client, credentials: creds.JSON()}, nil
}

// source is the projects that one credential reaches.
type source struct {
	config      Config
	client      *client
	credentials []byte // the credential's file, when it has one
}

// Caller implements collect.Source. Google has issued a token to whom the key's file names; others are asked for.
func (s *source) Caller(ctx context.Context, t *collect.Task) (evidence.Identity, error) {
	var key struct {
		Type    string `json:"type"`
		Email   string `json:"client_email"`
		Project string `json:"project_id"`
	}
	_ = json.Unmarshal(s.credentials, &key) // what is no JSON names nobody
	if key.Type == "service_account" && key.Email != "" {
		return evidence.Identity{ID: key.Email, Account: key.Project, Kind: "service-account"}, nil
	}
	var user struct {
		Email string `json:"email"`
		Sub   string `json:"sub"`
	}
	err := t.Call(ctx, "openidconnect.userinfo", func(ctx context.Context) error {
		return s.client.get(ctx, "openidconnect", "/v1/userinfo", nil, &user)
	})
	var failed *collect.Error
	switch {
	case errors.As(err, &failed) && failed.Outcome == evidence.OutcomeDenied:
		return evidence.Identity{ID: "not told by the provider", Kind: "token"}, nil // the token lacks the e-mail scope
	case err != nil:
		return evidence.Identity{}, err
	case strings.HasSuffix(user.Email, ".gserviceaccount.com"):
		return evidence.Identity{ID: user.Email, Kind: "service-account"}, nil
	case user.Email != "":
		return evidence.Identity{ID: user.Email, Kind: "user"}, nil
	}
	return evidence.Identity{ID: user.Sub, Kind: "token"}, nil
}

// Accounts implements collect.Source: the projects.
func (s *source) Accounts(context.Context, *collect.Task) ([]collect.Account, error) {
	var accounts []collect.Account
	for _, id := range s.config.Projects {
		accounts = append(accounts, collect.Account{
			Scope: evidence.Scope{Provider: "gcp", Account: id},
			Plan:  func(ctx context.Context, t *collect.Task) ([]collect.ScopePlan, error) { return s.plan(ctx, t, id) },
		})
	}
	return accounts, nil
}

// plan makes one scope of a project. One that cannot be described may still be collected.
func (s *source) plan(ctx context.Context, t *collect.Task, id string) ([]collect.ScopePlan, error) {
	var project struct {
		Name        string `json:"name"` // projects/NUMBER
		ProjectID   string `json:"projectId"`
		DisplayName string `json:"displayName"`
		State       string `json:"state"`
	}
	plan := collect.ScopePlan{
		Scope:    evidence.Scope{Provider: "gcp", Account: id},
		Outcome:  evidence.OutcomeOK,
		Endpoint: s.client.host(),
	}
	err := t.Call(ctx, "cloudresourcemanager.projects.get", func(ctx context.Context) error {
		return s.client.get(ctx, "cloudresourcemanager", "/v3/projects/"+id, nil, &project)
	})
	var failed *collect.Error
	switch {
	case errors.As(err, &failed):
		plan.Reason = "project cannot be described: " + string(failed.Outcome)
		if failed.Permission != "" {
			plan.Reason += ", needs " + failed.Permission
		}
		if o := failed.Outcome; o == evidence.OutcomeExpired || o == evidence.OutcomeUnreachable {
			plan.Outcome = o
		}
	case err != nil:
		return nil, err
	default:
		plan.Scope.Name = project.DisplayName
		plan.Scope.Facts = map[string]any{
			"number": strings.TrimPrefix(project.Name, "projects/"), "state": project.State,
		}
	}
	plan.Session = &session{client: s.client, project: id, aliases: []string{project.Name, "projects/" + project.ProjectID}}
	return []collect.ScopePlan{plan}, nil
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
