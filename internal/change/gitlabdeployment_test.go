package change

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

const gitlabDeployed = `{"id":42,"sha":"c1","status":"success","created_at":"2026-05-04T12:00:00Z",` +
	`"user":{"id":1,"username":"alice","name":"Alice","web_url":"https://gitlab.com/alice"},` +
	`"environment":{"id":9,"name":"live-eu","tier":"production"},"deployable":{"started_at":"2026-05-04T12:10:00Z",` +
	`"finished_at":"2026-05-04T12:20:00Z","user":{"id":1,"username":"alice","name":"Alice"}},` +
	`"Project":{"path_with_namespace":"acme/Shop","default_branch":"main"},"approvals":APPROVALS}`

// TestGitLabDeployments holds every verdict of a deployment by GitLab.
func TestGitLabDeployments(t *testing.T) {
	by := func(user, status string) string {
		return `[{"user":` + user + `,"status":"` + status + `","created_at":"2026-05-04T12:05:00Z"}]`
	}
	for _, tc := range []struct {
		name, approvals, summary string
		missing                  string
		want                     Verdict
	}{
		{"approved under a rule", `[]`, by(bobGitLab, "approved"), "", IsApproved},
		{"the summary hidden", `[]`, "", "approval_summary", Unknown},
		{"approved", by(bobGitLab, "approved"), "", "", IsApproved},
		{"refused", by(bobGitLab, "rejected"), "", "", Rejected},
		{"by the starter", by(aliceGitLab, "approved"), "", "", SelfApproved},
		{"by a robot", by(botGitLab, "approved"), "", "", ByRobot},
		{"by a deleted account", by(ghostGitLab, "approved"), "", "", Unknown},
		{"nobody", `[]`, "", "", Unapproved},
		{"a plan without approvals", `null`, "", "", Unapproved},
		{"approvals hidden", `null`, "", "approvals", Unknown},
	} {
		s := evidence.Subject{Type: "gitlab.deployment", ID: "x",
			Doc: json.RawMessage(strings.Replace(gitlabDeployed, "APPROVALS", tc.approvals, 1))}
		if tc.summary != "" {
			s.Doc = json.RawMessage(strings.Replace(string(s.Doc), `{`, `{"approval_summary":{"rules":[{"deployment_approvals":`+
				tc.summary+`}]},`, 1))
		}
		if tc.missing != "" {
			s.Missing = map[string]evidence.Missing{tc.missing: {Operation: "o", Outcome: evidence.OutcomeDenied}}
		}
		d, err := DeploymentOf(s)
		if err != nil {
			t.Fatal(err)
		}
		if j := d.Judge(); j.Verdict != tc.want {
			t.Errorf("%s: got %s (%s), want %s", tc.name, j.Verdict, j.Why, tc.want)
		}
		if d.Repository != "gitlab.com/acme/shop" || !d.Production() || d.Outcome != Succeeded || len(d.StartedBy) != 1 ||
			d.EndedAt.Sub(d.StartedAt).Minutes() != 10 {
			t.Errorf("%s: read as %+v", tc.name, d)
		}
	}
}

// TestGitLabKey holds that an address inside of a project names it wherever the server stands.
func TestGitLabKey(t *testing.T) {
	p := gitlabProject{Path: "acme/shop"}
	for _, tc := range []struct {
		p         gitlabProject
		addresses []string
		want      string
	}{
		{p, []string{"https://gitlab.com/acme/shop/-/commit/c1"}, "gitlab.com/acme/shop"},
		{p, []string{"", "https://git.example/root/acme/shop/-/jobs/1"}, "git.example/root/acme/shop"},
		{p, []string{"https://gitlab.com/alice"}, "gitlab.com/acme/shop"},
		{gitlabProject{WebURL: "https://git.example/root/acme/shop"}, nil, "git.example/root/acme/shop"},
		{p, nil, ""},
		{gitlabProject{}, []string{"https://gitlab.com/alice"}, ""},
	} {
		if got := gitlabKey(tc.p, tc.addresses...); got != tc.want {
			t.Errorf("%v: got %q, want %q", tc.addresses, got, tc.want)
		}
	}
}

const (
	gitlabCommitted = `{"id":"c1","parent_ids":["p1"],"author_name":"Alice","committer_name":"Bob",` +
		`"committed_date":"2026-05-04T12:00:00Z","web_url":"https://gitlab.com/acme/shop/-/commit/c1",` +
		`"Project":{"path_with_namespace":"acme/shop","default_branch":"main"}}`
	cloned = `{"sha":"c1","parents":["p1"],"branch":"main","repository":{"origin":"git@gitlab.com:acme/shop.git"},` +
		`"author":{"name":"Alice","email":"x"},"committer":{"name":"Bob","email":"y","at":"2026-05-04T12:00:00Z"},"trailers":[]}`
)

// TestSilentCommits holds what is read of commits whose provider does not tell by which change they came.
func TestSilentCommits(t *testing.T) {
	for typ, doc := range map[string]string{"gitlab.commit": gitlabCommitted, "git.commit": cloned} {
		read := func(doc string, missing map[string]evidence.Missing) Landed {
			t.Helper()
			l, err := LandedOf(evidence.Subject{Type: typ, ID: "x", Doc: json.RawMessage(doc), Missing: missing})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		l := read(doc, nil)
		if l.Repository != "gitlab.com/acme/shop" || l.Branch != "main" || l.Commit.ID != "c1" || l.LandedAt.IsZero() ||
			!reflect.DeepEqual(Names(l.Commit.Authors), []string{"Alice", "Bob"}) || !l.Silent || !Silent(typ) {
			t.Errorf("%s: read as %+v", typ, l)
		}
		if v, why, _ := l.Judge(); v != Unknown || why == "" {
			t.Errorf("%s: got %s (%s)", typ, v, why)
		}
		if v, _, _ := read(strings.Replace(doc, `["p1"]`, `[]`, 1), nil).Judge(); v != FirstCommit {
			t.Errorf("%s without parents: got %s", typ, v)
		}
		key := map[string]string{"gitlab.commit": "parent_ids", "git.commit": "parents"}[typ]
		hidden := map[string]evidence.Missing{key: {Operation: "o", Outcome: evidence.OutcomeFailed}}
		if v, _, _ := read(strings.Replace(doc, `["p1"]`, `[]`, 1), hidden).Judge(); v != Unknown {
			t.Errorf("%s with hidden parents: got %s", typ, v)
		}
	}
	if Silent("github.commit") || !NamesAll("gitlab.merge-request") || NamesAll("github.pull-request") {
		t.Error("types are taken for others")
	}
}

func FuzzGitLabDeployment(f *testing.F) {
	f.Add([]byte(strings.Replace(gitlabDeployed, "APPROVALS", `[]`, 1)), "")
	fuzzDeployment(f, "gitlab.deployment")
}

func FuzzSilentCommit(f *testing.F) {
	f.Add([]byte(gitlabCommitted), "")
	f.Add([]byte(cloned), "parents")
	f.Fuzz(func(t *testing.T, doc []byte, missing string) {
		for _, typ := range []string{"gitlab.commit", "git.commit"} {
			if l, err := LandedOf(fuzzSubject(typ, doc, missing)); err == nil {
				if v, why, _ := l.Judge(); v == ByChange || v == DirectPush || why == "" {
					t.Fatalf("%s: got %s (%s)", typ, v, why)
				}
			}
		}
	})
}

// TestGitLabDeploymentRecording holds the verdicts over what the collector makes of GitLab's answers.
func TestGitLabDeploymentRecording(t *testing.T) {
	type said struct {
		Verdict Verdict
		Outcome Outcome
	}
	got := map[string]said{}
	for id, s := range recorded(t, "gitlab/testdata/gitlab.deployment.json") {
		d, err := DeploymentOf(s)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(d.Repository, "gitlab.com/acme/p") || d.Commit == "" || d.CreatedAt.IsZero() {
			t.Errorf("%s is read as %+v", id, d)
		}
		got[id] = said{d.Judge().Verdict, d.Outcome}
	}
	want := map[string]said{
		"acme/payments/deployments/4001":        {Unapproved, Running}, // it waits
		"acme/payments/deployments/4002":        {Unapproved, Succeeded},
		"acme/payments/deployments/4003":        {IsApproved, Succeeded},
		"acme/platform/ledger/deployments/4009": {Unapproved, Succeeded},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for id, s := range recorded(t, "gitlab/testdata/gitlab.commit.json") {
		l, err := LandedOf(s)
		if err != nil || l.Branch != "main" || l.LandedAt.IsZero() || !strings.HasSuffix(id, "@"+l.Commit.ID) {
			t.Errorf("%s is read as %+v, %v", id, l, err)
		}
	}
}
