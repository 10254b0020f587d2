package assess

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// changeSchemas are the subjects that changes are read from, as loosely as they are read, and an application whose
// revisions lead to them.
func changeSchemas() []evidence.Schema {
	anything := &evidence.Shape{Kind: evidence.ShapeAny}
	var out []evidence.Schema
	for _, typ := range change.Types() {
		fields := map[string]*evidence.Shape{"note": anything}
		for _, k := range change.Reads(typ) {
			fields[k] = anything
		}
		out = append(out, evidence.Schema{Type: typ, Doc: &evidence.Shape{Kind: evidence.ShapeObject, Fields: fields}})
	}
	type app struct{ Repository, Commit string }
	out = append(out, evidence.Schema{Type: "x.application", Doc: evidence.ShapeOf[app]()})
	return append(out, testSchemas()...)
}

const (
	anne  = `{"__typename":"User","login":"anne","databaseId":1}`
	ben   = `{"__typename":"User","login":"ben","databaseId":2}`
	merge = `"number":1,"url":"https://github.com/acme/shop/pull/1","mergedAt":"2026-02-20T12:00:00Z","baseRefName":"main",` +
		`"headRefOid":"h1","mergeCommit":{"oid":"m1"},"author":` + anne + `,"mergedBy":` + ben + `,` +
		`"Repository":{"nameWithOwner":"acme/shop","defaultBranchRef":{"name":"main"}}`
	written = `"commits":[{"oid":"h1","authors":[` + anne + `],"parents":["b0"]}]`
	read    = `"reviews":[{"author":` + ben + `,"state":"APPROVED","submittedAt":"2026-02-20T10:00:00Z","commit":{"oid":"h1"}}]`
)

// merged is an approved pull request; parts replace what it has, and the keys in hidden could not be collected.
func merged(parts map[string]string, hidden ...string) evidence.Subject {
	doc := map[string]json.RawMessage{}
	for _, text := range []string{merge, written, read, `"labels":[],"timelineItems":[]`} {
		var some map[string]json.RawMessage
		if err := json.Unmarshal([]byte("{"+text+"}"), &some); err != nil {
			panic(err)
		}
		maps.Copy(doc, some)
	}
	for k, v := range parts {
		doc[k] = json.RawMessage(v)
	}
	s := evidence.Subject{Type: "github.pull-request", ID: "acme/shop/pull/1", Missing: map[string]evidence.Missing{}}
	for _, k := range hidden {
		delete(doc, k)
		s.Missing[k] = evidence.Missing{Operation: "pulls", Outcome: evidence.OutcomeDenied, Permission: "Pull requests: read"}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	s.Doc = raw
	return s
}

func landed(oid, associated string) evidence.Subject {
	return evidence.Subject{Type: "github.commit", ID: "acme/shop@" + oid, Doc: json.RawMessage(`{"oid":"` + oid +
		`","parents":["p"],"associatedPullRequests":` + associated + `,"authors":[` + anne +
		`],"Repository":{"nameWithOwner":"acme/shop","defaultBranchRef":{"name":"main"}}}`)}
}

func newWith(t *testing.T, c evidence.Control) *Evaluator {
	t.Helper()
	e, err := New([]evidence.Control{c}, changeSchemas())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestModelFields holds what an expression sees of a change, a commit and a deployment, and that what was not collected
// makes unknown what rests on it and nothing else.
func TestModelFields(t *testing.T) {
	const pass, fail, unknown = evidence.Pass, evidence.Fail, evidence.Unknown
	nobody := map[string]string{"reviews": "[]"}
	late := map[string]string{"labels": `["emergency"]`, "reviews": strings.Replace(read[len(`"reviews":`):], "T10", "T13", 1)}
	run := evidence.Subject{Type: "github.deployment", ID: "d", Doc: json.RawMessage(`{"sha":"m1","environment":"prod",` +
		`"Statuses":[{"state":"success","created_at":"2026-02-20T13:00:00Z"}],"creator":` + anne + `,"Run":{"head_sha":"m1"},` +
		`"Approvals":[{"state":"approved","user":` + ben + `,"environments":[{"name":"prod"}]}],` +
		`"Repository":{"full_name":"acme/shop"}}`)}
	denied := run
	denied.Missing = map[string]evidence.Missing{"Approvals": {Operation: "o", Outcome: evidence.OutcomeDenied},
		"Statuses": {Operation: "o", Outcome: evidence.OutcomeDenied}}
	around := suite()
	around.Type = "github.rule-suite"
	blurred := around
	blurred.Missing = map[string]evidence.Missing{"Evaluations": {Operation: "o", Outcome: evidence.OutcomeDenied}}
	for _, tc := range []struct {
		s      evidence.Subject
		assert string
		want   evidence.Verdict
	}{
		{merged(nil), `change(subject).approved`, pass},
		{merged(nil), `change(subject).verdict == "approved" && change(subject).why == "approved by ben"`, pass},
		{merged(nil), `change(subject).approvers == ["ben"] && change(subject).author == "anne" && !change(subject).robot`, pass},
		{merged(nil), `change(subject).onDefault && change(subject).target == "main" && change(subject).mergedBy == "ben"`, pass},
		{merged(nil), `change(subject).repository == "github.com/acme/shop" && change(subject).head == "h1"`, pass},
		{merged(nil), `change(subject).mergedAt == timestamp("2026-02-20T12:00:00Z")`, pass},
		{merged(nil), `change(subject).createdAt < now`, unknown},
		{merged(nil), `change(subject).strategy == "merge commit, squash or rebase"`, pass},
		{merged(map[string]string{"Repository": `{}`}), `change(subject).onDefault`, unknown},
		{merged(nobody), `change(subject).approved`, fail},
		{merged(nobody), `change(subject).reviewedWithin(24)`, fail},
		{merged(nobody), `change(subject).verdict == "unreviewed"`, pass},
		{merged(nobody, "labels"), `change(subject).approved`, fail},
		{merged(nobody, "labels"), `change(subject).emergency`, unknown},
		{merged(late), `change(subject).approved || change(subject).emergency && change(subject).reviewedWithin(24)`, pass},
		{merged(late), `change(subject).verdict == "emergency" && !change(subject).reviewedWithin(0)`, pass},
		{merged(late, "commits"), `change(subject).reviewedWithin(24)`, unknown},
		{merged(nil, "reviews"), `change(subject).approved`, unknown},
		{merged(nil, "reviews"), `change(subject).verdict != "approved"`, unknown},
		{merged(nil, "reviews"), `change(subject).reviewedWithin(24)`, unknown},
		{merged(nil, "reviews"), `change(subject).author == "anne"`, pass},
		{merged(nil, "reviews"), `false && change(subject).approved`, fail},
		{merged(nil), `change(subject).reviewedWithin(-1)`, unknown},
		{evidence.Subject{Type: "github.pull-request", ID: "old", Doc: json.RawMessage(`{"note":1}`)}, `change(subject).approved`, unknown},
		{landed("c", `[]`), `commit(subject).explained`, fail},
		{landed("c", `[]`), `commit(subject).verdict == "direct-push" && commit(subject).authors == ["anne"]`, pass},
		{landed("c", `[{"number":1,"mergedAt":"2026-02-20T12:00:00Z","baseRefName":"main"}]`),
			`commit(subject).explained && commit(subject).change == "1" && commit(subject).branch == "main"`, pass},
		{run, `deployment(subject).approved && deployment(subject).production && deployment(subject).succeeded`, pass},
		{run, `deployment(subject).startedBy == ["anne"] && deployment(subject).approvers == ["ben"]`, pass},
		{run, `deployment(subject).commit == "m1" && deployment(subject).repository == "github.com/acme/shop"`, pass},
		{denied, `deployment(subject).approved`, unknown},
		{denied, `deployment(subject).succeeded`, unknown},
		{denied, `deployment(subject).production`, pass},
		{around, `bypass(subject).by == "anne" && bypass(subject).rules == ["pull_request"] && bypass(subject).branch == "main"`, pass},
		{around, `bypass(subject).repository == "github.com/acme/shop" && bypass(subject).commit == "m1"`, pass},
		{blurred, `bypass(subject).rules == []`, unknown},
	} {
		t.Run(tc.s.ID+" "+tc.assert, func(t *testing.T) {
			e := newWith(t, oneCheck(tc.s.Type, "", tc.assert))
			o, err := e.Case(t.Context(), "aws.t.check", Case{Subject: tc.s, Now: asOf})
			if err != nil {
				t.Fatal(err)
			}
			if o.Verdict != tc.want {
				t.Errorf("got %s: %s", o.Verdict, o.Reason)
			}
			if o.Verdict == unknown && len(tc.s.Missing) > 0 && len(o.Missing) == 0 {
				t.Errorf("%s, without what is missing", o.Reason)
			}
		})
	}
}

// suite is a merge of m1 past the rules.
func suite() evidence.Subject {
	return evidence.Subject{ID: "acme/shop/rule-suites/1", Doc: json.RawMessage(`{"after_sha":"m1","ref":"refs/heads/main",` +
		`"result":"bypass","actor_name":"anne","Repository":{"full_name":"acme/shop"},` +
		`"Evaluations":[{"enforcement":"active","result":"fail","rule_type":"pull_request"}]}`)}
}

// TestBypassed holds that a merge past the rules is called one where nobody else approved it, and only there.
func TestBypassed(t *testing.T) {
	for _, tc := range []struct {
		s      evidence.Subject
		assert string
	}{
		{merged(map[string]string{"reviews": "[]"}),
			`change(subject).verdict == "bypassed" && change(subject).why == "rules bypassed by anne: pull_request"`},
		{merged(nil), `change(subject).approved`},
	} {
		v := &memView{}
		v.add(t, "github.rule-suite", "acme", "", nil, suite())
		v.add(t, "github.pull-request", "acme", "", nil, tc.s)
		_, sink := assess(t, newWith(t, oneCheck("github.pull-request", "", tc.assert)), v, Input{})
		if o := sink.observation("github:acme|aws.t.check|acme/shop/pull/1"); o.Verdict != evidence.Pass || len(o.Evidence) != 2 {
			t.Errorf("%s: %s, %s by %d", tc.assert, o.Verdict, o.Reason, len(o.Evidence))
		}
	}
}

// TestModelIsTyped holds that misuse is found when the catalog loads.
func TestModelIsTyped(t *testing.T) {
	for assert, want := range map[string]string{
		`change(subject).aproved`:                    `unknown field "aproved", did you mean "approved"?`,
		`change(subject).approved == "yes"`:          "no matching overload",
		`commit(subject).explained`:                  "no matching overload",
		`changesAt("a").exists(c, c.approved)`:       "no matching overload",
		`changesAt("a", "b").all(c, c.author == "")`: `unknown field "author"`,
	} {
		_, err := New([]evidence.Control{oneCheck("github.pull-request", "", assert)}, changeSchemas())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", assert, err)
		}
	}
	if _, err := New([]evidence.Control{oneCheck("aws.s3.bucket", "", `change(subject).approved`)}, testSchemas()); err == nil {
		t.Error("change() is there without any type that it reads")
	}
}

// TestChangesAt holds that a commit finds its change in whatever source collected it, and that nothing found is an answer
// only where nothing could be missing.
func TestChangesAt(t *testing.T) {
	const pass, fail, unknown = evidence.Pass, evidence.Fail, evidence.Unknown
	const trace = `changesAt(subject.doc.Repository, subject.doc.Commit).exists(c, c.approved)`
	app := func(commit string) evidence.Subject {
		return doc("app", `{"Repository":"git@github.com:acme/shop.git","Commit":"`+commit+`"}`)
	}
	whole := func(t *testing.T, v *memView) {
		v.add(t, "github.pull-request", "acme", "", nil, merged(nil))
		v.add(t, "github.commit", "acme", "", nil, landed("m1", `[]`), landed("pushed", `[]`),
			landed("rebased", `[{"number":1,"mergedAt":"2026-02-20T12:00:00Z","baseRefName":"main"}]`))
	}
	for _, tc := range []struct {
		name, commit string
		fill         func(*testing.T, *memView)
		in           Input
		want         evidence.Verdict
		reason       string
		evidence     int
	}{
		{"approved", "m1", whole, Input{}, pass, "", 3},
		{"on the way to what was approved", "rebased", whole, Input{}, fail, "", 3},
		{"pushed past all changes", "pushed", whole, Input{}, fail, "", 2},
		{"never heard of", "c9", whole, Input{}, unknown,
			"commit c9 of git@github.com:acme/shop.git is not among those of which it is known how they came", 1},
		{"not approved", "m1", func(t *testing.T, v *memView) {
			v.add(t, "github.pull-request", "acme", "", nil, merged(map[string]string{"reviews": "[]"}))
		}, Input{}, fail, "", 2},
		{"approval unknown", "m1", func(t *testing.T, v *memView) {
			v.add(t, "github.pull-request", "acme", "", nil, merged(nil, "reviews"))
		}, Input{}, unknown, "the approval of acme/shop/pull/1 is unknown", 2},
		{"no changes at all", "m1", func(*testing.T, *memView) {}, Input{}, unknown,
			"no changes of git@github.com:acme/shop.git were collected", 1},
		{"changes denied", "rebased", func(t *testing.T, v *memView) {
			v.add(t, "github.pull-request", "acme", "", func(s *evidence.Snapshot) {
				s.Outcome = evidence.OutcomeDenied
				s.Completeness.Operations = []evidence.Operation{{Name: "pulls", Outcome: evidence.OutcomeDenied, Permission: "p"}}
			})
			v.add(t, "github.commit", "acme", "", nil,
				landed("rebased", `[{"number":1,"mergedAt":"2026-02-20T12:00:00Z","baseRefName":"main"}]`))
		}, Input{}, unknown, "github.pull-request was not collected: pulls denied, needs p", 2},
		{"a gap in the changes", "c9", func(t *testing.T, v *memView) {
			v.add(t, "github.pull-request", "acme", "", func(s *evidence.Snapshot) {
				s.Completeness.Coverage = &evidence.Coverage{Span: evidence.Window{From: asOf.Add(-48 * time.Hour), To: asOf},
					Gaps: []evidence.Unknowable{{Window: evidence.Window{From: asOf.Add(-9 * time.Hour), To: asOf.Add(-8 * time.Hour)},
						Reason: "lost"}}}
			}, merged(nil))
		}, Input{}, unknown, "events of github.pull-request are not known", 1},
		{"stale", "m1", func(t *testing.T, v *memView) {
			v.add(t, "github.pull-request", "acme", "", func(s *evidence.Snapshot) { s.Window.From = asOf.Add(-48 * time.Hour) },
				merged(nil))
		}, Input{}, unknown, "stale: github.pull-request was last collected more than 26h before", 1},
		{"the source cannot be reached", "m1", func(*testing.T, *memView) {}, Input{Scopes: []evidence.ScopeOutcome{
			{Source: "code", Scope: evidence.Scope{Provider: "github", Account: "acme"}, Outcome: evidence.OutcomeUnreachable}}},
			unknown, "the scope could not be collected: unreachable", 1},
		{"documents of an older shape", "c9", func(t *testing.T, v *memView) {
			v.add(t, "github.pull-request", "acme", "", nil, merged(nil), doc("acme/shop/pull/2", `{"note":1}`))
		}, Input{}, unknown, "documents of github.pull-request are of another shape", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := &memView{}
			tc.fill(t, v)
			v.add(t, "x.application", "cluster", "", nil, app(tc.commit))
			_, sink := assess(t, newWith(t, oneCheck("x.application", "", trace)), v, tc.in)
			o := sink.observation("x:cluster|aws.t.check|app")
			if o.Verdict != tc.want || !strings.Contains(o.Reason, tc.reason) {
				t.Errorf("got %s: %s, want %s: %s", o.Verdict, o.Reason, tc.want, tc.reason)
			}
			if len(o.Evidence) != tc.evidence {
				t.Errorf("%d pieces of evidence, want %d", len(o.Evidence), tc.evidence)
			}
			if tc.name == "changes denied" && (len(o.Missing) != 1 || o.Missing[0].Permission != "p") {
				t.Errorf("missing %+v", o.Missing)
			}
		})
	}
}

// TestChangesAtInAnyOrder gives the same evidence in many orders and to different numbers of workers.
func TestChangesAtInAnyOrder(t *testing.T) {
	v := &memView{}
	v.add(t, "github.pull-request", "acme", "", nil, merged(nil))
	v.add(t, "github.pull-request", "other", "", nil, merged(nil))
	v.add(t, "github.commit", "acme", "", nil, landed("m1", `[]`), landed("pushed", `[]`))
	for _, cluster := range []string{"a", "b"} {
		var apps []evidence.Subject
		for i := range 300 {
			apps = append(apps, doc("app"+strings.Repeat("x", i), `{"Repository":"github.com/acme/shop","Commit":"`+
				[]string{"m1", "pushed", "c9"}[i%3]+`"}`))
		}
		v.add(t, "x.application", cluster, "", nil, apps...)
	}
	c := oneCheck("x.application", "", `changesAt(subject.doc.Repository, subject.doc.Commit).exists(c, c.approved)`)
	c.Checks[0].Facts = map[string]string{"changes": `changesAt(subject.doc.Repository, subject.doc.Commit).map(c, c.id)`}
	e := newWith(t, c)
	_, want := assess(t, e, v, Input{Workers: 1})
	for i := range 8 {
		rand.Shuffle(len(v.snaps), func(i, j int) { v.snaps[i], v.snaps[j] = v.snaps[j], v.snaps[i] })
		_, got := assess(t, e, v, Input{Workers: 1 + i%4})
		for _, key := range slices.Sorted(maps.Keys(want.observations)) {
			if !bytes.Equal(got.observations[key], want.observations[key]) {
				t.Fatalf("%s:\n%s\nwas\n%s", key, got.observations[key], want.observations[key])
			}
		}
		for key, f := range want.findings {
			if !bytes.Equal(got.findings[key], f) {
				t.Fatalf("%s:\n%s\nwas\n%s", key, got.findings[key], f)
			}
		}
	}
}

// TestReadsOfModel holds that what change() and its like read by themselves is among what a check reads.
func TestReadsOfModel(t *testing.T) {
	for _, tc := range []struct{ typ, assert string }{
		{"github.pull-request", "change(subject).approved"},
		{"github.commit", "commit(subject).explained"},
		{"github.deployment", "deployment(subject).approved"},
		{"github.rule-suite", "bypass(subject).by == ''"},
	} {
		got := newWith(t, oneCheck(tc.typ, "", tc.assert)).Reads("aws.t.check")
		if want := change.Reads(tc.typ); !slices.Equal(got[tc.typ], want) || len(got) != 1 {
			t.Errorf("%s reads %v, want %v", tc.assert, got, want)
		}
	}
	got := newWith(t, oneCheck("x.application", "", `changesAt("a", "b").exists(c, c.approved)`)).Reads("aws.t.check")
	for _, typ := range change.Types() {
		if _, read := got[typ]; read != (change.Tells(typ) != change.TellsDeployment && !change.Completes(typ)) {
			t.Errorf("changesAt() reads %s: %v", typ, read)
		}
	}
}
