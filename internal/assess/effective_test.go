package assess

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

// iamSchemas are the identities and what effective() looks for, as loosely as it reads them.
func iamSchemas() []evidence.Schema {
	type policy struct{ PolicyName, PolicyArn, PolicyDocument string }
	type identity struct {
		InlinePolicies, AttachedPolicies []policy
		Groups                           []string
		GroupName, PolicyName, Document  string
		PermissionsBoundary              *struct{ PermissionsBoundaryArn string }
		Bound                            bool
		Levels                           []struct {
			Policies []struct{ Name, Content string }
		}
	}
	var out []evidence.Schema
	for _, name := range append([]string{"aws.iam.user", "aws.iam.role"}, evidence.EffectiveTypes()...) {
		out = append(out, evidence.Schema{Type: name, Doc: evidence.ShapeOf[identity]()})
	}
	return append(out, testSchemas()...)
}

// iamEstate is an account with a policy, an administrator policy of AWS's and a group that holds it.
func iamEstate(t *testing.T, change func(*evidence.Snapshot), users ...evidence.Subject) *memView {
	named := func(id, name, d string) evidence.Subject {
		return evidence.Subject{ID: id, Name: name, Doc: json.RawMessage(d)}
	}
	text := func(name, s string) string { return fmt.Sprintf(`{"PolicyName":%q,"Document":%q}`, name, s) }
	v := &memView{}
	v.add(t, "aws.iam.user", "1", "", nil, users...)
	v.add(t, "aws.iam.policy", "1", "", change,
		named("arn:aws:iam::1:policy/read", "read", text("read", policyOf(say("Allow", `"s3:Get*"`, `"*"`, "")))),
		named("arn:aws:iam::1:policy/broken", "broken", text("broken", "no policy")),
		evidence.Subject{ID: "arn:aws:iam::1:policy/hidden", Name: "hidden",
			Missing: map[string]evidence.Missing{"Document": {Operation: "iam:GetPolicyVersion", Outcome: evidence.OutcomeDenied}}})
	v.add(t, "aws.iam.managed-policy", "1", "", nil, named("arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess", text("AdministratorAccess", adminText)))
	v.add(t, "aws.iam.group", "1", "", nil, named("arn:aws:iam::1:group/admins", "admins",
		`{"GroupName":"admins","AttachedPolicies":[{"PolicyName":"AdministratorAccess","PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}]}`),
		named("arn:aws:iam::1:group/devs", "devs", `{"GroupName":"devs","InlinePolicies":[{"PolicyName":"self","PolicyDocument":`+
			fmt.Sprintf("%q", policyOf(say("Allow", `"iam:PutGroupPolicy"`, `"arn:aws:iam::1:group/devs"`, "")))+`}]}`))
	return v
}

func TestEffective(t *testing.T) {
	const pass, fail, unknown = evidence.Pass, evidence.Fail, evidence.Unknown
	attached := func(names ...string) string {
		for i, n := range names {
			names[i] = `{"PolicyArn":"arn:aws:iam::` + n + `"}`
		}
		return `"AttachedPolicies":[` + strings.Join(names, ",") + `]`
	}
	inline := `"InlinePolicies":[{"PolicyName":"quick","PolicyDocument":` + fmt.Sprintf("%q", adminText) + `}]`
	bounded := `,"PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::1:policy/read"}`
	denied := func(s *evidence.Snapshot) {
		s.Outcome, s.Subjects.Count = evidence.OutcomeDenied, 0
		s.Completeness.Operations = []evidence.Operation{{Name: "iam:GetAccountAuthorizationDetails",
			Outcome: evidence.OutcomeDenied, Permission: "iam:GetAccountAuthorizationDetails"}}
	}
	tests := []struct {
		name, doc, assert string
		change            func(*evidence.Snapshot)
		missing           string
		want              evidence.Verdict
		read              int
	}{
		{name: "nothing", doc: `{}`, assert: `effective(subject).allowsAdmin()`, want: fail},
		{name: "by an attached policy", doc: `{` + attached("aws:policy/AdministratorAccess") + `}`,
			assert: `effective(subject).allowsAdmin() && effective(subject).adminVia() == ["AdministratorAccess"]`, want: pass, read: 1},
		{name: "by an inline policy", doc: `{` + inline + `}`, assert: `effective(subject).adminVia() == ["inline quick"]`, want: pass},
		{name: "by a group", doc: `{"Groups":["admins"]}`,
			assert: `effective(subject).adminVia() == ["group admins: AdministratorAccess"]`, want: pass, read: 2},
		{name: "bounded", doc: `{` + inline + bounded + `}`,
			assert: `effective(subject).admin() == "no" && effective(subject).allows("s3:GetObject")`, want: pass, read: 1},
		{name: "some rights", doc: `{` + attached("1:policy/read") + `}`, want: pass, read: 1,
			assert: `effective(subject).allowsOn("s3:GetObject", "arn:aws:s3:::b/k") && !effective(subject).allows("s3:PutObject") &&
				effective(subject).decision("S3:GetObject") == "yes" && effective(subject).escalations() == []`},
		{name: "the policies of the own group", doc: `{"Groups":["devs"]}`, read: 1, want: pass,
			assert: `effective(subject).escalations() == ["iam:PutGroupPolicy"]`},
		{name: "the policies of the own group, as the group", doc: `{}`, read: 2, want: pass,
			assert: `related("aws.iam.group").exists(g, g.name == "devs" && effective(g).escalations() == ["iam:PutGroupPolicy"])`},
		{name: "a group that was not seen", doc: `{"Groups":["gone"]}`, assert: `effective(subject).allowsAdmin()`, want: unknown},
		{name: "a policy that was not seen", doc: `{` + attached("1:policy/gone") + `}`, assert: `effective(subject).allowsAdmin()`, want: unknown},
		{name: "policies refused", doc: `{` + attached("1:policy/read") + `}`, change: denied, assert: `effective(subject).allowsAdmin()`, want: unknown},
		{name: "policies refused that nobody needs", doc: `{` + inline + `}`, change: denied, assert: `effective(subject).allowsAdmin()`, want: pass},
		{name: "an unread policy may deny", doc: `{` + inline + `,` + attached("1:policy/hidden") + `}`, assert: `effective(subject).allowsAdmin()`, want: unknown, read: 1},
		{name: "an unreadable policy", doc: `{` + attached("1:policy/broken") + `}`, assert: `effective(subject).allowsAdmin()`, want: unknown, read: 1},
		{name: "an unread boundary", doc: `{` + inline + strings.Replace(bounded, "read", "hidden", 1) + `}`, assert: `effective(subject).allowsAdmin()`, want: unknown, read: 1},
		{name: "missing groups", doc: `{` + inline + `}`, missing: "Groups", assert: `effective(subject).allowsAdmin()`, want: unknown},
		{name: "missing inline policies", doc: `{}`, missing: "InlinePolicies", assert: `effective(subject).allowsAdmin()`, want: unknown},
		{name: "a missing boundary", doc: `{` + inline + `}`, missing: "PermissionsBoundary", assert: `effective(subject).allowsAdmin()`, want: unknown},
		{name: "another subject", doc: `{}`, assert: `related("aws.iam.group").all(g, g.name == "devs" || effective(g).allowsAdmin())`, want: pass, read: 3},
		{name: "by texts", doc: `{` + inline + `}`, want: pass,
			assert: `access(subject.doc.InlinePolicies.map(p, p.PolicyDocument)).allowsAdmin() &&
				!access([subject.doc.InlinePolicies[0].PolicyDocument], ['{"Statement":[]}']).allows("s3:GetObject") &&
				access([subject.doc.InlinePolicies[0].PolicyDocument], [], [[subject.doc.InlinePolicies[0].PolicyDocument]]).admin() == "yes" &&
				access([subject.doc.InlinePolicies[0].PolicyDocument], [], [[]]).admin() == "no"`},
		{name: "by a text that is none", doc: `{}`, assert: `access(["no policy"]).allowsAdmin()`, want: unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			user := evidence.Subject{ID: "arn:aws:iam::1:user/ann", Name: "ann", Doc: json.RawMessage(tt.doc)}
			if tt.missing != "" {
				user.Missing = map[string]evidence.Missing{tt.missing: {Operation: "iam:List", Outcome: evidence.OutcomeDenied}}
			}
			e, err := New([]evidence.Control{oneCheck("aws.iam.user", "", tt.assert)}, iamSchemas())
			if err != nil {
				t.Fatal(err)
			}
			_, sink := assess(t, e, iamEstate(t, tt.change, user), Input{})
			o := sink.observation("aws:1|aws.t.check|arn:aws:iam::1:user/ann")
			if o.Verdict != tt.want || o.Verdict == unknown && o.Reason == "" {
				t.Errorf("%s (%s), want %s", o.Verdict, o.Reason, tt.want)
			}
			if len(o.Evidence) != 1+tt.read {
				t.Errorf("rests on %d objects, want %d", len(o.Evidence), 1+tt.read)
			}
			if (tt.change != nil && tt.want == unknown || tt.missing != "") && len(o.Missing) != 1 {
				t.Errorf("missing %v", o.Missing)
			}
		})
	}
}

// TestEffectiveIsTyped holds that misuse is found when the catalog loads.
func TestEffectiveIsTyped(t *testing.T) {
	for assert, want := range map[string]string{
		`effective(subject).admn() == "yes"`:        "undeclared reference to 'admn'",
		`effective(subject).allowsAdmin() == "yes"`: "no matching overload",
		`access("text").allowsAdmin()`:              "no matching overload",
	} {
		_, err := New([]evidence.Control{oneCheck("aws.iam.user", "", assert)}, iamSchemas())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", assert, err)
		}
	}
	_, err := New([]evidence.Control{oneCheck("aws.s3.bucket", "", `effective(subject).allowsAdmin()`)}, testSchemas())
	if err == nil || !strings.Contains(err.Error(), `effective() needs subject type "aws.iam.policy"`) {
		t.Error(err)
	}
	o, err := mustNewIAM(t, `effective(subject).allowsAdmin()`).Case(context.Background(), "aws.t.check",
		Case{Subject: evidence.Subject{Type: "aws.s3.bucket", ID: "b", Doc: json.RawMessage(`{"AttachedPolicies":"x"}`)}, Now: asOf})
	if err != nil || o.Verdict != evidence.Fail {
		t.Errorf("a subject without policies: %s, %v", o.Verdict, err)
	}
}

func mustNewIAM(t *testing.T, assert string) *Evaluator {
	t.Helper()
	e, err := New([]evidence.Control{oneCheck("aws.s3.bucket", "", assert)}, iamSchemas())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// FuzzAccess reads any text as policy, boundary and level: every question has an answer, and one alone is never denied
// what no text denies.
func FuzzAccess(f *testing.F) {
	f.Add(adminText, policyOf(say("Deny", `"iam:*"`, `"arn:aws:iam::*:role/${aws:username}"`, noMFA)))
	f.Add(policyOf(say("Allow", `["iam:Put?olePolicy","*"]`, `["*","${"]`, fromHome)), policyOf(`{"Effect":"Allow","NotAction":"s3:*","NotResource":"a*"}`))
	f.Fuzz(func(t *testing.T, one, other string) {
		own, err := parsePolicy(one)
		if err != nil {
			return
		}
		limits := []document{}
		if more, err := parsePolicy(other); err == nil {
			limits = append(limits, document{"other", more})
		}
		free := newAccess("arn:aws:iam::1:role/r", []document{{"one", own}}, nil, nil)
		bounded := newAccess("arn:aws:iam::1:role/r", []document{{"one", own}}, limits, [][]document{limits})
		is, via := free.admin()
		if (is == no) != (len(via) == 0) {
			t.Errorf("%s by %v", is, via)
		}
		if less, _ := bounded.admin(); less > is {
			t.Errorf("a limit makes %s of %s", less, is)
		}
		for _, e := range bounded.escalations() {
			if !strings.Contains(e, "Boundary") && !slices.Contains(free.escalations(), e) {
				t.Errorf("a limit opens %s", e)
			}
		}
	})
}
