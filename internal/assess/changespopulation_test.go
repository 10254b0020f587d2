package assess

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

func changesOf(t *testing.T, v *memView, in ChangesInput) change.Population {
	t.Helper()
	in.AsOf = asOf
	if in.Period.From.IsZero() {
		in.Period.From = asOf.AddDate(0, 0, -30)
	}
	e, err := New(nil, changeSchemas())
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Changes(v, in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// reaching makes a snapshot tell of a span.
func reaching(from, to time.Time, gaps ...evidence.Unknowable) func(*evidence.Snapshot) {
	return func(s *evidence.Snapshot) {
		s.Completeness.Coverage = &evidence.Coverage{Span: evidence.Window{From: from, To: to}, Gaps: gaps}
	}
}

func landedAt(oid, at, associated string) evidence.Subject {
	s := landed(oid, associated)
	s.Doc = json.RawMessage(strings.Replace(string(s.Doc), `{`, `{"committedDate":"`+at+`",`, 1))
	return s
}

// TestChanges holds that a population is called whole only when nothing could be missing, and says what is.
func TestChanges(t *testing.T) {
	const merged7 = `[{"number":1,"mergedAt":"2026-02-20T12:00:00Z","baseRefName":"main"}]`
	all := reaching(asOf.AddDate(0, 0, -90), asOf.Add(-time.Hour))
	commits := []evidence.Subject{landedAt("m1", "2026-02-20T12:00:00Z", merged7), landedAt("old", "2020-02-20T12:00:00Z", `[]`)}
	old := landedAt("old", "2020-02-20T12:00:00Z", `[]`)
	for _, tc := range []struct {
		name    string
		fill    func(*memView)
		in      ChangesInput
		missing string
		changes int
		commits change.Commits
		alone   bool // without any commits
	}{
		{"no commits to count against", func(v *memView) { v.add(t, "github.pull-request", "acme", "", all, merged(nil)) },
			ChangesInput{}, "github:acme: no commits of github.com/acme/shop were collected to count its changes against", 1,
			change.Commits{}, true},
		{"whole", func(v *memView) {
			v.add(t, "github.pull-request", "acme", "", all, merged(nil))
			v.add(t, "github.commit", "acme", "", all, commits...)
		}, ChangesInput{}, "", 1, change.Commits{All: 1, Explained: 1}, false},
		{"a commit that a clone holds too", func(v *memView) {
			v.add(t, "github.pull-request", "acme", "", all, merged(nil))
			v.add(t, "github.commit", "acme", "", all, commits...)
			v.add(t, "git.commit", "clone", "", all, doc("x", `{"sha":"m1","parents":["p"],"branch":"main",`+
				`"repository":{"origin":"git@github.com:acme/shop"},"committer":{"at":"2026-02-20T12:00:00Z"}}`))
		}, ChangesInput{}, "", 1, change.Commits{All: 1, Explained: 1}, false},
		{"a direct push", func(v *memView) {
			v.add(t, "github.pull-request", "acme", "", all, merged(nil))
			v.add(t, "github.commit", "acme", "", all, append(commits, landedAt("p", "2026-02-21T12:00:00Z", `[]`))...)
		}, ChangesInput{}, "", 1, change.Commits{All: 2, Explained: 1, Direct: 1}, false},
		{"a change that the commits name is not in the list", func(v *memView) {
			v.add(t, "github.pull-request", "acme", "", all)
			v.add(t, "github.commit", "acme", "", all, commits...)
		}, ChangesInput{}, "github:acme: acme/shop@m1 came by change 1, which is not in the list", 0,
			change.Commits{All: 1, Explained: 1}, false},
		{"nothing was collected", func(*memView) {}, ChangesInput{}, "no source of changes was collected", 0, change.Commits{}, true},
		{"denied", func(v *memView) {
			v.add(t, "github.pull-request", "acme", "", func(s *evidence.Snapshot) { s.Outcome = evidence.OutcomeDenied })
		}, ChangesInput{}, "github:acme: github.pull-request could not be listed: denied", 0, change.Commits{}, false},
		{"a gap in the period", func(v *memView) {
			v.add(t, "github.pull-request", "acme", "", reaching(asOf.AddDate(0, 0, -90), asOf.Add(-time.Hour), evidence.Unknowable{
				Window: evidence.Window{From: asOf.AddDate(0, 0, -9), To: asOf.AddDate(0, 0, -8)}, Reason: "lost"}), merged(nil))
		}, ChangesInput{}, "github:acme: github.pull-request from 2026-02-20T12:00:00Z to 2026-02-21T12:00:00Z: lost", 1,
			change.Commits{}, false},
		{"a gap before the period", func(v *memView) {
			v.add(t, "github.pull-request", "acme", "", reaching(asOf.AddDate(0, 0, -90), asOf.Add(-time.Hour), evidence.Unknowable{
				Window: evidence.Window{From: asOf.AddDate(0, 0, -80), To: asOf.AddDate(0, 0, -70)}, Reason: "lost"}), merged(nil))
		}, ChangesInput{}, "", 1, change.Commits{}, false},
		{"not collected to the end", func(v *memView) { v.add(t, "github.pull-request", "acme", "", all, merged(nil)) },
			ChangesInput{Period: evidence.Window{From: asOf.AddDate(0, 0, -30), To: asOf}},
			"github:acme: github.commit from 2026-03-01T11:00:00Z to 2026-03-01T12:00:00Z: not collected yet", 1, change.Commits{}, false},
		{"approval unknown", func(v *memView) { v.add(t, "github.pull-request", "acme", "", all, merged(nil, "reviews")) },
			ChangesInput{}, "github:acme: acme/shop/pull/1: its reviews could not be collected", 1, change.Commits{}, false},
		{"another shape", func(v *memView) { v.add(t, "github.pull-request", "acme", "", all, doc("x", `{"note":1}`)) },
			ChangesInput{}, "github:acme: x: read a change from github.pull-request: the document is of another shape than this " +
				"version reads", 0, change.Commits{}, false},
		{"of another repository", func(v *memView) { v.add(t, "github.pull-request", "acme", "", all, merged(nil)) },
			ChangesInput{Repository: "acme/other"}, "nothing of a repository acme/other was collected", 0, change.Commits{}, false},
		{"of this repository", func(v *memView) { v.add(t, "github.pull-request", "acme", "", all, merged(nil)) },
			ChangesInput{Repository: "Acme/Shop"}, "", 1, change.Commits{}, false},
		{"into another branch", func(v *memView) {
			v.add(t, "github.pull-request", "acme", "", all, merged(map[string]string{"baseRefName": `"next"`}))
		}, ChangesInput{}, "", 0, change.Commits{}, false},
		{"the source cannot be reached", func(v *memView) { v.add(t, "github.pull-request", "acme", "", all, merged(nil)) },
			ChangesInput{Scopes: []evidence.ScopeOutcome{{Source: "b", Scope: evidence.Scope{Provider: "github", Account: "b"},
				Outcome: evidence.OutcomeExpired}}}, "github:b: the scope could not be collected: expired", 1, change.Commits{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := &memView{}
			tc.fill(v)
			if !slices.ContainsFunc(v.snaps, func(s Snap) bool { return s.Collector == "github.commit" }) && !tc.alone {
				v.add(t, "github.commit", "acme", "", all, old)
			}
			p := changesOf(t, v, tc.in)
			if got := strings.Join(p.Missing, "\n"); !strings.HasPrefix(got, tc.missing) || (tc.missing == "") != (got == "") {
				t.Errorf("missing %q, want %q", got, tc.missing)
			}
			if p.Whole() != (tc.missing == "") || len(p.Changes) != tc.changes || p.Commits != tc.commits {
				t.Errorf("%d changes, commits %+v, whole %v", len(p.Changes), p.Commits, p.Whole())
			}
		})
	}
}

// TestChangesAroundRules holds that what went past the rules is listed and that its list, which GitHub tells of some weeks
// only, leaves a list of changes whole.
func TestChangesAroundRules(t *testing.T) {
	all := reaching(asOf.AddDate(0, 0, -90), asOf.Add(-time.Hour))
	v := &memView{}
	v.add(t, "github.pull-request", "acme", "", all, merged(map[string]string{"reviews": "[]"}))
	v.add(t, "github.commit", "acme", "", all, landedAt("old", "2020-02-20T12:00:00Z", `[]`))
	around := suite()
	around.Doc = json.RawMessage(strings.Replace(string(around.Doc), `{`, `{"pushed_at":"2026-02-20T12:00:00Z",`, 1))
	v.add(t, "github.rule-suite", "acme", "", reaching(asOf.AddDate(0, 0, -12), asOf.Add(-time.Hour)), around)
	p := changesOf(t, v, ChangesInput{})
	if !p.Whole() || len(p.Notes) != 1 || len(p.Bypasses) != 1 || p.Changes[0].Verdict != change.Bypassed {
		t.Errorf("missing %v, notes %v, bypasses %v, changes %+v", p.Missing, p.Notes, p.Bypasses, p.Changes)
	}
}

// TestChangesInAnyOrder gives the same bytes whatever the order, and counts once what two sources tell.
func TestChangesInAnyOrder(t *testing.T) {
	v := &memView{}
	commits := []evidence.Subject{landedAt("a", "2026-02-21T12:00:00Z", `[]`), landedAt("b", "2026-02-21T12:00:00Z", `[]`)}
	for _, account := range []string{"acme", "again"} {
		v.add(t, "github.pull-request", account, "", nil, merged(nil))
		v.add(t, "github.commit", account, "", nil, commits...)
	}
	encode := func() []byte {
		raw, err := evidence.Encode(changesOf(t, v, ChangesInput{}))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	want := bytes.Clone(encode())
	if p := changesOf(t, v, ChangesInput{}); len(p.Changes) != 1 || p.Commits.All != 2 || len(p.Unexplained) != 2 {
		t.Errorf("%d changes, %+v", len(p.Changes), p.Commits)
	}
	for range 6 {
		rand.Shuffle(len(v.snaps), func(i, j int) { v.snaps[i], v.snaps[j] = v.snaps[j], v.snaps[i] })
		for _, items := range v.subjects {
			slices.Reverse(items)
		}
		if got := encode(); !bytes.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}
