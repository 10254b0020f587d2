// Package azure collects from Azure Resource Manager. Documents are the JSON that the API sent; the types of the arm
// modules give the schemas only.
//
// Ids are written in lower case: Azure compares them without case and does not always write them the same way.
//
// It never writes, it never registers a resource provider, and it never judges what it sees.
package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Config is the azure section of a source.
type Config struct {
	// Tenant is the directory's id. Required.
	Tenant string `yaml:"tenant"`
	// Subscriptions are the ids of the subscriptions to collect, or the one word all: those that the caller may see.
	Subscriptions []string `yaml:"subscriptions"`
	// Cloud is public, china or government; public when not given.
	Cloud string `yaml:"cloud"`
	// Endpoint answers in place of the cloud's own Resource Manager.
	Endpoint string `yaml:"endpoint"`
	// TokenEnv names an environment variable that holds a bearer token, for where the default chain of credentials does
	// not reach. The token is not renewed.
	TokenEnv string `yaml:"token_env"`
}

// all stands for every subscription that the caller may see.
const all = "all"

// Provider is Azure.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "azure" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{roleAssignment(), storageAccount(), networkSecurityGroup(), activityLogAlert()}
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{
		{
			Name: "subscriptions.list", Method: "GET", Path: "/subscriptions",
			Permissions: []string{"Microsoft.Resources/subscriptions/read"},
		},
		{
			Name: "subscriptions.get", Method: "GET", Path: "/subscriptions/{subscription}",
			Permissions: []string{"Microsoft.Resources/subscriptions/read"},
		},
	}
}

// Rates implements collect.Paced: reads refill by 25 a second up to 250 for a subscription and caller.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{"": {PerSecond: 8, Burst: 60}}
}

// readConfig reads the section.
func readConfig(decode func(any) error) (Config, error) {
	var c Config
	if err := decode(&c); err != nil {
		return c, err
	}
	if c.Tenant == "" {
		return c, errors.New("azure: tenant is required")
	}
	if len(c.Subscriptions) == 0 {
		return c, errors.New("azure: subscriptions is required: list ids, or the one word all")
	}
	for i, id := range c.Subscriptions {
		switch {
		case id == "" || strings.ContainsAny(id, "/?#% "):
			return c, fmt.Errorf("azure: subscriptions: %q is no id", id)
		case id == all && len(c.Subscriptions) > 1:
			return c, errors.New("azure: subscriptions: all stands alone")
		case slices.ContainsFunc(c.Subscriptions[:i], func(other string) bool { return strings.EqualFold(other, id) }):
			return c, fmt.Errorf("azure: subscriptions: %s is listed twice", id)
		}
	}
	return c, nil
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
	client, err := connect(c, env)
	if err != nil {
		return nil, err
	}
	return &source{config: c, client: client}, nil
}

// source is the subscriptions that one credential reaches.
type source struct {
	config Config
	client *client
}

// Caller implements collect.Source: it reads whom the directory issued the token to.
func (s *source) Caller(ctx context.Context, _ *collect.Task) (evidence.Identity, error) {
	token, err := s.client.token(ctx)
	if err != nil {
		return evidence.Identity{}, err
	}
	who := claims(token)
	if who.ID == "" {
		who = evidence.Identity{ID: "not told by the token", Kind: "token"}
	}
	if who.Account == "" {
		who.Account = s.config.Tenant
	}
	return who, nil
}

// subscription is what Resource Manager says of one.
type subscription struct {
	ID    string            `json:"subscriptionId"`
	Name  string            `json:"displayName"`
	State string            `json:"state"`
	Tags  map[string]string `json:"tags"`
}

// Accounts implements collect.Source: the subscriptions.
func (s *source) Accounts(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	if s.config.Subscriptions[0] == all {
		return s.all(ctx, t)
	}
	var accounts []collect.Account
	for _, id := range s.config.Subscriptions {
		accounts = append(accounts, collect.Account{
			Scope: s.plan(subscription{ID: id}).Scope,
			Plan:  func(ctx context.Context, t *collect.Task) ([]collect.ScopePlan, error) { return s.describe(ctx, t, id) },
		})
	}
	return accounts, nil
}

// all lists the subscriptions that the caller may see.
func (s *source) all(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	var accounts []collect.Account
	l := list{op: "subscriptions.list", path: "/subscriptions", version: subscriptionsVersion}
	err := s.client.pages(ctx, t, l, func(items []json.RawMessage) error {
		for _, raw := range items {
			var sub subscription
			if err := json.Unmarshal(raw, &sub); err != nil {
				return fmt.Errorf("read a subscription: %w", err)
			}
			if sub.ID == "" {
				return errors.New("read a subscription: it has no id")
			}
			accounts = append(accounts, collect.Ready(s.plan(sub)))
		}
		return nil
	})
	if err == nil && len(accounts) == 0 {
		err = errors.New("the caller may see no subscription: give it a role on those to collect")
	}
	return accounts, err
}

// describe makes one scope of a subscription. One that cannot be described may still be collected.
func (s *source) describe(ctx context.Context, t *collect.Task, id string) ([]collect.ScopePlan, error) {
	sub := subscription{ID: id}
	err := t.Call(ctx, "subscriptions.get", func(ctx context.Context) error {
		return s.client.get(ctx, s.client.url("/subscriptions/"+id, subscriptionsVersion), &sub)
	})
	sub.ID = id // as configured: series go on when the case of an answer changes
	plan := s.plan(sub)
	var failed *collect.Error
	switch {
	case errors.As(err, &failed):
		plan.Reason = "subscription cannot be described: " + string(failed.Outcome)
		if failed.Permission != "" {
			plan.Reason += ", needs " + failed.Permission
		}
		if o := failed.Outcome; o == evidence.OutcomeExpired || o == evidence.OutcomeUnreachable {
			plan.Outcome = o
		}
	case err != nil:
		return nil, err
	}
	return []collect.ScopePlan{plan}, nil
}

func (s *source) plan(sub subscription) collect.ScopePlan {
	plan := collect.ScopePlan{
		Scope:    evidence.Scope{Provider: "azure", Account: strings.ToLower(sub.ID), Name: sub.Name},
		Outcome:  evidence.OutcomeOK,
		Session:  &session{client: s.client, subscription: sub.ID},
		Endpoint: s.client.base.Host,
	}
	if sub.State != "" {
		plan.Scope.Facts = map[string]any{"state": sub.State}
	}
	return plan
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
