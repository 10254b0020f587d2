package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/strictyaml"
)

// Environment says in which accounts deployments change things. Its texts are patterns, in which * stands for anything but
// a slash.
type Environment struct {
	// Deployments is the place that they come from: the system, a colon, and the repository without its server or the name of
	// the pipeline.
	Deployments string
	// Environment is the name of what they go to; empty for every one.
	Environment string
	// Accounts are provider:account, as scopes begin.
	Accounts []string
}

// Environments are tried in order: the first that a deployment fits says where it changes things.
type Environments []Environment

// Accounts returns the accounts of a deployment that is known by some places; nil when nothing is said of it.
func (all Environments) Accounts(places []string, environment string) []string {
	for _, e := range all {
		if (e.Environment == "" || matches(e.Environment, environment)) &&
			slices.ContainsFunc(places, func(p string) bool { return matches(e.Deployments, p) }) {
			return e.Accounts
		}
	}
	return nil
}

// parseEnvironments reads the section; a zero node is none. Accounts that no source collects are no mistake: nothing is
// known of them.
func parseEnvironments(file string, n *yaml.Node) (Environments, error) {
	if n.IsZero() {
		return nil, nil
	}
	var list []yaml.Node
	if err := strictyaml.DecodeNode(file, n, &list); err != nil {
		return nil, err
	}
	var out Environments
	var errs strictyaml.Errors
	for i := range list {
		e, bad := parseEnvironment(file, &list[i])
		errs = append(errs, bad...)
		out = append(out, e)
	}
	return out, errs.Or()
}

func parseEnvironment(file string, n *yaml.Node) (e Environment, errs strictyaml.Errors) {
	var raw struct {
		Deployments yaml.Node   `yaml:"deployments"`
		Environment yaml.Node   `yaml:"environment"`
		Accounts    []yaml.Node `yaml:"accounts"`
	}
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return e, append(errs, strictyaml.At(file, n, "environments: %v", err))
	}
	wrong := func(at *yaml.Node, format string, args ...any) {
		if at.IsZero() {
			at = n
		}
		errs = append(errs, strictyaml.At(file, at, "environments: "+format, args...))
	}
	e = Environment{Deployments: raw.Deployments.Value, Environment: raw.Environment.Value}
	if system, place, ok := strings.Cut(e.Deployments, ":"); !ok || system == "" || place == "" || !isPattern(e.Deployments) {
		wrong(&raw.Deployments, "deployments %q: expected a pattern such as github:acme/shop", e.Deployments)
	}
	if !raw.Environment.IsZero() && !isPattern(e.Environment) {
		wrong(&raw.Environment, "environment %q: expected a name or pattern such as production", e.Environment)
	}
	if len(raw.Accounts) == 0 {
		wrong(n, "%s: expected accounts that it changes things in", e.Deployments)
	}
	for i := range raw.Accounts {
		account := raw.Accounts[i].Value
		provider, id, ok := strings.Cut(account, ":")
		switch {
		case !ok || provider == "" || id == "" || strings.ContainsAny(account, "* "):
			wrong(&raw.Accounts[i], "accounts: %q: expected provider:account such as aws:111122223333", account)
		case slices.Contains(e.Accounts, account):
			wrong(&raw.Accounts[i], "accounts: %q is named twice", account)
		}
		e.Accounts = append(e.Accounts, account)
	}
	return e, errs
}
