// Package owner tells who owns a subject: rules of the configuration, first match wins, then who owns the control
// that looks at it, then the default.
//
// Rules see committed subjects only. A name that is no person of the configuration owns nothing: the next rule is
// asked, and what was passed over is told. Nothing here is guessed, and what nobody owns is said to be unowned.
//
// It never reads a clock, a file or the network. What it must know of other subjects, such as the CODEOWNERS of a
// repository, it asks its caller for.
package owner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/assess"
)

// Person is who can own something: a team or a human being, with where to reach them. All addresses may be empty.
type Person struct {
	Email  string `yaml:"email" json:"email,omitempty"`
	Slack  string `yaml:"slack" json:"slack,omitempty"`   // a channel, "#payments"
	GitHub string `yaml:"github" json:"github,omitempty"` // "@shop/payments"
	Jira   string `yaml:"jira" json:"jira,omitempty"`     // a project's key
	// Aliases are further names by which tags and CODEOWNERS call them.
	Aliases []string `yaml:"aliases" json:"aliases,omitempty"`
}

// Reachable reports whether there is any address.
func (p Person) Reachable() bool { return p.Email+p.Slack+p.GitHub+p.Jira != "" }

// Service is something that the company runs. What is in one of the accounts, belongs to one of the repositories or
// carries all the tags is part of it.
type Service struct {
	Owner        string            `json:"owner"`
	Accounts     List              `json:"accounts,omitempty"`
	Repositories List              `json:"repositories,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
	// Criticality is "low", "medium", "high", "critical", or "" when nobody said.
	Criticality string `json:"criticality,omitempty"`
}

// Rule gives what meets all its conditions to an owner. A condition with several values is met by one of them. Text
// is matched with * for any letters and ? for one.
type Rule struct {
	// Match is a CEL condition over the subject.
	Match string
	// Account is a scope's account of any provider; Project one of Google Cloud, Subscription one of Azure.
	Account      List
	Project      List
	Subscription List
	// Scope is a scope's id, "aws:111122223333:eu-*".
	Scope List
	Type  List
	// Repository is the full name of the repository that the subject belongs to; Path that of a file in it.
	Repository List
	Path       List
	// Tag is a tag or label, "team=payments", or "team" for one with any value but none.
	Tag List
	// Service is the name of a service, or a pattern of names; without an Owner the service's own is meant.
	Service string
	// Codeowners asks the CODEOWNERS of the subject's repository. The rule has no Owner then.
	Codeowners bool
	// Owner is a name, or a text with expressions in braces: "{subject.tags.team}".
	Owner string

	// Line is where the rule stands in its file.
	Line int
}

// List is one text, or several.
type List []string

// Config is what the configuration says about owners.
type Config struct {
	Rules    []Rule
	People   map[string]Person
	Services map[string]Service
	// Default owns what nothing else does; empty for nobody.
	Default string
}

// Error is a mistake in a part of the configuration.
type Error struct {
	// Section is "owners", "services" or "owners_default"; Rule counts from 0 in owners, Name is that of a service.
	Section string
	Rule    int
	Name    string
	Field   string // the key that is wrong; empty for the whole rule or service
	// Line and Column count from 1 within the field's text.
	Line, Column int
	Msg          string
}

// Errors are all mistakes that New found, in the order of the configuration.
type Errors []Error

// Error returns one line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = fmt.Sprintf("%s: %s: %s", one.Section, one.Field, one.Msg)
	}
	return strings.Join(lines, "\n")
}

// Resolver is compiled rules. It may be used concurrently.
type Resolver struct {
	config   Config
	rules    []rule
	names    map[string]string // every spelling, in lower case, to the name under people
	services []string          // in order of name
}

// rule is a compiled rule.
type rule struct {
	Rule
	match  *assess.Match
	owner  template
	either []string // the names of the services that it is about
}

// New compiles rules. The error is Errors.
func New(c Config) (*Resolver, error) {
	r := &Resolver{config: c, names: map[string]string{}, services: slices.Sorted(maps.Keys(c.Services))}
	errs := r.spellings()
	for _, name := range r.services {
		s := c.Services[name]
		bad := func(field, format string, args ...any) {
			errs = append(errs, Error{"services", 0, name, field, 1, 1, fmt.Sprintf(format, args...)})
		}
		if msg := r.refuse(s.Owner); msg != "" {
			bad("owner", "%s", msg)
		}
		if len(s.Accounts)+len(s.Repositories)+len(s.Tags) == 0 {
			bad("", "service %q: expected accounts, repositories or tags, by which to know what belongs to it", name)
		}
		if !slices.Contains([]string{"", "low", "medium", "high", "critical"}, s.Criticality) {
			bad("criticality", "%q: expected low, medium, high or critical", s.Criticality)
		}
	}
	if c.Default != "" {
		if msg := r.refuse(c.Default); msg != "" {
			errs = append(errs, Error{Section: "owners_default", Line: 1, Column: 1, Msg: msg})
		}
	}
	if len(c.Rules) > 0 {
		m, err := assess.NewMatcher()
		if err != nil {
			return nil, err
		}
		for i, one := range c.Rules {
			compiled, bad := r.compile(m, i, one)
			r.rules, errs = append(r.rules, compiled), append(errs, bad...)
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return r, nil
}

// spellings notes by which words people are called. A word calls one of them.
func (r *Resolver) spellings() (errs Errors) {
	for _, name := range slices.Sorted(maps.Keys(r.config.People)) {
		r.names[strings.ToLower(name)] = name
	}
	for _, name := range slices.Sorted(maps.Keys(r.config.People)) {
		p := r.config.People[name]
		for _, word := range append([]string{p.GitHub, p.Email}, p.Aliases...) {
			key := strings.ToLower(word)
			switch other := r.names[key]; {
			case word == "" || other == name:
			case other != "":
				errs = append(errs, Error{Section: "people", Name: name, Line: 1, Column: 1,
					Msg: fmt.Sprintf("%q means %s already", word, other)})
			default:
				r.names[key] = name
			}
		}
	}
	return errs
}

// Known returns the name under people that a word means, "" when it means none.
func (r *Resolver) Known(word string) string {
	return r.names[strings.ToLower(strings.TrimSpace(word))]
}

// refuse says why a word that is written in the configuration is no owner; "" when it is one.
func (r *Resolver) refuse(word string) string {
	switch {
	case word == "":
		return "the owner is missing"
	case r.Known(word) == "":
		return fmt.Sprintf("%q is not under people:", word)
	}
	return ""
}

// HasRules reports whether there are any rules.
func (r *Resolver) HasRules() bool { return len(r.rules) > 0 }

// Configured reports whether the configuration names anybody at all.
func (r *Resolver) Configured() bool { return len(r.config.People) > 0 }
