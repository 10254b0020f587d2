package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// samplePopulation has a change of several verdicts, a direct push, deployments, and names that a spreadsheet would run.
func samplePopulation() change.Population {
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }
	row := func(id string, v change.Verdict, why string, approvers ...string) change.Row {
		return change.Row{Type: "github.pull-request", ID: "acme/shop/pull/" + id, Name: "acme/shop#" + id, Scope: "github:acme",
			Repository: "github.com/acme/shop", Target: "main", Author: "ann", AuthorKind: change.Person, MergedBy: "ben",
			CreatedAt: at(3, 8), MergedAt: at(4, 12), Head: "h" + id, Merge: "m" + id, Strategy: change.MadeAnew, Verdict: v, Why: why,
			Approvers: append([]string{}, approvers...), Deployments: []string{}, Evidence: evidence.Sum([]byte(id))}
	}
	approved := row("1", change.IsApproved, "approved by ben", "ben")
	approved.ApprovedAt = at(3, 20)
	p := change.Population{AsOf: at(31, 6), View: 41, Evaluator: "exhibit-assess/1", Simulated: true,
		Period:   evidence.Window{From: at(1, 0), To: at(31, 0)},
		Missing:  []string{"github:acme: =cmd(): its reviews could not be collected"},
		Excluded: []evidence.Excluded{{Reason: "outside the period", Count: 3}},
		Lists: []change.List{{Scope: "github:acme", Type: "github.pull-request", Source: "code", Outcome: evidence.OutcomeOK,
			CollectedAt: at(31, 5), Subjects: evidence.ListRef{Root: evidence.Sum([]byte("pulls")), Count: 3}}},
		Commits: change.Commits{All: 4, Explained: 3, Direct: 1},
		Changes: []change.Row{approved, row("2", change.Unreviewed, "nobody approved it"), row("=cmd()", change.Unknown, "+unknown")},
		Unexplained: []change.Push{{Type: "github.commit", ID: "acme/shop/commit/c1", Scope: "github:acme",
			Repository: "github.com/acme/shop", Commit: "c1", Authors: []string{"@mallory"}, LandedAt: at(9, 9),
			Verdict: change.DirectPush, Why: "no change holds it", Evidence: evidence.Sum([]byte("c1"))}},
		Bypasses: []change.Around{{Type: "github.rule-suite", ID: "acme/shop/rule-suites/20", Scope: "github:acme",
			Repository: "github.com/acme/shop", Branch: "main", Commit: "c1", By: "=cmd()", At: at(9, 9),
			Rules: []string{"pull_request"}, Evidence: evidence.Sum([]byte("b1"))}},
		Notes: []string{"github:acme: github.rule-suite from 2026-03-01T00:00:00Z to 2026-03-03T00:00:00Z: lost"},
		Deployments: []change.Deployed{
			{Type: "github.deployment", ID: "acme/shop/deployments/1", Scope: "github:acme", Repository: "github.com/acme/shop",
				Commit: "m1", Environment: "production", Production: true, CreatedAt: at(5, 0), EndedAt: at(5, 1),
				Outcome: change.Succeeded, Verdict: change.IsApproved, Why: "approved by cat", StartedBy: []string{"ann"},
				Approvers: []string{"cat"}, Changes: []string{}, Evidence: evidence.Sum([]byte("d1"))},
		},
	}
	p.Finish(change.NewIndex())
	day := evidence.Window{From: at(5, 0), To: at(6, 1)}
	p.Deployments[0].Aftermath = &change.Aftermath{Accounts: []string{"aws:1"}, Window: day, Began: 3, Perhaps: 2,
		Failures: []change.Beginning{
			{Key: "aws:1|aws.s3.bucket-public|a", Severity: evidence.Critical, Certain: true, Between: day},
			{Key: "aws:1|aws.s3.bucket-public|b", Certain: true, Between: day},
			{Key: "aws:1|aws.s3.bucket-public|=cmd()", Certain: true, Between: day},
			{Key: "aws:1|aws.iam.key-age|c", Between: day}, {Key: "aws:1|aws.iam.key-age|d", Between: day}}}
	p.Metrics.Followed = &change.Followed{Rate: change.Rate{Part: 1, Of: 1, Unknown: 1}, Untied: 2, Unseen: 1}
	return p
}

// TestChangeListIsWhole holds that the first lines tell a whole list from one that is not.
func TestChangeListIsWhole(t *testing.T) {
	p := samplePopulation()
	for _, tc := range []struct {
		missing []string
		commits change.Commits
		want    string
	}{
		{nil, change.Commits{All: 4, Explained: 3, Direct: 1}, "completeness: complete: 3 of 4 commits explained by a change, 1 direct"},
		{nil, change.Commits{}, "completeness: complete: no commits were collected to count against"},
		{[]string{"x"}, change.Commits{All: 1, Explained: 1}, "completeness: incomplete: 1 thing could not be seen; 1 of 1 commit"},
		{nil, change.Commits{All: 1, Unknown: 1}, "completeness: incomplete: "},
	} {
		p.Missing, p.Commits = tc.missing, tc.commits
		var b bytes.Buffer
		if err := ChangeListText(&b, p, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), tc.want) {
			t.Errorf("%q is not in\n%s", tc.want, b.String())
		}
	}
}

// TestAftermath never says that nothing began where that is not known.
func TestAftermath(t *testing.T) {
	for _, tc := range []struct {
		a    *change.Aftermath
		want string
	}{
		{nil, ""},
		{&change.Aftermath{}, "0"},
		{&change.Aftermath{Unknown: "aws:1 was not looked at before it"}, "unknown (aws:1 was not looked at before it)"},
		{&change.Aftermath{Perhaps: 1, Unknown: "who knows", Failures: []change.Beginning{{Key: "k"}}}, "perhaps 1: k (who knows)"},
		{&change.Aftermath{Began: 2, Perhaps: 1, Failures: []change.Beginning{{Key: "a"}, {Key: "b"}, {Key: "c"}}},
			"2, perhaps 1: a, b and 1 other"},
	} {
		if got := aftermath(tc.a, 2); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.a, got, tc.want)
		}
	}
}

// TestPreceding says of a deployment what is known of it.
func TestPreceding(t *testing.T) {
	hour := evidence.Duration(time.Hour)
	for _, tc := range []struct {
		p    *evidence.Preceding
		want string
	}{
		{nil, ""},
		{&evidence.Preceding{ID: "1", Repository: "github.com/acme/shop", Environment: "production", By: []string{"ann", "ben"},
			Within: 5 * hour, Certain: true, Others: 1},
			"within 5h after deployment 1 of github.com/acme/shop to production by ann, ben, and 1 other"},
		{&evidence.Preceding{ID: "1", Environment: "release", Within: hour}, "perhaps within 1h after deployment 1 to release"},
	} {
		if got := preceding(tc.p); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.p, got, tc.want)
		}
	}
}

// TestSamePreceding tells many failures with one deployment only where all follow it.
func TestSamePreceding(t *testing.T) {
	item := func(id string, hours int, certain bool) DigestItem {
		return DigestItem{Preceding: &evidence.Preceding{ID: id, Within: evidence.Duration(time.Duration(hours) * time.Hour), Certain: certain}}
	}
	for _, tc := range []struct {
		items []DigestItem
		want  string
	}{
		{[]DigestItem{item("1", 2, true), item("1", 5, true)}, "within 5h after deployment 1 to production"},
		{[]DigestItem{item("1", 2, true), item("1", 1, false)}, "perhaps within 2h after deployment 1 to production"},
		{[]DigestItem{item("1", 2, true), item("2", 2, true)}, ""},
		{[]DigestItem{item("1", 2, true), {}}, ""},
		{[]DigestItem{{}, item("1", 2, true)}, ""},
	} {
		if got := preceding(samePreceding(tc.items)); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}
