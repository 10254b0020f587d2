package github

import (
	"context"
	"net/url"

	"github.com/google/go-github/v88/github"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// collaborator is a person who was let into a repository by name. Members that reach it through a team or as owners of the
// organisation are not among them: see github.team and github.organization.
type collaborator struct {
	person
	RoleName    string                       `json:"role_name"`
	Permissions github.RepositoryPermissions `json:"permissions"`
}

// deployKey is an SSH key that opens one repository to whoever holds its other half.
type deployKey struct {
	github.Key
	Enabled bool `json:"enabled"`
}

// access adds who and what was let into the repository directly.
func (s *session) access(ctx context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, r repo) error {
	if err := add(t, subject, doc, "Collaborators", func() (any, error) {
		list, err := s.allOf(ctx, t, "repos.listCollaborators", r.path()+"/collaborators", "",
			url.Values{"affiliation": {"direct"}})
		for i := range list {
			list[i] = pick(list[i], "id", "login", "type", "site_admin", "role_name", "permissions")
		}
		return list, err
	}); err != nil {
		return err
	}
	return add(t, subject, doc, "DeployKeys", func() (any, error) {
		return s.all(ctx, t, "repos.listKeys", r.path()+"/keys")
	})
}

// pick returns the keys of an object that are named, as far as it has them.
func pick(m map[string]any, keys ...string) map[string]any {
	out := map[string]any{}
	for _, key := range keys {
		if v, ok := m[key]; ok {
			out[key] = v
		}
	}
	return out
}
