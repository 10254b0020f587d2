package github

import (
	"context"
	"slices"
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

// codeownersFile is its text, with where in the repository it stands.
type codeownersFile struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// codeownersFileKey is where it stands in the document.
const codeownersFileKey = "CodeownersFile"

// codeownersPlaces are where GitHub looks for the file, by the names of the answers: the first one counts.
func codeownersPlaces() [][2]string {
	return [][2]string{
		{"OwnersInGithub", ".github/CODEOWNERS"}, {"OwnersAtTop", "CODEOWNERS"}, {"OwnersInDocs", "docs/CODEOWNERS"},
	}
}

// policiesQuery asks what repositories say of themselves in files that GitHub reads.
func policiesQuery() query {
	blobs := ""
	for _, place := range codeownersPlaces() {
		blobs += "\n      " + place[0] +
			`: object(expression: "HEAD:` + place[1] + `") { ... on Blob { isTruncated text } }`
	}
	return query{"graphql.repositoryPolicies", `query repositoryPolicies($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Repository {
      id
      Codeowners: codeowners { errors { kind path line column } }
      SecurityPolicy: isSecurityPolicyEnabled` + blobs + `
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
	if !ok {
		return t.Miss(subject, codeownersFileKey, p.err)
	}
	faults := p.faults[r.FullName]
	if doc["Codeowners"] != nil {
		addCodeowners(subject, doc, answer)
	}
	for _, place := range codeownersPlaces() {
		if of := under(faults, place[0]); len(of) > 0 {
			miss(subject, doc, codeownersFileKey, of[0].missing(policiesQuery()))
		}
	}
	lose(subject, doc, policiesQuery(), slices.DeleteFunc(slices.Clone(faults), func(f fault) bool {
		return slices.ContainsFunc(codeownersPlaces(), func(place [2]string) bool { return f.Path[0] == place[0] })
	}))
	return nil
}

// addCodeowners adds the text of the file that counts. One that GitHub does not show whole is missing.
func addCodeowners(subject *evidence.Subject, doc, answer map[string]any) {
	for _, place := range codeownersPlaces() {
		blob, _ := answer[place[0]].(map[string]any)
		if len(blob) == 0 {
			continue // nothing, or a folder
		}
		if text, whole := blob["text"].(string); whole && blob["isTruncated"] != true {
			doc[codeownersFileKey] = codeownersFile{place[1], text}
		} else {
			miss(subject, doc, codeownersFileKey, cutShort(policiesQuery()))
		}
		return
	}
}
