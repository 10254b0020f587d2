package assess

import (
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

func TestMatcher(t *testing.T) {
	m, err := NewMatcher()
	if err != nil {
		t.Fatal(err)
	}
	target := func(s evidence.Subject) *Target {
		t.Helper()
		raw, err := evidence.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		out, err := NewTarget(s.Type, evidence.Scope{Provider: "aws", Account: "111122223333", Name: "prod"}, raw)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	tagged := target(evidence.Subject{Type: "aws.s3.bucket", ID: "arn:aws:s3:::shop-media", Name: "shop-media",
		Tags: map[string]string{"team": "payments"}, Doc: []byte(`{"Grants":["a","b"],"Owner":{"ID":"abc"}}`)})
	bare := target(evidence.Subject{Type: "aws.s3.bucket", ID: "arn:aws:s3:::x", Doc: []byte(`{}`)})
	denied := target(evidence.Subject{Type: "aws.s3.bucket", ID: "arn:aws:s3:::y", Doc: []byte(`{}`),
		Missing: map[string]evidence.Missing{"Tags": {Operation: "s3:GetBucketTagging", Outcome: evidence.OutcomeDenied, Permission: "s3:GetBucketTagging"}}})
	for _, tt := range []struct {
		expr   string
		target *Target
		want   bool
		unread string
	}{
		{`subject.tags.team != ""`, tagged, true, ""},
		{`subject.tags.team != ""`, bare, false, ""}, // no such tag
		{`has(subject.tags.team)`, bare, false, ""},
		{`subject.tags.team != ""`, denied, false, "s3:GetBucketTagging"},
		{`subject.scope.account == "111122223333" && subject.type.startsWith("aws.s3.")`, tagged, true, ""},
		{`subject.doc.Owner.ID == "abc"`, tagged, true, ""},
		{`subject.doc.Grants.exists(g, g == "b")`, tagged, true, ""},
		{`subject.doc.Absent == 1`, tagged, false, ""},
	} {
		x, errs := m.Condition(tt.expr)
		if errs != nil {
			t.Fatalf("%s: %v", tt.expr, errs)
		}
		got, unread, err := x.Holds(tt.target)
		if err != nil || got != tt.want || !strings.Contains(unread, tt.unread) || (unread == "") != (tt.unread == "") {
			t.Errorf("%s of %s: %v, %q, %v; want %v, %q", tt.expr, tt.target.rec.id, got, unread, err, tt.want, tt.unread)
		}
	}
	x, errs := m.Text(`subject.tags.team + "@example.com"`)
	if errs != nil {
		t.Fatal(errs)
	}
	if got, _, err := x.Value(tagged); got != "payments@example.com" || err != nil {
		t.Errorf("text: %q, %v", got, err)
	}
	if got, _, err := x.Value(bare); got != "" || err != nil {
		t.Errorf("text without an answer: %q, %v", got, err)
	}
	if v, ok, _ := tagged.Tag("team"); v != "payments" || !ok {
		t.Errorf("tag: %q, %v", v, ok)
	}
	if _, ok, unread := denied.Tag("team"); ok || !strings.Contains(unread, "s3:GetBucketTagging") {
		t.Errorf("tags that were denied: %v, %q", ok, unread)
	}
	if got := tagged.Field("Owner", "ID"); got != "abc" {
		t.Errorf("field: %q", got)
	}
}

func TestMatcherRefuses(t *testing.T) {
	m, err := NewMatcher()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ expr, want string }{
		{`subject.tag.team == "a"`, `1:9: unknown field "tag", did you mean "tags"?`},
		{`subject.scope.acount == "a"`, `1:15: unknown field "acount", did you mean "account"?`},
		{`subject.name`, "1:1: expected a true or false expression, got string"},
		{`now > timestamp("2026-01-01T00:00:00Z")`, "undeclared reference to 'now'"},
		{`related("aws.ec2.vpc").size() > 0`, "undeclared reference to 'related'"},
		{`subject.name.replace("a", subject.id) == ""`, "makes texts of any length"},
		{"true &&\n  subject.typ == ''", `2:11: unknown field "typ"`},
	} {
		_, errs := m.Condition(tt.expr)
		if errs == nil || !strings.Contains(errs.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.expr, errs, tt.want)
		}
	}
	if _, errs := m.Text(`subject.tags.size()`); errs == nil || !strings.Contains(errs.Error(), "expected text, got int") {
		t.Errorf("a number for text: %v", errs)
	}
}
