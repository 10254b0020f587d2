package daemon

import (
	"fmt"
	"slices"
	"strings"

	"exhibit/collectors"
	"exhibit/internal/catalog"
	"exhibit/internal/collect"
)

// Permissions is what collecting from a provider needs.
type Permission struct {
	Provider string `json:"provider"`
	Format   string `json:"format"`
	// Policy is the provider's own form: an IAM policy, a custom role, a token's permissions, or what makes them.
	Policy string `json:"policy"`
	// Parts are the documents of Policy where it has several, because the provider bounds each.
	Parts []string `json:"parts,omitempty"`
	// Operations are all calls that are ever made, with the permissions and the subject types that need them.
	Operations []PermittedOperation `json:"operations"`
	// Needs are all permissions with what is lost without each.
	Needs []Need `json:"needs"`
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

// formatter is a provider whose permissions can be had in several forms, the plain one first.
type formatter interface {
	PermissionFormats() []string
	PermissionsAs(format string) (string, error)
}

// plainFormat is the form that every provider has.
const plainFormat = "policy"

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

// PermissionFormats lists the forms of every provider's permissions.
func PermissionFormats() []string {
	out := []string{plainFormat}
	for _, p := range collectors.All() {
		if f, ok := p.(formatter); ok {
			out = append(out, f.PermissionFormats()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Permissions returns what collecting from a provider needs, generated from what its collectors declare, and what of the
// catalog's checks is lost without it.
func Permissions(cat *catalog.Catalog, name, format string) (Permission, error) {
	for _, p := range collectors.All() {
		with, ok := p.(permitter)
		if !ok || p.Name() != name {
			continue
		}
		out := Permission{Provider: name, Format: format, Policy: with.Permissions(), Operations: operations(p)}
		var err error
		if out.Needs, err = needs(cat, p); err != nil {
			return Permission{}, err
		}
		if format == plainFormat {
			if many, ok := p.(interface{ Policies() []string }); ok {
				out.Parts = many.Policies()
			}
			return out, nil
		}
		f, ok := p.(formatter)
		if !ok {
			return Permission{}, fmt.Errorf("permissions %s: its only format is %s", name, plainFormat)
		}
		if out.Policy, err = f.PermissionsAs(format); err != nil {
			return Permission{}, fmt.Errorf("permissions %s: %w", name, err)
		}
		return out, nil
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
