package change

import (
	"encoding/json"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

func landedSubject(oid, parents, associated string) evidence.Subject {
	return evidence.Subject{Type: "github.commit", ID: "Acme/shop@" + oid, Doc: json.RawMessage(`{"oid":"` + oid +
		`","parents":` + parents + `,"associatedPullRequests":` + associated +
		`,"Repository":{"nameWithOwner":"Acme/shop","defaultBranchRef":{"name":"main"}},"url":"https://github.com/Acme/shop/commit/` +
		oid + `","authors":[` + alice + `],"committedDate":"2026-05-04T12:00:00Z"}`)}
}

// TestLanded holds how a commit on the default branch came there.
func TestLanded(t *testing.T) {
	const merged = `[{"number":7,"mergedAt":"2026-05-04T12:00:00Z","baseRefName":"main","mergeCommit":{"oid":"m1"}}]`
	for _, tc := range []struct {
		name, parents, associated string
		want                      Verdict
		number                    string
	}{
		{"by a change", `["p"]`, merged, ByChange, "7"},
		{"by no change", `["p"]`, `[]`, DirectPush, ""},
		{"the first", `[]`, `[]`, FirstCommit, ""},
		{"by one that is open", `["p"]`, `[{"number":7,"mergedAt":null,"baseRefName":"main"}]`, DirectPush, ""},
		{"by one into another branch", `["p"]`,
			`[{"number":7,"mergedAt":"2026-05-04T12:00:00Z","baseRefName":"develop","mergeCommit":{"oid":"c"}}]`, DirectPush, ""},
		{"by one of a fork", `["p"]`, `[{"number":7,"mergedAt":"2026-05-04T12:00:00Z","baseRefName":"main",` +
			`"repository":{"nameWithOwner":"mallory/shop"}}]`, DirectPush, ""},
		{"parents as objects", `[{"oid":"p"}]`, `[]`, DirectPush, ""},
	} {
		l, err := LandedOf(landedSubject("c", tc.parents, tc.associated))
		if err != nil {
			t.Fatal(err)
		}
		if v, why, number := l.Judge(); v != tc.want || number != tc.number {
			t.Errorf("%s: got %s (%s) %q", tc.name, v, why, number)
		}
	}
	for associated, want := range map[string]Verdict{merged: Unknown, `[]`: DirectPush} {
		s := landedSubject("c", `["p"]`, associated)
		s.Doc = json.RawMessage(strings.Replace(string(s.Doc), `{"name":"main"}`, "null", 1))
		l, err := LandedOf(s)
		if err != nil {
			t.Fatal(err)
		}
		if v, why, _ := l.Judge(); v != want {
			t.Errorf("branch not told, by %s: got %s (%s), want %s", associated, v, why, want)
		}
	}
	hidden := landedSubject("c", `["p"]`, `[]`)
	hidden.Missing = map[string]evidence.Missing{"associatedPullRequests": {Operation: "o", Outcome: evidence.OutcomeThrottled}}
	l, err := LandedOf(hidden)
	if err != nil {
		t.Fatal(err)
	}
	if v, _, _ := l.Judge(); v != Unknown {
		t.Errorf("hidden: got %s", v)
	}
}

// TestIndex holds that a commit finds its change by what the change holds and by what the commit's provider says, and that
// nothing found is an answer only where the commit is known.
func TestIndex(t *testing.T) {
	x := NewIndex()
	d := func(text string) evidence.Digest { return evidence.Sum([]byte(text)) }
	add := func(set int, s evidence.Subject) {
		t.Helper()
		if err := x.Add(set, s, d(s.ID)); err != nil {
			t.Fatal(err)
		}
	}
	add(0, pullSubject(t, map[string]string{"reviews": "[" + review("9", bob, "APPROVED", "4T10", head) + "]"}))
	add(1, pullSubject(t, nil)) // the same by another source
	add(2, landedSubject("rebased", `["p"]`,
		`[{"number":7,"mergedAt":"2026-05-04T12:00:00Z","baseRefName":"main","mergeCommit":{"oid":"m1"}}]`))
	add(2, landedSubject("pushed", `["p"]`, `[]`))
	add(2, landedSubject("older", `["p"]`, `[{"number":1,"mergedAt":"2020-05-04T12:00:00Z","baseRefName":"main"}]`))
	add(2, evidence.Subject{Type: "github.deployment", ID: "x", Doc: json.RawMessage(`{}`)})
	all := func(int) bool { return true }
	const repository = "git@github.com:acme/shop.git"
	for _, tc := range []struct {
		name, repository, commit string
		use                      func(int) bool
		changes                  int
		told                     bool
	}{
		{"the merge", repository, "m1", all, 1, true},
		{"its head", repository, "h2", all, 1, true},
		{"made by a rebase", repository, "rebased", all, 1, true},
		{"made by a rebase, changes unseen", repository, "rebased", func(set int) bool { return set == 2 }, 0, false},
		{"pushed past all", repository, "pushed", all, 0, true},
		{"pushed past all, commits unseen", repository, "pushed", func(set int) bool { return set < 2 }, 0, false},
		{"by a change that is not in view", repository, "older", all, 0, false},
		{"never heard of", repository, "c9", all, 0, false},
		{"of another repository", "github.com/acme/other", "m1", all, 0, false},
	} {
		got := x.At(tc.repository, tc.commit, tc.use)
		if len(got.Changes) != tc.changes || got.Told != tc.told {
			t.Errorf("%s: got %+v", tc.name, got)
		}
		if exact := tc.commit == "m1" || tc.commit == "h2"; tc.changes == 1 && got.Changes[0].Exact != exact {
			t.Errorf("%s: exact %v, want %v", tc.name, got.Changes[0].Exact, exact)
		}
		if tc.changes == 1 && got.Changes[0].Verdict != IsApproved {
			t.Errorf("%s: got %s of set %d", tc.name, got.Changes[0].Verdict, got.Changes[0].Set)
		}
	}
	if got := x.Sets(repository); len(got) != 3 {
		t.Errorf("sets %v", got)
	}
	if err := x.Add(0, evidence.Subject{Type: "github.commit", Doc: json.RawMessage(`{}`)}, evidence.Digest{}); err == nil {
		t.Error("a commit without anything was taken up")
	}
}
