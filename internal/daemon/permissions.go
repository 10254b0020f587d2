package daemon

import (
	"fmt"
	"slices"
	"strings"

	"exhibit/collectors"
	"exhibit/internal/collect"
)

// Permissions is what collecting from a provider needs.
type Permission struct {
	Provider string `json:"provider"`
	// Policy is the provider's own form: an IAM policy, a custom role, a token's permissions.
	Policy string `json:"policy"`
	// Operations are all calls that are ever made, with the permissions and the subject types that need them.
	Operations []PermittedOperation `json:"operations"`
}

// PermittedOperation is one operation that collectors declare.
type PermittedOperation struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	Types       []string `json:"types"` // subject types that are lost without it; empty: the whole source is
}

// permitter is a provider that has permissions to ask for.
type permitter interface {
	collect.Provider
	Permissions() string
}

// PermissionProviders lists the providers that Permissions knows.
func PermissionProviders() []string {
	var out []string
	for _, p := range collectors.All() {
		if _, ok := p.(permitter); ok {
			out = append(out, p.Name())
		}
	}
	return out
}

// Permissions returns what collecting from a provider needs, generated from what its collectors declare.
func Permissions(name string) (Permission, error) {
	for _, p := range collectors.All() {
		with, ok := p.(permitter)
		if !ok || p.Name() != name {
			continue
		}
		return Permission{Provider: name, Policy: with.Permissions(), Operations: operations(p)}, nil
	}
	return Permission{}, fmt.Errorf("permissions %s: expected one of %s", name, strings.Join(PermissionProviders(), ", "))
}

func operations(p collect.Provider) []PermittedOperation {
	byName := map[string]*PermittedOperation{}
	add := func(o collect.Operation, subjectType string) {
		have := byName[o.Name]
		if have == nil {
			have = &PermittedOperation{Name: o.Name, Permissions: []string{}, Types: []string{}}
			have.Permissions = append(have.Permissions, o.Permissions...)
			byName[o.Name] = have
		}
		if subjectType != "" && !slices.Contains(have.Types, subjectType) {
			have.Types = append(have.Types, subjectType)
		}
	}
	for _, c := range p.Collectors() {
		for _, o := range c.Operations {
			add(o, c.Type())
		}
	}
	for _, o := range p.Operations() {
		add(o, "")
	}
	out := []PermittedOperation{}
	for _, o := range byName {
		slices.Sort(o.Types)
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b PermittedOperation) int { return strings.Compare(a.Name, b.Name) })
	return out
}
