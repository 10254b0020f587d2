package owner

import (
	"fmt"
	"net/url"
	"strings"

	"exhibit/internal/assess"
	"exhibit/internal/evidence"
)

// Subject is what an owner is sought for.
type Subject struct {
	Type string
	// ID is empty for a population as a whole. Then only rules about accounts, scopes and types apply.
	ID    string
	Scope evidence.Scope
	// Object is the subject's canonical encoding; nil when it is not known.
	Object []byte
}

// Answer says who owns something, and why.
type Answer struct {
	// Owner is a name under people; empty when nobody owns it.
	Owner string `json:"owner"`
	// By is "rule", "control", "default", or empty when nobody owns it; Rule counts from 1.
	By   string `json:"by,omitempty"`
	Rule int    `json:"rule,omitempty"`
}

// What an Answer is By.
const (
	ByRule    = "rule"
	ByControl = "control"
	ByDefault = "default"
)

// Step is what came of one rule.
type Step struct {
	Rule int    `json:"rule"` // from 1
	Line int    `json:"line"`
	What string `json:"what"`
	// Result is "owner NAME", "does not match", or why it gives nobody.
	Result string `json:"result"`
}

// Finder tells owners over one view. It is used by one goroutine.
type Finder struct {
	*Resolver
	other func(scope, typ, id string) ([]byte, error)
	files map[string]codeownersFile
}

// maxFiles bounds the CODEOWNERS that are kept.
const maxFiles = 256

// codeownersFile is what is known of one repository's file.
type codeownersFile struct {
	*Codeowners        // nil: there is none
	unread      string // why it is not known
}

// Over returns a Finder. other returns the canonical encoding of another subject by scope, type and id; nil when
// there is none.
func (r *Resolver) Over(other func(scope, typ, id string) ([]byte, error)) *Finder {
	return &Finder{Resolver: r, other: other, files: map[string]codeownersFile{}}
}

// Of tells who owns a subject. role is the owner of the control that looks at it, who owns what no rule gives away;
// it may be empty.
func (f *Finder) Of(s Subject, role string) (Answer, error) { return f.of(s, role, nil) }

// Explain is Of with what came of each rule that was asked.
func (f *Finder) Explain(s Subject, role string) (a Answer, steps []Step, err error) {
	a, err = f.of(s, role, func(i int, o outcome) {
		steps = append(steps, Step{i + 1, f.rules[i].Line, f.rules[i].String(), o.String()})
	})
	return a, steps, err
}

func (f *Finder) of(s Subject, role string, note func(int, outcome)) (Answer, error) {
	t, err := f.target(s)
	if err != nil {
		return Answer{}, err
	}
	for i := range f.rules {
		o, err := f.ask(i, t)
		if err != nil {
			return Answer{}, err
		}
		if note != nil {
			note(i, o)
		}
		if o.owner != "" {
			return Answer{o.owner, ByRule, i + 1}, nil
		}
	}
	return f.Fallback(role), nil
}

// Fallback is who owns what no rule gives away.
func (f *Finder) Fallback(role string) Answer {
	if name := f.Known(role); name != "" {
		return Answer{Owner: name, By: ByControl}
	}
	if name := f.Known(f.config.Default); name != "" {
		return Answer{Owner: name, By: ByDefault}
	}
	return Answer{}
}

// target is a subject with what rules ask of it.
type target struct {
	Subject
	*assess.Target // nil for a population as a whole
	repository     string
	path           string
}

func (f *Finder) target(s Subject) (*target, error) {
	t := &target{Subject: s}
	if s.ID == "" || s.Object == nil || len(f.rules)+len(f.services) == 0 {
		return t, nil
	}
	var err error
	if t.Target, err = assess.NewTarget(s.Type, s.Scope, s.Object); err != nil {
		return nil, fmt.Errorf("owner of %s: %w", s.ID, err)
	}
	if t.repository = repositoryOf(s.Type, t.Target); t.repository != "" {
		t.path = t.Field("path")
	}
	return t, nil
}

// repositoryOf returns the full name of the repository that a subject is or belongs to, "" for none.
func repositoryOf(typ string, t *assess.Target) string {
	switch typ {
	case "github.repository":
		return t.Field("full_name")
	case "gitlab.project":
		return t.Field("path_with_namespace")
	}
	for _, name := range []string{t.Field("Repository", "full_name"), t.Field("Project", "path_with_namespace")} {
		if name != "" {
			return name
		}
	}
	if u, err := url.Parse(t.Field("Repository", "webUrl")); err == nil { // of Azure DevOps
		return strings.Trim(u.Path, "/")
	}
	return ""
}

// outcome is what came of one rule.
type outcome struct {
	matches bool
	owner   string   // a name under people
	unknown []string // words that it gave and that are no names
	unread  string   // why it could not be told
}

// String is for people.
func (o outcome) String() string {
	switch {
	case o.owner != "":
		return "owner " + o.owner
	case o.unread != "":
		return "cannot be told: " + o.unread
	case !o.matches:
		return "does not match"
	case len(o.unknown) > 0:
		return "names " + strings.Join(o.unknown, ", ") + ", not under people"
	}
	return "names nobody"
}

// ask asks rule i about a subject.
func (f *Finder) ask(i int, t *target) (o outcome, err error) {
	r := &f.rules[i]
	if o.matches, o.unread, err = r.meets(t); err != nil || !o.matches {
		return o, err
	}
	var words []string
	switch {
	case r.Codeowners:
		var file codeownersFile
		if file, err = f.codeowners(t); err != nil {
			return o, err
		}
		if o.unread = file.unread; file.Codeowners != nil {
			words = file.Of(t.path)
		}
		o.matches = len(words) > 0
	case len(r.either) > 0:
		words, o.unread = f.servicesOf(r, t)
		if o.matches = len(words) > 0; o.matches && r.Owner != "" {
			words = nil
		}
	}
	if o.matches && r.Owner != "" {
		word, unread, err := r.owner.value(t.Target)
		if err != nil {
			return o, err
		}
		o.unread = unread
		words = append(words, one(word)...)
	}
	for _, word := range words {
		if name := f.Known(word); name != "" {
			o.owner, o.unknown = name, nil
			return o, nil
		}
		o.unknown = append(o.unknown, word)
	}
	return o, nil
}

// meets reports whether all conditions of a rule but those about services and CODEOWNERS are met.
func (r *rule) meets(t *target) (met bool, unread string, err error) {
	of := func(provider string) string {
		if t.Scope.Provider != provider {
			return ""
		}
		return t.Scope.Account
	}
	if !r.Account.any(t.Scope.Account) || !r.Project.any(of("gcp")) || !r.Subscription.any(of("azure")) ||
		!r.Scope.any(t.Scope.ID()) || !r.Type.any(t.Type) || !r.Repository.any(t.repository) || !r.Path.any(t.path) {
		return false, "", nil
	}
	if t.Target == nil {
		return len(r.Tag) == 0 && r.match == nil, "", nil
	}
	if len(r.Tag) > 0 {
		if met, unread := tagged(t.Target, r.Tag); !met {
			return false, unread, nil
		}
	}
	if r.match == nil {
		return true, "", nil
	}
	return r.match.Holds(t.Target)
}

// tagged reports whether a subject has one of the tags: "team=payments", or "team" with any value but none.
func tagged(t *assess.Target, tags List) (met bool, unread string) {
	for _, tag := range tags {
		key, want, exact := strings.Cut(tag, "=")
		value, ok, why := t.Tag(key)
		switch {
		case why != "":
			unread = why
		case ok && exact && evidence.Like(want, value), ok && !exact && value != "":
			return true, ""
		}
	}
	return false, unread
}
