package change

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// Accounts of the examples, as GitHub writes them.
const (
	alice = `{"__typename":"User","login":"alice","databaseId":1}`
	bob   = `{"__typename":"User","login":"bob","databaseId":2}`
	carol = `{"__typename":"User","login":"carol","databaseId":3}`
	bot   = `{"__typename":"Bot","login":"dependabot","databaseId":49699333}`
	web   = `{"__typename":"User","login":"web-flow","databaseId":19864447}`
)

// pull is a merged pull request by alice with one commit, in which parts are replaced.
func pull(t *testing.T, parts map[string]string, missing ...string) Change {
	t.Helper()
	c, err := Of(pullSubject(t, parts, missing...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pullSubject(t testing.TB, parts map[string]string, missing ...string) evidence.Subject {
	t.Helper()
	doc := map[string]json.RawMessage{
		"number": json.RawMessage(`7`), "url": json.RawMessage(`"https://github.com/Acme/shop/pull/7"`),
		"createdAt": json.RawMessage(`"2026-05-04T08:00:00Z"`), "mergedAt": json.RawMessage(`"2026-05-04T12:00:00Z"`),
		"baseRefName": json.RawMessage(`"main"`), "headRefOid": json.RawMessage(`"h2"`),
		"mergeCommit": json.RawMessage(`{"oid":"m1"}`), "author": json.RawMessage(alice), "mergedBy": json.RawMessage(bob),
		"labels": json.RawMessage(`[]`), "reviews": json.RawMessage(`[]`), "timelineItems": json.RawMessage(`[]`),
		"Repository": json.RawMessage(`{"nameWithOwner":"Acme/shop","defaultBranchRef":{"name":"main"}}`),
		"commits":    json.RawMessage(`[` + commit("h1", alice, "b0") + `,` + commit("h2", alice, "h1") + `]`),
	}
	for k, v := range parts {
		doc[k] = json.RawMessage(v)
	}
	s := evidence.Subject{Type: "github.pull-request", ID: "Acme/shop/pull/7"}
	for _, k := range missing {
		delete(doc, k)
		if s.Missing == nil {
			s.Missing = map[string]evidence.Missing{}
		}
		s.Missing[k] = evidence.Missing{Operation: "graphql.pulls", Outcome: evidence.OutcomeThrottled}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	s.Doc = raw
	return s
}

func commit(oid, author string, parents ...string) string {
	return `{"oid":"` + oid + `","authors":[` + author + `],"committer":` + author + `,"parents":["` +
		strings.Join(parents, `","`) + `"],"signature":null}`
}

// updated is a merge of the base that somebody asked GitHub for.
func updated(oid, author string, parents ...string) string {
	return `{"oid":"` + oid + `","authors":[` + author + `],"committer":` + web + `,"parents":["` +
		strings.Join(parents, `","`) + `"],"signature":{"isValid":true,"state":"VALID"}}`
}

func review(id, by, state, hour, commit string) string {
	return `{"databaseId":` + id + `,"author":` + by + `,"state":"` + state + `","submittedAt":"2026-05-0` + hour +
		`:00:00Z","commit":` + commit + `}`
}

// together is a commit that two wrote.
const together = `{"oid":"h2","authors":[` + alice + `,` + bob + `],"committer":` + alice + `,"parents":["b0"]}`

const (
	head = `{"oid":"h2"}`
	old  = `{"oid":"h1"}`
)

func dismissed(id, was, hour string) string {
	return `[{"__typename":"ReviewDismissedEvent","createdAt":"2026-05-0` + hour + `:00:00Z","previousReviewState":"` + was +
		`","review":{"databaseId":"` + id + `"}}]`
}

func labelled(hour string) string {
	return `[{"__typename":"LabeledEvent","createdAt":"2026-05-0` + hour + `:00:00Z","label":{"name":"emergency"}}]`
}

// TestGitHubVerdicts holds every verdict and its neighbours.
func TestGitHubVerdicts(t *testing.T) {
	list := func(items ...string) string { return "[" + strings.Join(items, ",") + "]" }
	good := review("9", bob, "APPROVED", "4T10", head)
	for _, tc := range []struct {
		name    string
		parts   map[string]string
		missing []string
		want    Verdict
		why     string
	}{
		{"approved at the head", map[string]string{"reviews": list(good)}, nil, IsApproved, "approved by bob"},
		{"approved in the second of the merge", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T12", head))},
			nil, IsApproved, ""},
		{"nobody", nil, nil, Unreviewed, "nobody approved it"},
		{"commented only", map[string]string{"reviews": list(review("9", bob, "COMMENTED", "4T10", head))}, nil, Unreviewed, ""},
		{"refused only", map[string]string{"reviews": list(review("9", bob, "CHANGES_REQUESTED", "4T10", head))}, nil,
			Unreviewed, ""},
		{"the author, which GitHub refuses", map[string]string{"reviews": list(review("9", alice, "APPROVED", "4T10", head))},
			nil, SelfApproved, "approved by alice, who wrote a part of it"},
		{"an author of a commit", map[string]string{"reviews": list(good),
			"commits": list(commit("h1", bob, "b0"), commit("h2", alice, "h1"))}, nil, SelfApproved, ""},
		{"a co-author", map[string]string{"reviews": list(good),
			"commits": list(together)}, nil, SelfApproved, ""},
		{"a committer", map[string]string{"reviews": list(good), "commits": list(`{"oid":"h2","authors":[` + alice +
			`],"committer":` + bob + `,"parents":["b0"]}`)}, nil, SelfApproved, ""},
		{"a co-author beside another", map[string]string{
			"reviews": list(good, review("10", carol, "APPROVED", "4T11", head)),
			"commits": list(together)}, nil, IsApproved, "approved by carol"},
		{"a nameless commit", map[string]string{"reviews": list(good), "commits": list(commit("h2", "null", "b0"))}, nil,
			IsApproved, ""},
		{"after the merge", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T13", head))}, nil, AfterMerge, ""},
		{"before the last push", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T10", old))}, nil,
			ThenChanged, "approved by bob at h1, and h2 was merged"},
		{"before a force push", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T10", "null"))}, nil,
			ThenChanged, ""},
		{"before and after the last push", map[string]string{
			"reviews": list(review("9", bob, "APPROVED", "4T09", old), review("10", bob, "APPROVED", "4T10", head))}, nil,
			IsApproved, ""},
		{"before a merge of the base that GitHub made", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T10", old)),
			"commits": list(commit("h1", alice, "b0"), updated("h2", bob, "h1", "b1"))}, nil, IsApproved,
			"approved by bob before merges of the branch that the provider made"},
		{"before a merge of the base by hand", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T10", old)),
			"commits": list(commit("h1", alice, "b0"), commit("h2", alice, "h1", "b1"))}, nil, ThenChanged, ""},
		{"before a merge of commits of its own", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T10", old)),
			"commits": list(commit("h1", alice, "b0"), commit("x1", alice, "b0"), updated("h2", alice, "h1", "x1"))}, nil,
			ThenChanged, ""},
		{"before a commit in the browser", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T10", old)),
			"commits": list(commit("h1", alice, "b0"), updated("h2", alice, "h1"))}, nil, ThenChanged, ""},
		{"before a merge of the base, commits hidden", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T10", old))},
			[]string{"commits"}, Unknown, ""},
		{"dismissed before the merge", map[string]string{"reviews": list(review("9", bob, "DISMISSED", "4T09", head)),
			"timelineItems": dismissed("9", "APPROVED", "4T10")}, nil, Dismissed, ""},
		{"dismissed after the merge", map[string]string{"reviews": list(review("9", bob, "DISMISSED", "4T09", head)),
			"timelineItems": dismissed("9", "APPROVED", "4T13")}, nil, IsApproved, ""},
		{"a refusal dismissed", map[string]string{"reviews": list(review("9", bob, "DISMISSED", "4T09", head)),
			"timelineItems": dismissed("9", "CHANGES_REQUESTED", "4T10")}, nil, Unreviewed, ""},
		{"dismissed, nothing tells when", map[string]string{"reviews": list(review("9", bob, "DISMISSED", "4T09", head))}, nil,
			Dismissed, ""},
		{"dismissed, timeline hidden", map[string]string{"reviews": list(review("9", bob, "DISMISSED", "4T09", head))},
			[]string{"timelineItems"}, Unknown, ""},
		{"approved, timeline hidden", map[string]string{"reviews": list(good)}, []string{"timelineItems"}, Unknown,
			"approved by bob, and whether it was given another target afterwards could not be collected"},
		{"approved beside one dismissed, timeline hidden", map[string]string{
			"reviews": list(good, review("10", carol, "DISMISSED", "4T09", head))}, []string{"timelineItems"}, Unknown, ""},
		{"approved before one of one's own that was dismissed, timeline hidden", map[string]string{
			"reviews": list(good, review("10", bob, "DISMISSED", "4T11", head))}, []string{"timelineItems"}, Unknown, ""},
		{"asked for changes afterwards", map[string]string{
			"reviews": list(good, review("10", bob, "CHANGES_REQUESTED", "4T11", head))}, nil, Dismissed, ""},
		{"asked for changes after the merge", map[string]string{
			"reviews": list(good, review("10", bob, "CHANGES_REQUESTED", "4T13", head))}, nil, IsApproved, ""},
		{"asked for changes, then approved", map[string]string{
			"reviews": list(review("8", bob, "CHANGES_REQUESTED", "4T09", head), good)}, nil, IsApproved, ""},
		{"somebody else asked for changes", map[string]string{
			"reviews": list(good, review("10", carol, "CHANGES_REQUESTED", "4T11", head))}, nil, IsApproved, ""},
		{"a deleted account asked for changes", map[string]string{
			"reviews": list(good, review("10", "null", "CHANGES_REQUESTED", "4T11", head))}, nil, IsApproved, ""},
		{"commented afterwards", map[string]string{"reviews": list(good, review("10", bob, "COMMENTED", "4T11", head))}, nil,
			IsApproved, ""},
		{"a robot approved", map[string]string{"reviews": list(review("9", bot, "APPROVED", "4T10", head))}, nil, ByRobot, ""},
		{"a robot and a person approved", map[string]string{
			"reviews": list(review("8", bot, "APPROVED", "4T10", head), good)}, nil, IsApproved, "approved by bob"},
		{"a robot's change, approved", map[string]string{"author": bot, "commits": list(commit("h2", bot, "b0")),
			"reviews": list(good)}, nil, IsApproved, ""},
		{"a robot's change, not approved", map[string]string{"author": bot, "mergedBy": bot}, nil, ByRobot, ""},
		{"a robot named by its login alone", map[string]string{
			"reviews": list(review("9", `{"login":"ok[bot]","databaseId":5}`, "APPROVED", "4T10", head))}, nil, ByRobot, ""},
		{"the approver's account is deleted", map[string]string{"reviews": list(review("9", "null", "APPROVED", "4T10", head))},
			nil, Unknown, ""},
		{"a deleted approver beside another", map[string]string{
			"reviews": list(review("8", "null", "APPROVED", "4T10", head), good)}, nil, IsApproved, ""},
		{"a deleted approver too late", map[string]string{"reviews": list(review("9", "null", "APPROVED", "4T13", head))}, nil,
			AfterMerge, ""},
		{"the author's account is deleted", map[string]string{"author": "null", "reviews": list(good)}, nil, IsApproved, ""},
		{"author hidden", map[string]string{"reviews": list(good)}, []string{"author"}, Unknown,
			"approved by bob, and who opened it could not be collected"},
		{"author hidden, by an author of a commit", map[string]string{"reviews": list(good), "commits": list(together)},
			[]string{"author"}, SelfApproved, ""},
		{"author hidden, not approved", nil, []string{"author"}, Unreviewed, ""},
		{"reviews hidden", nil, []string{"reviews"}, Unknown, "its reviews could not be collected"},
		{"commits hidden, approved", map[string]string{"reviews": list(good)}, []string{"commits"}, Unknown, ""},
		{"commits hidden, not approved", nil, []string{"commits"}, Unreviewed, ""},
		{"merged by a queue", map[string]string{"reviews": list(good), "timelineItems": `[{"__typename":"AddedToMergeQueueEvent"}]`,
			"mergedBy": `{"__typename":"Bot","login":"github-merge-queue","databaseId":6}`}, nil, IsApproved, ""},
		{"merged by itself when all was well", map[string]string{"reviews": list(good), "mergedBy": alice,
			"autoMergeRequest": `{"enabledAt":"2026-05-04T09:00:00Z"}`}, nil, IsApproved, ""},
		{"an emergency, approved in time", map[string]string{"labels": `["Emergency"]`,
			"reviews": list(review("9", bob, "APPROVED", "5T12", head))}, nil, IsEmergency,
			"labelled as an emergency, approved by bob 24h0m0s after the merge"},
		{"an emergency, approved too late", map[string]string{"labels": `["emergency"]`,
			"reviews": list(review("9", bob, "APPROVED", "5T13", head))}, nil, AfterMerge, ""},
		{"an emergency, approved by its author", map[string]string{"labels": `[{"name":"break glass"}]`,
			"reviews": list(review("9", alice, "APPROVED", "4T13", head))}, nil, SelfApproved, ""},
		{"an emergency, approved before", map[string]string{"labels": `["emergency"]`, "reviews": list(good)}, nil, IsApproved, ""},
		{"an emergency, never approved", map[string]string{"labels": `["emergency"]`}, nil, Unreviewed, ""},
		{"an emergency at the merge commit", map[string]string{"labels": `["emergency"]`,
			"reviews": list(review("9", bob, "APPROVED", "4T13", `{"oid":"m1"}`))}, nil, IsEmergency, ""},
		{"an emergency, commits hidden", map[string]string{"labels": `["emergency"]`,
			"reviews": list(review("9", bob, "APPROVED", "5T00", head))}, []string{"commits"}, Unknown,
			"labelled as an emergency, approved by bob 12h0m0s after the merge, and who wrote it could not be collected"},
		{"an emergency, author hidden", map[string]string{"labels": `["emergency"]`,
			"reviews": list(review("9", bob, "APPROVED", "5T00", head))}, []string{"author"}, Unknown, ""},
		{"an emergency, never approved, commits hidden", map[string]string{"labels": `["emergency"]`}, []string{"commits"},
			Unreviewed, ""},
		{"approved before it was given another target", map[string]string{"reviews": list(good),
			"timelineItems": `[{"__typename":"BaseRefChangedEvent","createdAt":"2026-05-04T11:00:00Z"}]`}, nil, ThenChanged, ""},
		{"approved after it was given another target", map[string]string{"reviews": list(good),
			"timelineItems": `[{"__typename":"BaseRefChangedEvent","createdAt":"2026-05-04T09:00:00Z"}]`}, nil, IsApproved, ""},
		{"called an emergency after the merge", map[string]string{"labels": `["emergency"]`,
			"reviews":       list(review("9", bob, "APPROVED", "4T13", head)),
			"timelineItems": labelled("4T13")}, nil, AfterMerge, ""},
		{"an emergency, nothing tells since when", map[string]string{"labels": `["emergency"]`,
			"reviews": list(review("9", bob, "APPROVED", "4T13", head))}, []string{"timelineItems"}, AfterMerge, ""},
		{"called an emergency before the merge", map[string]string{"labels": `["emergency"]`,
			"reviews":       list(review("9", bob, "APPROVED", "4T13", head)),
			"timelineItems": labelled("4T11")}, nil, IsEmergency, ""},
		{"merge hidden", map[string]string{"reviews": list(good)}, []string{"mergedAt"}, Unknown,
			"whether it was merged could not be collected"},
		{"head hidden", map[string]string{"reviews": list(good)}, []string{"headRefOid"}, Unknown,
			"approved by bob at h2, and nothing tells which commit was merged"},
		{"head hidden, before a force push", map[string]string{"reviews": list(review("9", bob, "APPROVED", "4T10", "null"))},
			[]string{"headRefOid"}, ThenChanged, ""},
		{"not merged", map[string]string{"mergedAt": "null"}, nil, NotMerged, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			j := pull(t, tc.parts, tc.missing...).Judge()
			if j.Verdict != tc.want || tc.why != "" && j.Why != tc.why {
				t.Errorf("got %s (%s), want %s (%s)", j.Verdict, j.Why, tc.want, tc.why)
			}
			if (j.Verdict == IsApproved) != (len(j.Approvers) > 0) {
				t.Errorf("%s with approvers %v", j.Verdict, Names(j.Approvers))
			}
			if len(tc.missing) > 0 && j.Verdict == Unknown && (len(j.Needs) != 1 || j.Needs[0].Key != tc.missing[0]) {
				t.Errorf("needs %v, want %s", j.Needs, tc.missing[0])
			}
		})
	}
}

// TestGitHubStrategies holds which commits a change accounts for, by the way it was merged.
func TestGitHubStrategies(t *testing.T) {
	for _, tc := range []struct {
		name  string
		parts map[string]string
		want  Strategy
		has   []string
	}{
		{"squash, rebase or merge commit", nil, MadeAnew, []string{"m1", "h2", "h1"}},
		{"fast-forward", map[string]string{"mergeCommit": head}, FastForward, []string{"h2", "h1"}},
		{"merge queue", map[string]string{"timelineItems": `[{"__typename":"AddedToMergeQueueEvent"}]`}, MergeQueue,
			[]string{"m1", "h2", "h1"}},
		{"not told", map[string]string{"mergeCommit": "null"}, NotTold, []string{"h2", "h1"}},
	} {
		c := pull(t, tc.parts)
		if c.Strategy() != tc.want || !reflect.DeepEqual(c.Explains(), tc.has) {
			t.Errorf("%s: got %s of %v", tc.name, c.Strategy(), c.Explains())
		}
	}
}

// TestGitHubBypass holds that a way around the rules is named before what else is missing, and never over an approval.
func TestGitHubBypass(t *testing.T) {
	c := pull(t, nil)
	c.Bypass = "rules bypassed by alice"
	if j := c.Judge(); j.Verdict != Bypassed || j.Why != c.Bypass {
		t.Errorf("got %s (%s)", j.Verdict, j.Why)
	}
	c = pull(t, map[string]string{"reviews": "[" + review("9", bob, "APPROVED", "4T10", head) + "]"})
	c.Bypass = "rules bypassed by alice"
	if j := c.Judge(); j.Verdict != IsApproved {
		t.Errorf("got %s (%s)", j.Verdict, j.Why)
	}
}

// TestReviewedWithin holds the three answers.
func TestReviewedWithin(t *testing.T) {
	late := map[string]string{"reviews": "[" + review("9", bob, "APPROVED", "4T13", head) + "]"}
	for _, tc := range []struct {
		name       string
		c          Change
		d          time.Duration
		yes, known bool
	}{
		{"in time", pull(t, late), time.Hour, true, true},
		{"too late", pull(t, late), time.Hour - 1, false, true},
		{"before", pull(t, map[string]string{"reviews": "[" + review("9", bob, "APPROVED", "4T10", head) + "]"}), 0, true, true},
		{"in time, commits hidden", pull(t, late, "commits"), time.Hour, true, false},
		{"reviews hidden", pull(t, nil, "reviews"), time.Hour, false, false},
		{"never", pull(t, nil), time.Hour, false, true},
	} {
		yes, known := tc.c.ReviewedWithin(tc.d)
		if known != tc.known || known && yes != tc.yes {
			t.Errorf("%s: got %v, known %v", tc.name, yes, known)
		}
	}
}

// TestOtherShape holds that a document of an older collector is an error, never an unreviewed change.
func TestOtherShape(t *testing.T) {
	for _, doc := range []string{`{"number":7,"merged_at":"2026-05-04T12:00:00Z","head":{"sha":"h2"},"Reviews":[]}`, `{}`, `[]`,
		`{"mergedAt":1,"headRefOid":2,"reviews":3,"commits":4}`} {
		if c, err := Of(evidence.Subject{Type: "github.pull-request", ID: "x", Doc: json.RawMessage(doc)}); err == nil {
			t.Errorf("%s was read as %+v", doc, c)
		}
	}
	if _, err := Of(evidence.Subject{Type: "aws.s3.bucket", Doc: json.RawMessage(`{}`)}); err == nil {
		t.Error("a bucket was read as a change")
	}
}

// TestRepositoryKey holds that all ways to write a repository are one.
func TestRepositoryKey(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"https://github.com/Acme/shop.git", "github.com/acme/shop"},
		{"https://token@github.com/acme/shop/", "github.com/acme/shop"},
		{"git@github.com:acme/shop.git", "github.com/acme/shop"},
		{"ssh://git@git.acme.example:2222/acme/shop.git", "git.acme.example/acme/shop"},
		{"github.com/acme/shop", "github.com/acme/shop"},
		{"https://gitlab.com/acme/team/shop", "gitlab.com/acme/team/shop"},
		{"https://acme@dev.azure.com/acme/Web/_git/shop", "dev.azure.com/acme/web/_git/shop"},
		{"git@ssh.dev.azure.com:v3/acme/web/shop", "dev.azure.com/acme/web/_git/shop"},
		{"https://acme.visualstudio.com/DefaultCollection/web/_git/shop", "dev.azure.com/acme/web/_git/shop"},
		{"https://dev.azure.com/acme/Web%20Shop/_git/shop", "dev.azure.com/acme/web%20shop/_git/shop"},
		{"https://dev.azure.com/acme/Web Shop/_git/shop", "dev.azure.com/acme/web%20shop/_git/shop"},
		{"dev.azure.com/acme/web%20shop/_git/shop", "dev.azure.com/acme/web%20shop/_git/shop"},
		{"acme@vs-ssh.visualstudio.com:v3/acme/web/shop", "dev.azure.com/acme/web/_git/shop"},
		{"ssh://acme@vs-ssh.visualstudio.com:22/DefaultCollection/web/_ssh/shop", "dev.azure.com/acme/web/_git/shop"},
		{"https://github.com/acme/web%20shop", ""},
		{"", ""}, {"shop", ""}, {"https://github.com", ""}, {"://", ""},
	} {
		if got := RepositoryKey(tc.in); got != tc.want {
			t.Errorf("RepositoryKey(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}
