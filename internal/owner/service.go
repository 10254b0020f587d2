package owner

import (
	"slices"

	"exhibit/internal/evidence"
)

// servicesOf returns the owners of a rule's services that a subject belongs to.
func (f *Finder) servicesOf(r *rule, t *target) (owners []string, unread string) {
	for _, name := range r.either {
		in, why := f.config.Services[name].holds(t)
		if in {
			owners = append(owners, f.config.Services[name].Owner)
		}
		unread = why
	}
	if len(owners) > 0 {
		unread = ""
	}
	return owners, unread
}

// holds reports whether a subject is part of a service.
func (s Service) holds(t *target) (in bool, unread string) {
	if len(s.Accounts) > 0 && s.Accounts.any(t.Scope.Account) {
		return true, ""
	}
	if len(s.Repositories) > 0 && s.Repositories.any(t.repository) {
		return true, ""
	}
	if len(s.Tags) == 0 || t.Target == nil {
		return false, ""
	}
	for key, want := range s.Tags {
		value, ok, why := t.Tag(key)
		if why != "" {
			return false, why
		}
		if !ok || !evidence.Like(want, value) {
			return false, ""
		}
	}
	return true, ""
}

// Services returns the names of the services that a subject is part of, in order.
func (f *Finder) Services(s Subject) ([]string, error) {
	t, err := f.target(s)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(f.services), func(name string) bool {
		in, _ := f.config.Services[name].holds(t)
		return !in
	}), nil
}
