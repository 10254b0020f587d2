package change

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// day is a time in May 2026.
func day(d, hour int) time.Time { return time.Date(2026, 5, d, hour, 0, 0, 0, time.UTC) }

func rows(n int) []Row {
	out := make([]Row, n)
	for i := range out {
		out[i] = Row{Type: "t", ID: fmt.Sprintf("acme/shop/pull/%03d", i), MergedAt: day(1, 0).Add(time.Duration(i) * time.Minute)}
	}
	return out
}

// TestSample holds that seed and list decide alone, that no row is drawn twice, and that another seed draws others.
func TestSample(t *testing.T) {
	all := rows(400)
	one := Sample(all, 25, "q1")
	shuffled := append(append([]Row{}, all[200:]...), all[:200]...)
	ids := func(list []Row) map[string]bool {
		out := map[string]bool{}
		for _, r := range list {
			out[r.ID] = true
		}
		return out
	}
	if len(one) != 25 || len(ids(one)) != 25 {
		t.Fatalf("%d rows, %d different", len(one), len(ids(one)))
	}
	if !reflect.DeepEqual(ids(one), ids(Sample(shuffled, 25, "q1"))) {
		t.Error("the order of the rows decides")
	}
	if reflect.DeepEqual(ids(one), ids(Sample(all, 25, "q2"))) {
		t.Error("another seed draws the same")
	}
	if got := Sample(all, 1000, "q1"); !reflect.DeepEqual(got, all) {
		t.Errorf("all were asked for and %d came", len(got))
	}
	if got := Sample(nil, 5, ""); len(got) != 0 {
		t.Errorf("%d rows of none", len(got))
	}
	// printf 'seed\nt acme/shop/pull/001' | sha256sum begins with 096b, those of 000 and 002 with 893d and 771f.
	if got := Sample(rows(3), 1, "seed"); got[0].ID != "acme/shop/pull/001" {
		t.Errorf("drew %s", got[0].ID)
	}
}

// TestSum holds that the digest follows the ids and the evidence, in any order.
func TestSum(t *testing.T) {
	a, b := Row{Type: "t", ID: "a", Evidence: evidence.Sum([]byte("1"))}, Row{Type: "t", ID: "b"}
	if Sum([]Row{a, b}) != Sum([]Row{b, a}) {
		t.Error("the order decides")
	}
	changed := a
	changed.Evidence = evidence.Sum([]byte("2"))
	if Sum([]Row{a, b}) == Sum([]Row{changed, b}) || Sum([]Row{a}) == Sum([]Row{a, b}) {
		t.Error("other evidence or another row gives the same digest")
	}
}

// TestMetrics holds the numbers of a small population.
func TestMetrics(t *testing.T) {
	p := Population{
		Changes: []Row{
			{ID: "1", Verdict: IsApproved, CreatedAt: day(1, 0), ApprovedAt: day(1, 1), MergedAt: day(1, 2)},
			{ID: "2", Verdict: IsApproved, CreatedAt: day(1, 0), ApprovedAt: day(1, 3), MergedAt: day(1, 4)},
			{ID: "3", Verdict: IsEmergency, CreatedAt: day(1, 0), MergedAt: day(1, 5)},
			{ID: "4", Verdict: Unreviewed, MergedAt: day(1, 6)},
			{ID: "5", Verdict: Unknown, MergedAt: day(1, 7)},
		},
		Unexplained: []Push{{ID: "c1", Verdict: DirectPush}, {ID: "c2", Verdict: Unknown}},
		Deployments: []Deployed{
			deployed("1", "staging", "a", Succeeded, day(2, 0), IsApproved),
			deployed("2", "prod", "a", Succeeded, day(2, 4), IsApproved),
			deployed("3", "staging", "b", Succeeded, day(3, 0), Unapproved),
			deployed("4", "staging", "c", Succeeded, day(3, 1), Unapproved),
			deployed("5", "prod", "c", Succeeded, day(3, 6), Unapproved), // overtakes b
			deployed("6", "prod", "a", Succeeded, day(3, 7), Unknown),    // back again
			deployed("7", "prod", "d", Failed, day(9, 0), Unapproved),
			deployed("8", "staging", "e", Succeeded, day(9, 0), Unapproved), // never went on
		},
	}
	p.Finish(NewIndex())
	m := p.Metrics
	want := Metrics{
		Verdicts:       map[Verdict]int{IsApproved: 2, IsEmergency: 1, Unreviewed: 1, Unknown: 1},
		Bypass:         Rate{Part: 2, Of: 5, Unknown: 2},
		LeadToApproval: Times{2, evidence.Duration(time.Hour), evidence.Duration(3 * time.Hour)},
		Unapproved:     Rate{Part: 1, Of: 2, Unknown: 1},
		Rollback:       Rate{Part: 1, Of: 3},
		Failed:         Rate{Part: 1, Of: 3},
		InStaging:      Times{3, evidence.Duration(5 * time.Hour), evidence.Duration(6 * time.Hour)},
		Stuck:          1,
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got  %+v\nwant %+v", m, want)
	}
	if p.Whole() != true {
		t.Error("rows of unknown verdict make a list incomplete")
	}
	p.Commits.Unknown = 1
	if p.Whole() {
		t.Error("commits of which nobody knows how they came leave the list whole")
	}
}

// TestFailureIsLaidAtTheLast holds that a failure counts against the deployment before it, and not against all of the day; that
// an end nobody knows is counted; and that what went to production first does not wait in staging.
func TestFailureIsLaidAtTheLast(t *testing.T) {
	nowhere := deployed("9", "prod", "z", Succeeded, day(5, 0), IsApproved)
	nowhere.Repository = ""
	p := Population{Deployments: []Deployed{
		deployed("1", "prod", "a", Succeeded, day(2, 0), IsApproved),
		deployed("2", "prod", "b", Succeeded, day(2, 4), IsApproved),
		deployed("3", "prod", "c", Failed, day(2, 8), IsApproved),       // laid at b, not at a
		deployed("4", "prod", "d", Succeeded, day(3, 0), IsApproved),    // mends it
		deployed("5", "prod", "e", OtherEnd, day(3, 1), IsApproved),     // ended nobody knows how
		deployed("6", "staging", "d", Succeeded, day(3, 2), IsApproved), // a hotfix, staged afterwards
		nowhere,
	}}
	p.Finish(NewIndex())
	if want := (Rate{Part: 1, Of: 3, Unknown: 1}); p.Metrics.Failed != want {
		t.Errorf("failed %+v, want %+v", p.Metrics.Failed, want)
	}
	if p.Metrics.Unended != 1 || p.Metrics.Stuck != 0 || p.Metrics.InStaging.Count != 0 {
		t.Errorf("%+v", p.Metrics)
	}
}

func deployed(id, environment, commit string, o Outcome, at time.Time, v Verdict) Deployed {
	return Deployed{ID: id, Repository: "r", Commit: commit, Environment: environment, Production: Production(environment),
		Outcome: o, EndedAt: at, Verdict: v}
}

// TestFinish holds that a deployment finds its changes and the change its deployments, and that what two sources tell alike
// stands once.
func TestFinish(t *testing.T) {
	x := NewIndex()
	s := pullSubject(t, nil)
	if err := x.Add(0, s, evidence.Digest{}); err != nil {
		t.Fatal(err)
	}
	c := pull(t, nil)
	p := Population{
		Changes: []Row{RowOf(c, "n", "github:acme", evidence.Digest{}), RowOf(c, "n", "github:other", evidence.Digest{})},
		Deployments: []Deployed{
			{ID: "d", Repository: "github.com/acme/shop", Commit: "m1", Environment: "prod", Outcome: Succeeded, Changes: []string{}},
			{ID: "e", Repository: "github.com/acme/shop", Commit: "zz", Environment: "prod", Outcome: Failed, Changes: []string{}},
		},
	}
	p.Finish(x)
	elsewhere := c
	elsewhere.Repository = "git.example.com/acme/shop"
	both := Population{Changes: []Row{RowOf(c, "n", "a", evidence.Digest{}), RowOf(elsewhere, "n", "b", evidence.Digest{})},
		Deployments: []Deployed{{ID: "d#1", Scope: "jenkins:a", Outcome: Succeeded}, {ID: "d#1", Scope: "jenkins:b", Outcome: Failed}}}
	both.Finish(x)
	if len(both.Changes) != 2 || len(both.Deployments) != 2 {
		t.Errorf("of two servers there are %d changes and %d deployments", len(both.Changes), len(both.Deployments))
	}
	if len(p.Changes) != 1 || !reflect.DeepEqual(p.Changes[0].Deployments, []string{"prod succeeded d"}) {
		t.Errorf("changes %+v", p.Changes)
	}
	if d := p.Deployments; !d[0].Known || !reflect.DeepEqual(d[0].Changes, []string{c.ID}) || d[1].Known {
		t.Errorf("deployments %+v", p.Deployments)
	}
}
