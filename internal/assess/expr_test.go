package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// TestExpressionErrors is one mistake each, with the text that its author reads.
func TestExpressionErrors(t *testing.T) {
	tests := []struct{ assert, want string }{
		{`subject.doc.Nmae == ""`, `1:13: unknown field "Nmae", did you mean "Name"?`},
		{`subject.doc.Public.Blocked`, `1:20: unknown field "Blocked", did you mean "Block"?`},
		{`subject.doc.Grants.exists(g, g.Whom == "x")`, `1:32: unknown field "Whom", did you mean "Who"?`},
		{`subject.dco.Name == ""`, `1:9: unknown field "dco", did you mean "doc"?`},
		{`subject.scope.regoin == ""`, `1:15: unknown field "regoin", did you mean "region"?`},
		{`params.limt > 1`, `1:8: unknown field "limt", did you mean "limit"?`},
		{`policy(subject.doc.Policy).statments.size() > 0`, `1:28: unknown field "statments", did you mean "statements"?`},
		{"true &&\n  subject.doc.Wrong.x", `2:15: unknown field "Wrong"`},
		{`sbject.doc.Name == ""`, `1:1: undeclared reference to 'sbject' (did you mean 'subject'?)`},
		{`related("aws.cloudtrail.trial").size() > 0`,
			`1:9: unknown subject type "aws.cloudtrail.trial", did you mean "aws.cloudtrail.trail"?`},
		{`related(subject.type).size() > 0`,
			`1:16: related() takes a subject type in quotes, such as related("aws.ec2.vpc")`},
		{`related("aws.cloudtrail.trail").exists(t, t.doc.Name == "")`, `1:49: unknown field "Name", did you mean "name"?`},
		{`subject.doc.Size == "1"`,
			`1:18: found no matching overload for '_==_' applied to '(int, string)'`},
		{`subject.doc.Name`, `1:1: expected a true or false expression, got string`},
		{`subject.doc.Size >`, "1:19: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"},
		{``, "1:1: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"},
		{`{"a": 1}.all(k, k == "a")`,
			`1:13: a map that is written in the expression has no order to go through: use a list`},
		{`subject.doc.Name.replace("", subject.doc.Policy) == ""`,
			`1:25: replace() makes texts of any length: write the new text in quotes`},
		{`now.getHours("Europe/Berlin") > 3 && now.getHours() > 3`,
			`1:13: getHours() takes no time zone, because machines differ in what they know of them: it is UTC`},
		{`lists.range(1000000000).size() > 0`, `1:12: lists.range() makes lists of any length and may not be used`},
	}
	for _, tt := range tests {
		t.Run(tt.assert, func(t *testing.T) {
			c := oneCheck("aws.s3.bucket", "", tt.assert)
			c.Params = map[string]evidence.Param{"limit": {Value: json.RawMessage("1"), Bound: "max"}}
			_, err := New([]evidence.Control{c}, testSchemas())
			want := "control ctl, check aws.t.check, assert, " + tt.want
			if err == nil || strings.SplitN(err.Error(), "\ncontrol", 2)[0] != want {
				t.Errorf("error\n%v, want\n%s", err, want)
			}
		})
	}
}

// TestAllErrors expects every mistake of every check, not the first one.
func TestAllErrors(t *testing.T) {
	a, b := oneCheck("aws.s3.bucket", "subject.doc.A", "subject.doc.B"), oneCheck("aws.s3.bukket", "", "true")
	a.Checks[0].Facts = map[string]string{"x": "subject.doc.C"}
	b.ID, b.Checks[0].ID = "other", "aws.t.other"
	_, err := New([]evidence.Control{a, b}, testSchemas())
	want := []string{
		`control ctl, check aws.t.check, where, 1:13: unknown field "A"`,
		`control ctl, check aws.t.check, assert, 1:13: unknown field "B"`,
		`control ctl, check aws.t.check, facts.x, 1:13: unknown field "C"`,
		`control other, check aws.t.other, subject, 1:1: unknown subject type "aws.s3.bukket", did you mean "aws.s3.bucket"?`,
	}
	if d := cmp.Diff(want, strings.Split(err.Error(), "\n")); d != "" {
		t.Errorf("errors (-want +got):\n%s", d)
	}
}

// TestThreeValues is Kleene's logic over a bucket whose Size is 1, whose Policy was denied and whose Name is absent.
func TestThreeValues(t *testing.T) {
	const pass, fail, unknown = evidence.Pass, evidence.Fail, evidence.Unknown
	missing, absent := `subject.doc.Policy == ""`, `subject.doc.Name == ""`
	tests := []struct {
		assert string
		want   evidence.Verdict
	}{
		{"false && " + missing, fail}, {missing + " && false", fail},
		{"true || " + missing, pass}, {missing + " || true", pass},
		{"true && " + missing, unknown}, {"false || " + missing, unknown},
		{"!(" + missing + ")", unknown},
		{missing + " ? true : true", unknown},
		{"subject.doc.Size == 1 ? true : " + missing, pass},
		{"has(subject.doc.Policy)", unknown}, {"!has(subject.doc.Policy)", unknown},
		{"has(subject.doc.Name)", fail}, {"!has(subject.doc.Name)", pass},
		{"has(subject.doc.Public) && subject.doc.Public.Block", fail},
		{"has(subject.doc.Public.Block)", unknown},
		{`subject.doc.?Policy.orValue("x") == "x"`, unknown},
		{`subject.doc.?Policy.hasValue()`, unknown},
		{`subject.doc.?Name.orValue("x") == "x"`, pass},
		{`subject.doc.?Public.?Block.orValue(true)`, pass},
		{absent, unknown}, {"false && " + absent, fail}, {"true || " + absent, pass},
		{absent + " && " + missing, unknown},
		{`subject.doc.Grants.exists(g, g.Who == "a")`, pass},
		{`subject.doc.Grants.all(g, g.Who == "a")`, fail},
		{`subject.doc.Grants.exists(g, g.Who == "a" && ` + missing + `)`, unknown},
		{`subject.doc.Grants.exists(g, g.Who == "a" || ` + missing + `)`, pass},
		{`subject.doc.Labels.env == "prod"`, pass}, {`subject.doc.Labels["env"] == "prod"`, pass},
		{`"env" in subject.doc.Labels`, pass}, {`"x" in subject.doc.Labels`, fail}, {`subject.doc.Labels.all(k, k == "env")`, pass},
		{`subject.doc.Ratio * 2.0 == 4.0`, pass}, {`subject.doc.Size + 1 == 2`, pass},
		{`policy(subject.doc.Policy).allowsPublic()`, unknown},
		{`policy("no policy").allowsPublic()`, unknown},
		{`1 / (subject.doc.Size - 1) == 1`, unknown},
		{`subject.doc.Grants[7].Who == "a"`, unknown},
		{`subject.id == "b" && subject.name == "name of b" && subject.type == "aws.s3.bucket"`, pass},
		{`subject.tags.size() == 0 && !("a" in subject.tags)`, pass},
		{`subject.scope.provider == "aws" && subject.scope.region == "" && subject.scope.facts.org`, pass},
		{`subject.scope.facts.none == 1`, unknown},
		{`age("2025-12-31T00:00:00Z") == days(1) && ageDays("2025-12-30T12:00:00Z") == 1 && age(now) == days(0)`, pass},
		{`age("N/A") > days(1)`, unknown}, {`isTime("N/A")`, fail}, {`isTime("2026-01-01T00:00:00+00:00")`, pass},
		{`now == timestamp("2026-01-01T00:00:00Z")`, pass},
		{`portsInclude(20, 25, 22) && portsInclude(-1, -1, 22) && !portsInclude(23, 25, 22)`, pass},
		{`cidrIsAny("0.0.0.0/0") && cidrIsPublic("8.8.8.8") && cidrContains("10.0.0.0/8", "10.1.2.3")`, pass},
		{`cidrIsAny("anywhere")`, unknown},
		{`isProduction("prod-eu") && isProduction("shop/Live2") && !isProduction("pre-production")`, pass},
		{`subject.doc.Grants.exists(subject, subject.Who == "a")`, pass},
		{`[subject].all(subject, subject.doc.Size == 1) && subject.doc.Size == 1`, pass},
		{`[{"doc": 7}].all(subject, subject.doc == 7)`, pass},
	}
	for _, tt := range tests {
		t.Run(tt.assert, func(t *testing.T) {
			e := mustNew(t, oneCheck("aws.s3.bucket", "", tt.assert))
			b := doc("b", `{"Size":1,"Ratio":2,"Grants":[{"Who":"a"},{"Who":"b"}],"Labels":{"env":"prod"}}`)
			b.Type = "aws.s3.bucket"
			b.Missing = map[string]evidence.Missing{"Policy": {Operation: "s3:GetBucketPolicy", Outcome: evidence.OutcomeDenied}}
			o, err := e.Case(context.Background(), "aws.t.check", Case{Subject: b, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
				Scope: evidence.Scope{Provider: "aws", Account: "1", Facts: map[string]any{"org": true}}})
			if err != nil || o.Verdict != tt.want {
				t.Errorf("%s (%s), error %v; want %s", o.Verdict, o.Reason, err, tt.want)
			}
			reads := strings.Contains(tt.assert, "Policy") && tt.want == unknown
			if reads && !strings.Contains(tt.assert, "no policy") && len(o.Missing) != 1 {
				t.Errorf("missing %v", o.Missing)
			}
		})
	}
}

// TestRelated is what an expression sees of other subjects, whole and with gaps.
func TestRelated(t *testing.T) {
	const trails = `related("aws.cloudtrail.trail")`
	multi := trails + `.exists(t, t.doc.Multi)`
	build := func(change func(*evidence.Snapshot)) *memView {
		v := &memView{}
		v.add(t, "aws.s3.bucket", "1", "", nil, doc("b", `{"Name":"logs"}`))
		v.add(t, "aws.s3.bucket", "1", "eu-west-1", nil, doc("r", `{"Name":"logs"}`))
		v.add(t, "aws.cloudtrail.trail", "1", "eu-west-1", nil, doc("t1", `{"Multi":false}`), doc("t2", `{"Bucket":"logs","Multi":true}`))
		v.add(t, "aws.cloudtrail.trail", "1", "us-east-1", change, doc("t3", `{"Multi":false}`))
		v.add(t, "aws.cloudtrail.trail", "2", "eu-west-1", nil, doc("t4", `{"Multi":true}`))
		return v
	}
	denied := func(s *evidence.Snapshot) {
		s.Outcome, s.Subjects.Count = evidence.OutcomeDenied, 0
		s.Completeness.Operations = []evidence.Operation{{Name: "cloudtrail:DescribeTrails", Outcome: evidence.OutcomeDenied,
			Permission: "cloudtrail:DescribeTrails"}}
	}
	stale := func(s *evidence.Snapshot) { s.Window.From = asOf.Add(-48 * time.Hour) }
	tests := []struct {
		name, assert, key string
		change            func(*evidence.Snapshot)
		want              evidence.Verdict
		read              []string // ids of the related subjects in the evidence
	}{
		{"the account sees all its regions", trails + `.size() == 3`, "aws:1|aws.t.check|b", nil, evidence.Pass, nil},
		{"a region sees itself", trails + `.size() == 2`, "aws:1:eu-west-1|aws.t.check|r", nil, evidence.Pass, nil},
		{"reading until it is decided", multi, "aws:1|aws.t.check|b", nil, evidence.Pass, []string{"t1", "t2"}},
		{"reading all", trails + `.all(t, t.doc.Bucket == "x" || true)`, "aws:1|aws.t.check|b", nil, evidence.Pass, []string{"t1", "t2", "t3"}},
		{"joined", trails + `.exists(t, t.doc.?Bucket == subject.doc.?Name)`, "aws:1|aws.t.check|b", nil, evidence.Pass, []string{"t1", "t2"}},
		{"a gap, decided without it", multi, "aws:1|aws.t.check|b", denied, evidence.Pass, []string{"t1", "t2"}},
		{"a gap beyond the region", trails + `.size() == 2`, "aws:1:eu-west-1|aws.t.check|r", denied, evidence.Pass, nil},
		{"a gap, counted", trails + `.size() == 2`, "aws:1|aws.t.check|b", denied, evidence.Unknown, nil},
		{"a gap, all", trails + `.all(t, t.id != "")`, "aws:1|aws.t.check|b", denied, evidence.Unknown, []string{"t1", "t2"}},
		{"a gap, all but one fails", trails + `.all(t, t.id != "t1")`, "aws:1|aws.t.check|b", denied, evidence.Fail, []string{"t1"}},
		{"a gap, none", `!` + trails + `.exists(t, t.id == "x")`, "aws:1|aws.t.check|b", denied, evidence.Unknown, []string{"t1", "t2"}},
		{"a gap, filtered", trails + `.filter(t, t.id == "t1").size() == 1`, "aws:1|aws.t.check|b", denied, evidence.Unknown, []string{"t1", "t2"}},
		{"a stale part is a gap", trails + `.size() == 2`, "aws:1|aws.t.check|b", stale, evidence.Unknown, nil},
		{"a type never collected", `related("gcp.storage.bucket").size() == 0`, "aws:1|aws.t.check|b", nil, evidence.Unknown, nil},
		{"a guard before the gap", `subject.doc.Name == "logs" || ` + trails + `.size() == 2`, "aws:1|aws.t.check|b", denied, evidence.Pass, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := build(tt.change)
			_, sink := assess(t, mustNew(t, oneCheck("aws.s3.bucket", "", tt.assert)), v, Input{})
			o := sink.observation(tt.key)
			if o.Verdict != tt.want {
				t.Errorf("%s %q, want %s", o.Verdict, o.Reason, tt.want)
			}
			if o.Verdict == evidence.Unknown && !strings.Contains(o.Reason, "aws.cloudtrail.trail") && !strings.Contains(o.Reason, "gcp") {
				t.Errorf("reason %q", o.Reason)
			}
			ids := map[evidence.Digest]string{}
			for _, items := range v.subjects {
				for _, it := range items {
					ids[it.digest] = it.id
				}
			}
			var read []string
			for _, d := range o.Evidence[1:] {
				read = append(read, ids[d])
			}
			if d := cmp.Diff(tt.read, read); d != "" {
				t.Errorf("evidence (-want +got):\n%s", d)
			}
			if ids[o.Evidence[0]] != o.Subject {
				t.Errorf("the first evidence is %s", ids[o.Evidence[0]])
			}
			if tt.name == "a gap, counted" && (len(o.Missing) != 1 || o.Missing[0].Permission != "cloudtrail:DescribeTrails") {
				t.Errorf("missing %v", o.Missing)
			}
			if f := sink.finding("ctl|aws:1"); tt.change != nil && strings.HasPrefix(tt.name, "a stale") &&
				!f.ObservedFrom.Equal(asOf.Add(-48*time.Hour)) {
				t.Errorf("observed from %s", f.ObservedFrom)
			}
		})
	}
}

// TestRelatedOfAccount lets a region see what belongs to its account as a whole, and bounds what is named as evidence.
func TestRelatedOfAccount(t *testing.T) {
	v := &memView{}
	v.add(t, "aws.cloudtrail.trail", "1", "eu-west-1", nil, doc("t", `{}`))
	var buckets []evidence.Subject
	for i := range 150 {
		buckets = append(buckets, doc(fmt.Sprintf("b%03d", i), `{}`))
	}
	v.add(t, "aws.s3.bucket", "1", "", nil, buckets...)
	v.add(t, "aws.s3.bucket", "2", "", nil, doc("x", `{}`))
	e := mustNew(t, oneCheck("aws.cloudtrail.trail", "", `related("aws.s3.bucket").all(b, b.id != "x") && related("aws.s3.bucket").size() == 150`))
	_, sink := assess(t, e, v, Input{})
	if o := sink.observation("aws:1:eu-west-1|aws.t.check|t"); o.Verdict != evidence.Pass || len(o.Evidence) != 1+maxRead {
		t.Errorf("%s %q with %d digests", o.Verdict, o.Reason, len(o.Evidence))
	}
}

// TestCostIsBounded stops an expression that would run for hours.
func TestCostIsBounded(t *testing.T) {
	const loops = `subject.doc.Grants.all(a, subject.doc.Grants.all(b, subject.doc.Grants.all(c, subject.doc.Grants.all(d, a.Who + b.Who + c.Who != d.Who + "!"))))`
	e := mustNew(t, oneCheck("aws.s3.bucket", "", loops))
	v := &memView{}
	v.add(t, "aws.s3.bucket", "1", "", nil, doc("b", `{"Grants":[`+strings.Repeat(`{"Who":"a"},`, 2000)+`{"Who":"a"}]}`))
	_, sink := assess(t, e, v, Input{})
	o := sink.observation("aws:1|aws.t.check|b")
	if o.Verdict != evidence.Unknown || o.Reason != "assert has no answer: the expression costs more than is allowed" {
		t.Errorf("%s %q", o.Verdict, o.Reason)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b := doc("b", string(json.RawMessage(`{"Grants":[`+strings.Repeat(`{"Who":"a"},`, 2000)+`{"Who":"a"}]}`)))
	b.Type = "aws.s3.bucket"
	if _, err := e.Case(ctx, "aws.t.check", Case{Subject: b}); err == nil {
		t.Error("a loop does not look at the context")
	}
}

// TestTagsThatWereNotCollected are unknown, not absent.
func TestTagsThatWereNotCollected(t *testing.T) {
	for _, assert := range []string{`"team" in subject.tags`, `subject.tags.size() == 0`, `subject.tags.?team.hasValue()`,
		`has(subject.tags.team)`, `subject.tags.team == "x"`, `related("aws.s3.bucket").exists(b, has(b.tags.team))`} {
		v := &memView{}
		v.add(t, "aws.s3.bucket", "1", "", nil, evidence.Subject{ID: "b", Missing: map[string]evidence.Missing{
			"Tags": {Operation: "s3:GetBucketTagging", Outcome: evidence.OutcomeThrottled}}})
		_, sink := assess(t, mustNew(t, oneCheck("aws.s3.bucket", "", assert)), v, Input{})
		o := sink.observation("aws:1|aws.t.check|b")
		if o.Verdict != evidence.Unknown || o.Reason != "Tags was not collected: s3:GetBucketTagging throttled" {
			t.Errorf("%s: %s %q", assert, o.Verdict, o.Reason)
		}
	}
}

func TestFacts(t *testing.T) {
	c := oneCheck("aws.s3.bucket", "", "true")
	c.Checks[0].Facts = map[string]string{"size": "subject.doc.Size", "none": "subject.doc.Name", "opt": "subject.doc.?Name",
		"some": "subject.doc.?Size", "grants": "subject.doc.Grants", "who": "subject.doc.Grants.map(g, g.Who)", "age": "age(now)",
		"half": "1.0 / 2.0", "denied": "subject.doc.Policy", "self": "subject", "map": `{"b": 1, "a": [now]}`, "null": "null",
		"big": "9007199254740993", "long": "subject.doc.Grants.map(g, subject.id.replace('b', '" + strings.Repeat("x", 5000) + "'))",
		"text": `"a\"\u2028é\n\u0001"`, "doc": "subject.doc.Labels"}
	b := doc("b", `{"Size":12345678901234567,"Grants":[{"Who":"ä"}],"Labels":{"x":"\u007f\"\\"}}`)
	b.Type = "aws.s3.bucket"
	b.Missing = map[string]evidence.Missing{"Policy": {Operation: "p", Outcome: evidence.OutcomeDenied}}
	o, err := mustNew(t, c).Case(context.Background(), "aws.t.check", Case{Subject: b, Now: asOf})
	if err != nil {
		t.Fatal(err)
	}
	got, err := evidence.Encode(o.Facts)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"age":"0s","big":9007199254740993,"doc":{"x":"` + "\u007f" + `\"\\"},"grants":[{"Who":"ä"}],"half":0.5,` +
		`"long":"5004 bytes, too long to repeat: see the evidence","map":{"a":["2026-03-01T12:00:00Z"],"b":1},"null":null,"self":"b","size":12345678901234567,"some":12345678901234567,` +
		`"text":"a\"` + "\u2028" + `é\n\u0001","who":["ä"]}`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("facts (-want +got):\n%s", d)
	}
	if o.Verdict != evidence.Pass || len(o.Missing) != 0 {
		t.Errorf("a fact that is missing changes the verdict: %+v", o)
	}
}
