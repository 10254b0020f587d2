package github

import (
	"context"
	"sync"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// codeowners is the file that names who owns which part of the code, and what is wrong in it.
type codeowners struct {
	Errors []struct {
		Kind   string `json:"kind"`
		Path   string `json:"path"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	} `json:"errors"`
}

// policiesQuery asks what repositories say of themselves in files that GitHub reads.
func policiesQuery() query {
	return query{"graphql.repositoryPolicies", `query repositoryPolicies($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Repository {
      id
      Codeowners: codeowners { errors { kind path line column } }
      SecurityPolicy: isSecurityPolicyEnabled
    }
  }
  ` + rateLimit + `
}`, []string{"Contents: read"}}
}

// policies are the answers by repository, or why they are missing.
type policies struct {
	mu     sync.Mutex
	of     map[string]map[string]any
	faults map[string][]fault
	err    error
}

// policies asks for them all, many repositories at a time.
func (s *session) policies(ctx context.Context, t *collect.Task, repos []repo) (*policies, error) {
	p := &policies{of: map[string]map[string]any{}, faults: map[string][]fault{}}
	p.err = s.eachAnswer(ctx, t, policiesQuery(), repos, 0,
		func(_ context.Context, r repo, answer map[string]any, faults []fault) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.of[r.FullName], p.faults[r.FullName] = answer, faults
			return nil
		})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return p, nil
}

// add adds the repository's answers. A file that is not there is left out.
func (p *policies) add(_ context.Context, t *collect.Task, subject *evidence.Subject, doc map[string]any, r repo) error {
	answer, ok := p.of[r.FullName]
	for _, key := range []string{"Codeowners", "SecurityPolicy"} {
		switch {
		case !ok:
			if err := t.Miss(subject, key, p.err); err != nil {
				return err
			}
		case answer[key] != nil:
			doc[key] = answer[key]
		}
	}
	lose(subject, doc, policiesQuery(), p.faults[r.FullName])
	return nil
}
