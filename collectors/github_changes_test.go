package collectors_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"exhibit/collectors/github"
	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
	"exhibit/internal/simcloud"
)

// changesEstate is an organisation whose repositories have merged changes of three commits each, one of twenty of them with
// fourteen; all of it lies within sixty days before day 0.
func changesEstate(t testing.TB, repositories, changes int) *simcloud.Estate {
	t.Helper()
	files := map[string]any{
		"estate":                   map[string]any{"company": "Acme", "base": "2026-07-03T06:00:00Z", "days": 2},
		"github/acme/organization": map[string]any{"login": "acme", "id": 1, "name": "Acme"},
	}
	var repos []any
	for r := range repositories {
		name := fmt.Sprintf("r%04d", r)
		repos = append(repos, map[string]any{"id": r, "node_id": "R_" + name, "name": name, "full_name": "acme/" + name,
			"default_branch": "main", "visibility": "private", "private": true})
		var pulls, commits []any
		person := func(n int) map[string]any {
			return map[string]any{"__typename": "User", "login": fmt.Sprintf("person%d", n%9), "databaseId": n%9 + 1}
		}
		for i := range changes / repositories {
			at := time.Date(2026, 5, 10, 0, 0, i*5, 0, time.UTC).Format(time.RFC3339)
			oid := func(n int) map[string]any { return map[string]any{"oid": fmt.Sprintf("%08x%016x%016x", r, i, n)} }
			n := 3
			if i%20 == 0 {
				n = 14
			}
			pull := map[string]any{"__typename": "PullRequest", "id": fmt.Sprintf("PR_%d_%d", r, i), "number": i + 1,
				"url": "https://github.com/acme/" + name, "title": "a change", "state": "MERGED", "createdAt": at, "updatedAt": at,
				"mergedAt": at, "merged": true, "baseRefName": "main", "headRefName": "x", "headRefOid": oid(n)["oid"],
				"mergeCommit": oid(99), "author": person(i), "mergedBy": person(i + 1), "reviewDecision": "APPROVED",
				"labels": []any{}, "closingIssuesReferences": []any{}, "timelineItems": []any{},
				"reviews": []any{map[string]any{"fullDatabaseId": "9", "author": person(i + 1), "state": "APPROVED", "submittedAt": at,
					"commit": oid(n)}}}
			origin := []any{map[string]any{"number": i + 1, "mergedAt": at, "baseRefName": "main", "mergeCommit": oid(99),
				"repository": map[string]any{"nameWithOwner": "acme/" + name}}}
			var own []any
			for c := range n + 1 {
				k := c + 1
				if c == n {
					k = 99
				}
				parents := []any{}
				if len(commits) > 0 {
					parents = []any{map[string]any{"oid": commits[len(commits)-1].(map[string]any)["oid"]}}
				}
				commit := map[string]any{"__typename": "Commit", "oid": oid(k)["oid"], "committedDate": at, "parents": parents,
					"authors": []any{map[string]any{"user": person(i)}}, "committer": map[string]any{"user": person(i)},
					"signature": nil, "associatedPullRequests": origin}
				if c < n {
					own = append(own, map[string]any{"commit": commit})
				}
				commits = append(commits, commit)
			}
			pull["commits"] = own
			pulls = append(pulls, pull)
		}
		files["github/acme/"+name+"/pulls"], files["github/acme/"+name+"/commits"] = pulls, commits
	}
	files["github/acme/repositories"] = repos
	return loadEstate(t, files)
}

// loadEstate reads an estate from values.
func loadEstate(t testing.TB, files map[string]any) *simcloud.Estate {
	t.Helper()
	root := fstest.MapFS{}
	for name, v := range files {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		root[name+".json"] = &fstest.MapFile{Data: text}
	}
	estate, err := simcloud.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return estate
}

// gitHubOf serves an estate's GitHub.
func gitHubOf(t testing.TB, estate *simcloud.Estate) *simcloud.Cloud {
	t.Helper()
	cloud, err := simcloud.New(estate, simcloud.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := cloud.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cloud.Close() })
	return cloud
}

// collectPopulations collects the organisation's populations once, after what past holds.
func collectPopulations(t testing.TB, cloud *simcloud.Cloud, past *collecttest.Memory, only ...string) memory {
	t.Helper()
	b := memory{collecttest.NewMemory()}
	config := collect.Config{
		Sources: []collect.OpenSource{{Name: "github", Provider: github.Provider{}, Decode: into(github.Config{
			Organization: cloud.Accounts("github")[0], BaseURL: cloud.URL("github"), TokenEnv: "GITHUB_TOKEN",
			Window: evidence.Duration(90 * 24 * time.Hour)})}},
		RedactionKey: make([]byte, 32), Trigger: "simulation", Limits: collect.Limits{Pace: math.Inf(1)}, Now: cloud.Now,
		Getenv: getenv, Only: only,
	}
	if past != nil {
		config.Past, b = past, memory{past.Follow()}
	}
	config.Batch = b.Memory
	run, err := collect.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if run.Outcome != evidence.OutcomeOK {
		t.Fatalf("run ended %s: %+v", run.Outcome, run.Scopes)
	}
	return b
}

// TestGitHubCallsPerChange counts the calls for four hundred changes in ten repositories, and for a second look at them.
func TestGitHubCallsPerChange(t *testing.T) { callsPerChange(t, 10, 400, 250) }

// BenchmarkGitHubChanges counts them for ten thousand changes in forty repositories.
func BenchmarkGitHubChanges(b *testing.B) {
	for b.Loop() {
		callsPerChange(b, 40, 10_000, 250)
	}
}

func callsPerChange(t testing.TB, repositories, changes, limit int) {
	t.Helper()
	cloud := gitHubOf(t, changesEstate(t, repositories, changes))
	first := collectPopulations(t, cloud, nil, "github.pull-request", "github.commit")
	calls := int64(0)
	for op, n := range cloud.Counts() {
		calls += n
		t.Logf("%6d %s", n, op)
	}
	count := map[string]int{}
	for _, s := range first.mustSnapshots(t) {
		count[s.Collector] = s.Subjects.Count
	}
	if count["github.pull-request"] != changes || count["github.commit"] <= 3*changes {
		t.Fatalf("%v for %d changes", count, changes)
	}
	per := int(calls) * 1000 / changes
	t.Logf("%d calls for %d changes and %d commits: %d calls for 1,000 changes", calls, changes, count["github.commit"], per)
	if b, ok := t.(*testing.B); ok {
		b.ReportMetric(float64(per), "calls/1000changes")
	}
	if per > limit {
		t.Errorf("%d calls for 1,000 changes, want at most %d", per, limit)
	}
	cloud.ResetCounts()
	if err := cloud.SetDay(1); err != nil {
		t.Fatal(err)
	}
	again := collectPopulations(t, cloud, first.Memory, "github.pull-request", "github.commit")
	calls = int64(0)
	for _, n := range cloud.Counts() {
		calls += n
	}
	t.Logf("%d calls the day after, when nothing is new", calls)
	if want := int64(3 + 2*(repositories+19)/20); calls > want {
		t.Errorf("%d calls the day after, want at most %d", calls, want)
	}
	for _, s := range again.mustSnapshots(t) {
		if s.Subjects.Count != count[s.Collector] || s.Completeness.Carried != count[s.Collector] {
			t.Errorf("%s: %d subjects, %d carried, want all %d", s.Collector, s.Subjects.Count, s.Completeness.Carried, count[s.Collector])
		}
	}
}

// mustSnapshots is snapshots for benchmarks too.
func (m memory) mustSnapshots(t testing.TB) []evidence.Snapshot {
	t.Helper()
	snaps, _, err := m.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	return snaps
}

// TestGitHubByMark lets the demo's company be collected day by day: what a series holds is what one look at the end finds.
func TestGitHubByMark(t *testing.T) {
	cloud := start(t, 0)
	var past *collecttest.Memory
	kinds := []string{"github.pull-request", "github.commit", "github.deployment", "github.activity", "github.audit-log"}
	for _, day := range []int{30, 37, 38, 39, 62, 89} {
		if err := cloud.SetDay(day); err != nil {
			t.Fatal(err)
		}
		past = collectPopulations(t, cloud, past, kinds...).Memory
	}
	fresh := collectPopulations(t, cloud, nil, kinds...)
	for _, kind := range kinds {
		var series, whole []string
		for _, s := range (memory{past}).subjects(t, kind) {
			series = append(series, s.ID)
		}
		for _, s := range fresh.subjects(t, kind) {
			whole = append(whole, s.ID)
		}
		slices.Sort(series)
		slices.Sort(whole)
		if !slices.Equal(series, whole) || len(whole) == 0 {
			t.Errorf("%s:\n%s\nwant\n%s", kind, strings.Join(series, "\n"), strings.Join(whole, "\n"))
		}
	}
}

// TestGitHubRewrittenBranch has a branch go on, stand still, be forced back, and go on elsewhere.
func TestGitHubRewrittenBranch(t *testing.T) {
	commit := func(oid, at string, parents ...string) map[string]any {
		list := []any{}
		for _, p := range parents {
			list = append(list, map[string]any{"oid": p})
		}
		return map[string]any{"__typename": "Commit", "oid": oid, "committedDate": at, "parents": list, "signature": nil,
			"authors": []any{}, "committer": nil, "associatedPullRequests": []any{}}
	}
	const in = "github/acme/r/commits"
	remove := func(day int, oid string) map[string]any {
		return map[string]any{"day": day, "in": in, "item": oid, "remove": true}
	}
	add := func(day int, c map[string]any) map[string]any { return map[string]any{"day": day, "in": in, "add": c} }
	cloud := gitHubOf(t, loadEstate(t, map[string]any{
		"estate":                   map[string]any{"company": "Acme", "base": "2026-07-03T06:00:00Z", "days": 6},
		"github/acme/organization": map[string]any{"login": "acme", "id": 1, "name": "Acme"},
		"github/acme/repositories": []any{map[string]any{"id": 1, "node_id": "R_1", "name": "r", "full_name": "acme/r",
			"default_branch": "main", "visibility": "private"},
			map[string]any{"id": 2, "node_id": "R_2", "name": "new", "full_name": "acme/new", "default_branch": "main"}},
		in: []any{commit("a1", "2026-07-01T00:00:00Z"), commit("a2", "2026-07-02T00:00:00Z", "a1")},
		"timeline": []any{
			// An old commit comes with a merge.
			add(1, commit("b1", "2026-06-20T00:00:00Z", "a1")), add(1, commit("m1", "2026-07-03T12:00:00Z", "a2", "b1")),
			remove(3, "m1"), remove(3, "b1"), // forced back to a2
			remove(4, "a2"), add(4, commit("c1", "2026-07-07T00:00:00Z", "a1")), // and to something else
			add(5, commit("c2", "2026-07-08T00:00:00Z", "c1")),
		},
	}))
	var past *collecttest.Memory
	for day, want := range []string{
		"a2: , false; all a1 a2",
		"m1: a2, false; all a1 a2 b1 m1",
		"m1: a2, false; all a1 a2 b1 m1",
		"a2: m1, true; all a1 a2 b1 m1",
		"c1: a2, true; all a1 a2 b1 c1 m1",
		"c2: c1, false; all a1 a2 b1 c1 c2 m1",
	} {
		if err := cloud.SetDay(day); err != nil {
			t.Fatal(err)
		}
		b := collectPopulations(t, cloud, past, "github.commit")
		past = b.Memory
		var all []string
		var head struct {
			Head struct {
				SeenAt    time.Time
				Before    string
				Rewritten bool
			}
		}
		at := ""
		for _, s := range b.subjects(t, "github.commit") {
			_, oid, _ := strings.Cut(s.ID, "/commit/")
			all = append(all, oid)
			seen := head
			if err := json.Unmarshal(s.Doc, &seen); err != nil {
				t.Fatal(err)
			}
			if seen.Head.SeenAt.After(head.Head.SeenAt) {
				head, at = seen, oid
			}
		}
		slices.Sort(all)
		if got := fmt.Sprintf("%s: %s, %v; all %s", at, head.Head.Before, head.Head.Rewritten, strings.Join(all, " ")); got != want {
			t.Errorf("day %d: %s, want %s", day, got, want)
		}
	}
}

// TestGitHubOpenDeployment holds that a deployment is asked for until it has come to an end, and not after.
func TestGitHubOpenDeployment(t *testing.T) {
	deployment := func(id int, at string, states ...string) map[string]any {
		statuses := []any{}
		for _, state := range states {
			statuses = append(statuses, map[string]any{"state": state, "created_at": at})
		}
		return map[string]any{"id": id, "node_id": "DE_1", "sha": "a1", "ref": "main", "task": "deploy", "environment": "production",
			"original_environment": "production", "created_at": at, "updated_at": at, "creator": nil, "Statuses": statuses}
	}
	const in = "github/acme/r/deployments"
	state := func(day int, item string, state string) map[string]any {
		return map[string]any{"day": day, "in": in, "item": item, "merge": map[string]any{
			"Statuses": []any{map[string]any{"state": state, "created_at": "2026-07-04T00:00:00Z"}}}}
	}
	cloud := gitHubOf(t, loadEstate(t, map[string]any{
		"estate":                   map[string]any{"company": "Acme", "base": "2026-07-03T06:00:00Z", "days": 6},
		"github/acme/organization": map[string]any{"login": "acme", "id": 1, "name": "Acme"},
		"github/acme/repositories": []any{map[string]any{"id": 1, "node_id": "R_1", "name": "r", "full_name": "acme/r",
			"default_branch": "main", "visibility": "private"}},
		in: []any{deployment(1, "2026-06-20T00:00:00Z", "success"), deployment(2, "2026-07-01T00:00:00Z", "waiting"),
			deployment(3, "2026-07-02T00:00:00Z", "failure")},
		"timeline": []any{state(2, "2", "success"), state(3, "1", "inactive"),
			map[string]any{"day": 4, "in": in, "add": deployment(4, "2026-07-06T12:00:00Z")}},
	}))
	var past *collecttest.Memory
	for day, want := range []string{
		"1 SUCCESS, 2 WAITING, 3 FAILURE; 3 anew", "1 SUCCESS, 2 WAITING, 3 FAILURE; 1 anew", "1 SUCCESS, 2 SUCCESS, 3 FAILURE; 1 anew",
		"1 SUCCESS, 2 SUCCESS, 3 FAILURE; 0 anew", "1 SUCCESS, 2 SUCCESS, 3 FAILURE, 4 ; 1 anew",
		"1 SUCCESS, 2 SUCCESS, 3 FAILURE, 4 ; 1 anew",
	} {
		if err := cloud.SetDay(day); err != nil {
			t.Fatal(err)
		}
		b := collectPopulations(t, cloud, past, "github.deployment")
		past = b.Memory
		var all []string
		for _, s := range b.subjects(t, "github.deployment") {
			var doc struct {
				ID       int
				Statuses []struct{ State string }
			}
			if err := json.Unmarshal(s.Doc, &doc); err != nil {
				t.Fatal(err)
			}
			states := ""
			for _, st := range doc.Statuses {
				states += st.State
			}
			all = append(all, fmt.Sprintf("%d %s", doc.ID, states))
		}
		slices.Sort(all)
		snap := b.mustSnapshots(t)[0]
		if got := fmt.Sprintf("%s; %d anew", strings.Join(all, ", "), snap.Completeness.Kept); got != want {
			t.Errorf("day %d: %s, want %s", day, got, want)
		}
	}
}
