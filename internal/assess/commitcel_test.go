package assess

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// mergedAtGitLab is a merge request that bob approved.
func mergedAtGitLab() evidence.Subject { return mergedInto("main") }

func mergedInto(branch string) evidence.Subject {
	return evidence.Subject{ID: "acme/shop!1", Doc: json.RawMessage(`{"iid":1,"web_url":"https://gitlab.com/acme/shop/-/merge_requests/1",` +
		`"merged_at":"2026-02-20T12:00:00Z","target_branch":"` + branch + `","sha":"h1","merge_commit_sha":"m1",` +
		`"author":{"id":1,"username":"anne","name":"Anne"},"Project":{"default_branch":"main"},` +
		`"Notes":[{"author":{"id":2,"username":"ben","name":"Ben"},"body":"approved this merge request",` +
		`"created_at":"2026-02-20T10:00:00Z"}],"Commits":[{"id":"h1","author_name":"Anne","committer_name":"Anne"}]}`)}
}

func onGitLab(id, at string) evidence.Subject {
	return evidence.Subject{ID: "acme/shop@" + id, Doc: json.RawMessage(`{"id":"` + id + `","parent_ids":["p"],"committed_date":"` + at +
		`","web_url":"https://gitlab.com/acme/shop/-/commit/` + id + `","Project":{"default_branch":"main"}}`)}
}

// TestSilentCommits holds that a commit whose provider does not tell by which change it came is a direct push only when every
// change that could have brought it is known.
func TestSilentCommits(t *testing.T) {
	const pass, fail, unknown = evidence.Pass, evidence.Fail, evidence.Unknown
	from, to := asOf.AddDate(0, 0, -60), asOf.Add(-2*time.Hour)
	spanned := reaching(from, to)
	for _, tc := range []struct {
		name, id, at string
		changes      func(*evidence.Snapshot)
		subjects     []evidence.Subject
		want         evidence.Verdict
		reason       string
	}{
		{"merged", "m1", "2026-02-20T12:00:00Z", spanned, []evidence.Subject{mergedAtGitLab()}, pass, ""},
		{"of a merged branch", "h1", "2020-02-20T12:00:00Z", spanned, []evidence.Subject{mergedAtGitLab()}, pass, ""},
		{"pushed", "x", "2026-02-20T12:00:00Z", spanned, []evidence.Subject{mergedAtGitLab()}, fail, ""},
		{"of a branch that was merged elsewhere, pushed", "h1", "2026-02-20T12:00:00Z", spanned,
			[]evidence.Subject{mergedInto("sandbox")}, fail, ""},
		{"pushed where nothing was ever merged", "x", "2026-02-20T12:00:00Z", spanned, nil, fail, ""},
		{"too new", "x", "2026-03-01T11:00:00Z", spanned, nil, unknown, "changes of its time may still be on their way"},
		{"too old", "x", "2020-03-01T11:00:00Z", spanned, nil, unknown, "older than those that were collected"},
		{"a list without a span", "x", "2026-02-20T12:00:00Z", nil, nil, unknown, "older than those that were collected"},
		{"a gap", "x", "2026-02-20T12:00:00Z", reaching(from, to, evidence.Unknowable{
			Window: evidence.Window{From: from, To: from.Add(time.Hour)}, Reason: "lost"}), nil, unknown, "are not known"},
		{"denied", "x", "2026-02-20T12:00:00Z", func(s *evidence.Snapshot) { s.Outcome = evidence.OutcomeDenied }, nil, unknown,
			"gitlab.merge-request could not be listed: denied"},
		{"stale", "x", "2026-02-20T12:00:00Z", func(s *evidence.Snapshot) {
			spanned(s)
			s.Window.From = asOf.Add(-48 * time.Hour)
		}, nil, unknown, "stale: gitlab.merge-request"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := &memView{}
			v.add(t, "gitlab.merge-request", "acme", "", tc.changes, tc.subjects...)
			v.add(t, "gitlab.commit", "acme", "", nil, onGitLab(tc.id, tc.at))
			_, sink := assess(t, newWith(t, oneCheck("gitlab.commit", "", `commit(subject).explained`)), v, Input{})
			o := sink.observation("gitlab:acme|aws.t.check|acme/shop@" + tc.id)
			if o.Verdict != tc.want || !strings.Contains(o.Reason, tc.reason) {
				t.Errorf("got %s: %s, want %s: %s", o.Verdict, o.Reason, tc.want, tc.reason)
			}
			if tc.name == "denied" && len(o.Missing) == 0 {
				t.Error("nothing is missing")
			}
		})
	}
	v := &memView{}
	v.add(t, "github.pull-request", "acme", "", spanned, merged(nil))
	clone := func(id string) evidence.Subject {
		return evidence.Subject{ID: id, Doc: json.RawMessage(`{"sha":"` + id + `","parents":["p"],"branch":"refs/remotes/origin/main",` +
			`"repository":{"origin":"git@github.com:acme/shop.git"},"committer":{"name":"Anne","at":"2026-02-20T12:00:00Z"}}`)}
	}
	v.add(t, "git.commit", "clone", "", nil, clone("m1"), clone("x"))
	_, sink := assess(t, newWith(t, oneCheck("git.commit", "", `commit(subject).explained`)), v, Input{})
	if o := sink.observation("git:clone|aws.t.check|m1"); o.Verdict != pass || len(o.Evidence) != 2 {
		t.Errorf("a commit of a clone: got %s: %s by %d", o.Verdict, o.Reason, len(o.Evidence))
	}
	if o := sink.observation("git:clone|aws.t.check|x"); o.Verdict != unknown ||
		!strings.Contains(o.Reason, "do not name all that they bring") {
		t.Errorf("a commit that a rebase may have made: got %s: %s", o.Verdict, o.Reason)
	}
}
