package owner

import (
	"errors"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

// people are those of most tests.
func people() map[string]Person {
	return map[string]Person{
		"payments": {Email: "payments@example.com", GitHub: "@shop/payments", Aliases: []string{"team-payments"}},
		"platform": {Slack: "#platform"},
		"security": {},
		"web":      {Email: "web@example.com"},
	}
}

func aws(account, region string) evidence.Scope {
	return evidence.Scope{Provider: "aws", Account: account, Region: region}
}

func subject(t *testing.T, scope evidence.Scope, s evidence.Subject) Subject {
	t.Helper()
	if s.Doc == nil {
		s.Doc = []byte(`{}`)
	}
	raw, err := evidence.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return Subject{s.Type, s.ID, scope, raw}
}

func bucket(t *testing.T, id string, tags map[string]string) Subject {
	return subject(t, aws("111122223333", ""), evidence.Subject{Type: "aws.s3.bucket", ID: id, Name: id, Tags: tags})
}

func TestOf(t *testing.T) {
	github := evidence.Scope{Provider: "github", Account: "shop"}
	repository := subject(t, github, evidence.Subject{Type: "github.repository", ID: "shop/till", Doc: []byte(
		`{"full_name":"shop/till","Codeowners":{"errors":[]},"CodeownersFile":{"path":".github/CODEOWNERS","text":"* @shop/payments\n/.github/ @nobody platform@x.example @shop/platform\n"}}`)})
	workflow := subject(t, github, evidence.Subject{Type: "github.workflow", ID: "shop/till/.github/workflows/ci.yml",
		Doc: []byte(`{"path":".github/workflows/ci.yml","Repository":{"full_name":"shop/till"}}`)})
	branch := subject(t, github, evidence.Subject{Type: "github.branch", ID: "shop/till:main", Doc: []byte(`{"Repository":{"full_name":"shop/till"}}`)})
	lost := subject(t, github, evidence.Subject{Type: "github.branch", ID: "shop/gone:main", Doc: []byte(`{"Repository":{"full_name":"shop/gone"}}`)})
	project := subject(t, evidence.Scope{Provider: "gitlab", Account: "shop"}, evidence.Subject{Type: "gitlab.project", ID: "7",
		Doc: []byte(`{"path_with_namespace":"shop/web/front"}`)})
	azure := subject(t, evidence.Scope{Provider: "azuredevops", Account: "shop"}, evidence.Subject{Type: "azuredevops.pull-request", ID: "7",
		Doc: []byte(`{"Repository":{"name":"till","webUrl":"https://dev.azure.com/shop/Till/_git/till"}}`)})
	untold := subject(t, aws("111122223333", ""), evidence.Subject{Type: "aws.s3.bucket", ID: "denied",
		Missing: map[string]evidence.Missing{"Tags": {Operation: "s3:GetBucketTagging", Outcome: evidence.OutcomeDenied, Permission: "s3:GetBucketTagging"}}})
	other := func(_, typ, id string) ([]byte, error) {
		if typ == "github.repository" && id == "shop/till" {
			return repository.Object, nil
		}
		return nil, nil
	}
	shop := map[string]Service{"shop": {Owner: "payments", Accounts: List{"999900001111"}, Repositories: List{"shop/*"}, Tags: map[string]string{"service": "shop", "env": "*"}}}
	byTag := Rule{Match: `subject.tags.team != ""`, Owner: "{subject.tags.team}"}
	tests := []struct {
		name  string
		rules []Rule
		s     Subject
		role  string
		want  string // owner by rule
	}{
		{"tag", []Rule{byTag}, bucket(t, "a", map[string]string{"team": "payments"}), "security", "payments rule 1"},
		{"alias, in any case", []Rule{byTag}, bucket(t, "a", map[string]string{"team": "Team-Payments"}), "", "payments rule 1"},
		{"unknown name falls through", []Rule{byTag, {Account: List{"111122223333"}, Owner: "platform"}},
			bucket(t, "a", map[string]string{"team": "ghosts"}), "security", "platform rule 2"},
		{"no tag falls through", []Rule{byTag, {Account: List{"1111*"}, Owner: "platform"}}, bucket(t, "a", nil), "", "platform rule 2"},
		{"first match wins", []Rule{{Type: List{"aws.*"}, Owner: "web"}, byTag}, bucket(t, "a", map[string]string{"team": "payments"}), "", "web rule 1"},
		{"control's role", []Rule{byTag}, bucket(t, "a", nil), "security", "security control"},
		{"role that is nobody, default", []Rule{byTag}, bucket(t, "a", nil), "engineering", "web default"},
		{"a template alone", []Rule{{Owner: "team-{subject.tags.team}"}}, bucket(t, "a", map[string]string{"team": "payments"}), "", "payments rule 1"},
		{"tag with a value", []Rule{{Tag: List{"env=prod", "env=live"}, Owner: "platform"}}, bucket(t, "a", map[string]string{"env": "live"}), "", "platform rule 1"},
		{"tag with another value", []Rule{{Tag: List{"env=prod"}, Owner: "platform"}}, bucket(t, "a", map[string]string{"env": "live"}), "", "web default"},
		{"tag with no value", []Rule{{Tag: List{"env"}, Owner: "platform"}}, bucket(t, "a", map[string]string{"env": ""}), "", "web default"},
		{"all conditions", []Rule{{Tag: List{"env"}, Type: List{"aws.ec2.*"}, Owner: "platform"}}, bucket(t, "a", map[string]string{"env": "x"}), "", "web default"},
		{"scope", []Rule{{Scope: List{"aws:111122223333"}, Owner: "platform"}}, bucket(t, "a", nil), "", "platform rule 1"},
		{"project is of Google Cloud", []Rule{{Project: List{"111122223333"}, Owner: "platform"}}, bucket(t, "a", nil), "", "web default"},
		{"tags that were denied", []Rule{{Tag: List{"team"}, Owner: "platform"}, byTag}, untold, "", "web default"},
		{"population: account", []Rule{byTag, {Account: List{"111122223333"}, Owner: "platform"}},
			Subject{Type: "aws.s3.bucket", Scope: aws("111122223333", "")}, "", "platform rule 2"},
		{"population: nothing about a subject holds", []Rule{{Match: `subject.name != "x"`, Owner: "payments"}, {Tag: List{"team"}, Owner: "payments"}},
			Subject{Type: "aws.s3.bucket", Scope: aws("111122223333", "")}, "security", "security control"},
		{"service by account", []Rule{{Service: "shop"}}, Subject{Type: "aws.s3.bucket", Scope: aws("999900001111", "eu-west-1")}, "", "payments rule 1"},
		{"service by tags, all of them", []Rule{{Service: "*"}}, bucket(t, "a", map[string]string{"service": "shop", "env": "prod"}), "", "payments rule 1"},
		{"service by one tag of two", []Rule{{Service: "*"}}, bucket(t, "a", map[string]string{"service": "shop"}), "", "web default"},
		{"service with another owner", []Rule{{Service: "shop", Owner: "platform"}}, branch, "", "platform rule 1"},
		{"repository of GitLab", []Rule{{Repository: List{"shop/*"}, Owner: "platform"}}, project, "", "platform rule 1"},
		{"repository of Azure DevOps", []Rule{{Repository: List{"shop/Till/_git/*"}, Owner: "platform"}}, azure, "", "platform rule 1"},
		{"path", []Rule{{Path: List{".github/workflows/*"}, Owner: "platform"}}, workflow, "", "platform rule 1"},
		{"a bucket has no repository", []Rule{{Repository: List{"*"}, Owner: "platform"}}, bucket(t, "a", nil), "", "web default"},
		{"code owners of a repository", []Rule{{Codeowners: true}}, repository, "", "payments rule 1"},
		{"code owners of a branch", []Rule{{Codeowners: true}}, branch, "", "payments rule 1"},
		{"code owners of a file: the first who is known", []Rule{{Codeowners: true}}, workflow, "", "platform rule 1"},
		{"code owners of a repository that is not collected", []Rule{{Codeowners: true}}, lost, "", "web default"},
		{"code owners of a bucket", []Rule{{Codeowners: true}}, bucket(t, "a", nil), "", "web default"},
	}
	all := people()
	all["platform"] = Person{Aliases: []string{"@shop/platform"}}
	for _, tt := range tests {
		r, err := New(Config{Rules: tt.rules, People: all, Services: shop, Default: "web"})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		a, err := r.Over(other).Of(tt.s, tt.role)
		got := a.Owner + " " + a.By
		if a.By == ByRule {
			got += " " + string(rune('0'+a.Rule))
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

func TestUnowned(t *testing.T) {
	r, err := New(Config{People: people()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Over(nil).Of(bucket(t, "a", nil), "engineering")
	if err != nil || a != (Answer{}) {
		t.Errorf("%+v, %v: want nobody", a, err)
	}
}

func TestExplain(t *testing.T) {
	r, err := New(Config{People: people(), Rules: []Rule{
		{Tag: List{"team"}, Owner: "{subject.tags.team}", Line: 3},
		{Account: List{"444455556666"}, Owner: "web", Line: 5},
		{Codeowners: true, Line: 7},
		{Type: List{"aws.*"}, Owner: "platform", Line: 9},
		{Owner: "web", Line: 11},
	}})
	if err != nil {
		t.Fatal(err)
	}
	a, steps, err := r.Over(nil).Explain(bucket(t, "a", map[string]string{"team": "ghosts"}), "")
	if err != nil || a != (Answer{"platform", ByRule, 4}) {
		t.Fatalf("%+v, %v", a, err)
	}
	want := []Step{
		{1, 3, "tag team", "names ghosts, not under people"},
		{2, 5, "account 444455556666", "does not match"},
		{3, 7, "CODEOWNERS", "does not match"},
		{4, 9, "type aws.*", "owner platform"},
	}
	if len(steps) != len(want) {
		t.Fatalf("%+v", steps)
	}
	for i := range want {
		if steps[i] != want[i] {
			t.Errorf("step %d: %+v, want %+v", i, steps[i], want[i])
		}
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name string
		c    Config
		want Error
	}{
		{"owner that is nobody", Config{Rules: []Rule{{Owner: "payments"}, {Owner: "ghosts"}}}, Error{Section: "owners", Rule: 1, Field: "owner", Line: 1, Column: 1, Msg: `"ghosts" is not under people:`}},
		{"no owner", Config{Rules: []Rule{{Tag: List{"a"}}}}, Error{Section: "owners", Line: 1, Column: 1, Msg: "the rule has no owner"}},
		{"owner beside code owners", Config{Rules: []Rule{{Codeowners: true, Owner: "web"}}}, Error{Section: "owners", Field: "owner", Line: 1, Column: 1, Msg: "the owner is in CODEOWNERS"}},
		{"match", Config{Rules: []Rule{{Match: "subject.tag", Owner: "web"}}}, Error{Section: "owners", Field: "match", Line: 1, Column: 9, Msg: `unknown field "tag"`}},
		{"template", Config{Rules: []Rule{{Owner: "team-{subject.nam}"}}}, Error{Section: "owners", Field: "owner", Line: 1, Column: 15, Msg: `unknown field "nam"`}},
		{"template that is no text", Config{Rules: []Rule{{Owner: "{subject.tags}"}}}, Error{Section: "owners", Field: "owner", Line: 1, Column: 2, Msg: "expected text"}},
		{"open brace", Config{Rules: []Rule{{Owner: "a{subject.name"}}}, Error{Section: "owners", Field: "owner", Line: 1, Column: 2, Msg: "not closed"}},
		{"unknown service", Config{Rules: []Rule{{Service: "tills"}}}, Error{Section: "owners", Field: "service", Line: 1, Column: 1, Msg: "is not under services:"}},
		{"service without members", Config{Services: map[string]Service{"a": {Owner: "web"}}}, Error{Section: "services", Name: "a", Line: 1, Column: 1, Msg: "expected accounts"}},
		{"service without an owner", Config{Services: map[string]Service{"a": {Accounts: List{"1"}}}}, Error{Section: "services", Name: "a", Field: "owner", Line: 1, Column: 1, Msg: "the owner is missing"}},
		{"criticality", Config{Services: map[string]Service{"a": {Owner: "web", Accounts: List{"1"}, Criticality: "huge"}}}, Error{Section: "services", Name: "a", Field: "criticality", Line: 1, Column: 1, Msg: "expected low"}},
		{"default", Config{Default: "ghosts"}, Error{Section: "owners_default", Line: 1, Column: 1, Msg: "is not under people:"}},
		{"alias of two", Config{People: map[string]Person{"a": {Aliases: []string{"x"}}, "b": {Email: "X"}, "web": {}, "payments": {}}}, Error{Section: "people", Name: "b", Line: 1, Column: 1, Msg: `"X" means a already`}},
	}
	for _, tt := range tests {
		if tt.c.People == nil {
			tt.c.People = people()
		}
		_, err := New(tt.c)
		var errs Errors
		if !errors.As(err, &errs) || len(errs) != 1 {
			t.Errorf("%s: %v, want one mistake", tt.name, err)
			continue
		}
		got := errs[0]
		if !strings.Contains(got.Msg, tt.want.Msg) {
			t.Errorf("%s: %q, want %q", tt.name, got.Msg, tt.want.Msg)
		}
		if got.Msg = tt.want.Msg; got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
