package assess

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// codeEstate is an organisation with an owner, a member, somebody from outside, two apps and a key.
func codeEstate(t *testing.T, change func(org, repo, team *evidence.Subject)) *memView {
	org := evidence.Subject{ID: "acme", Doc: json.RawMessage(`{"default_repository_permission":"read",
		"Members":[{"login":"ann","role":"admin"},{"login":"ben","role":"member"}],"MembersWithoutTwoFactor":[{"login":"ben"}],
		"OutsideCollaborators":[{"login":"eve"}],"OutsideCollaboratorsWithoutTwoFactor":[],
		"Installations":[{"app_slug":"ci","repository_selection":"all","permissions":{"metadata":"read","checks":"write"}},
			{"app_slug":"boss","repository_selection":"selected","suspended_at":"2026-01-01T00:00:00Z","permissions":{"administration":"write"}}]}`)}
	repo := evidence.Subject{ID: "acme/shop", Doc: json.RawMessage(`{"Collaborators":[{"login":"eve","role_name":"write"}],
		"DeployKeys":[{"id":7,"title":"mirror","read_only":true,"added_by":"ann","last_used":"2026-02-27T00:00:00Z"}]}`)}
	team := evidence.Subject{ID: "acme/teams/web", Doc: json.RawMessage(`{"slug":"web","Members":[{"login":"ben"}],
		"Repositories":[{"full_name":"acme/shop","role_name":"maintain"}]}`)}
	if change != nil {
		change(&org, &repo, &team)
	}
	v := iamEstate(t, nil)
	v.add(t, "github.organization", "acme", "", nil, org)
	v.add(t, "github.repository", "acme", "", nil, repo)
	v.add(t, "github.team", "acme", "", nil, team)
	return v
}

// codeRows are the rows of a review that are of GitHub, and what of it is missing there.
func codeRows(r evidence.AccessReview) (rows, missing []string) {
	for _, a := range r.Rows {
		if a.Scope == "github:acme" {
			rows = append(rows, strings.Join([]string{a.Kind, a.Identity, strings.Join(a.Entry, "; "), a.MFA, strings.Join(a.Groups, "; "),
				strings.Join(a.Policies, "; "), a.Admin, a.Escalates, a.LastUsed, a.Idle}, " | "))
		}
	}
	for _, m := range r.Missing {
		if strings.HasPrefix(m, "github:acme") || strings.HasPrefix(m, "acme") {
			missing = append(missing, m)
		}
	}
	return rows, missing
}

func TestAccessReviewOfCode(t *testing.T) {
	rows, missing := codeRows(review(t, codeEstate(t, nil), AccessInput{}))
	want := []string{
		"member | ann | owner | yes |  |  | yes | administrator | not told | not told",
		"member | ben | member | no | web | every repository: read; team web: acme/shop: maintain | no | no | not told | not told",
		"outside-collaborator | eve | outside collaborator | yes |  | acme/shop: write | no | no | not told | not told",
		"app | app/ci | installed in all repositories | not a person |  | checks: write; metadata: read | no | no | not told | not told",
		"app | app/boss | suspended | not a person |  | administration: write | yes | administrator | not told | not told",
		"deploy-key | acme/shop/keys/7 | SSH key, added by ann | not a person |  | acme/shop: read | no | no | 2026-02-27T00:00:00Z | 2",
	}
	if d := cmp.Diff(want, rows); d != "" || len(missing) > 0 {
		t.Errorf("rows (-want +got):\n%s\nmissing %v", d, missing)
	}
}

// TestAccessReviewOfCodeUnseen holds that what was not collected is said, and nobody is called safe because of it.
func TestAccessReviewOfCodeUnseen(t *testing.T) {
	lost := func(s *evidence.Subject, keys ...string) {
		s.Missing = map[string]evidence.Missing{}
		for _, key := range keys {
			s.Missing[key] = evidence.Missing{Operation: "ask", Outcome: evidence.OutcomeDenied, Permission: "Members: read"}
		}
	}
	for name, tt := range map[string]struct {
		change func(org, repo, team *evidence.Subject)
		want   []string // begin the missing
	}{
		"members": {func(org, _, _ *evidence.Subject) { lost(org, "Members") }, []string{"acme: Members was not collected"}},
		"apps":    {func(org, _, _ *evidence.Subject) { lost(org, "Installations") }, []string{"acme: Installations was not collected"}},
		"keys":    {func(_, repo, _ *evidence.Subject) { lost(repo, "DeployKeys") }, []string{"acme/shop: DeployKeys was not collected"}},
		"second factors": {func(org, _, _ *evidence.Subject) { lost(org, "MembersWithoutTwoFactor") },
			[]string{"github:acme: ann: MembersWithoutTwoFactor", "github:acme: ben: MembersWithoutTwoFactor"}},
		"what all may": {func(org, _, _ *evidence.Subject) { lost(org, "default_repository_permission") },
			[]string{"github:acme: ben: default_repository_permission"}},
		"who was let in": {func(_, repo, _ *evidence.Subject) { lost(repo, "Collaborators") },
			[]string{"github:acme: ann: Collaborators", "github:acme: ben: Collaborators", "github:acme: eve: Collaborators"}},
		"a team": {func(_, _, team *evidence.Subject) { lost(team, "Repositories") }, []string{"github:acme: ben: Repositories"}},
	} {
		r := review(t, codeEstate(t, tt.change), AccessInput{})
		rows, missing := codeRows(r)
		same := len(missing) == len(tt.want) && !r.Whole()
		for i := range tt.want {
			same = same && strings.HasPrefix(missing[i], tt.want[i])
		}
		if !same {
			t.Errorf("%s: missing %q, want %q", name, missing, tt.want)
		}
		if name == "second factors" && !strings.Contains(strings.Join(rows, "\n"), "ann | owner | unknown") {
			t.Errorf("%s: %q", name, rows)
		}
	}
	everybody := func(org, _, _ *evidence.Subject) {
		org.Doc = json.RawMessage(`{"default_repository_permission":"admin","Members":[{"login":"ben","role":"member"}]}`)
	}
	rows, _ := codeRows(review(t, codeEstate(t, everybody), AccessInput{}))
	if len(rows) == 0 || !strings.Contains(rows[0], "every repository: admin; team web: acme/shop: maintain | yes | administrator") {
		t.Errorf("members administer everything, and the review says %q", rows)
	}
	v := codeEstate(t, nil)
	v.snaps = v.snaps[:0]
	v.add(t, "github.organization", "acme", "", nil, evidence.Subject{ID: "acme", Doc: json.RawMessage(`{"Members":[]}`)})
	if _, missing := codeRows(review(t, v, AccessInput{})); len(missing) != 2 {
		t.Errorf("repositories and teams were never collected: %q", missing)
	}
}
