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
