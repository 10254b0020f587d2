package change

import (
	"encoding/json"
	"reflect"
	"testing"

	"exhibit/internal/evidence"
)

// TestGitHubBypasses holds what is read of the pushes that the rulesets let pass, from the collector's recording.
func TestGitHubBypasses(t *testing.T) {
	b, err := BypassOf(recorded(t, "github/testdata/github.rule-suite.json")["acme/payments/rule-suites/21"])
	if err != nil {
		t.Fatal(err)
	}
	if b.Repository != "github.com/acme/payments" || b.Branch != "main" || b.Commit != "349fc3164830ae16eb99c102cb87bb60247bba79" ||
		b.By.ID != "81935806" || b.At.IsZero() || !reflect.DeepEqual(b.Rules, []string{"pull_request"}) {
		t.Errorf("read as %+v", b)
	}
	if b.Why() != "rules bypassed by alice: pull_request" {
		t.Errorf("why: %s", b.Why())
	}
	s := evidence.Subject{Type: "github.rule-suite", Doc: json.RawMessage(`{"after_sha":"c","ref":"refs/heads/main","result":"bypass",` +
		`"actor_id":null,"actor_name":null}`), Missing: map[string]evidence.Missing{"Evaluations": {Operation: "o",
		Outcome: evidence.OutcomeDenied}}}
	if b, err = BypassOf(s); err != nil || b.By.known() || b.Unseen[PartRules].Key != "Evaluations" {
		t.Errorf("read as %+v, %v", b, err)
	}
	if _, err := BypassOf(evidence.Subject{Type: "github.commit", Doc: json.RawMessage(`{}`)}); err == nil {
		t.Error("a commit was read as a bypass")
	}
}

// TestIndexBypass holds that a merge finds what it went around, in sets that may be used.
func TestIndexBypass(t *testing.T) {
	x := NewIndex()
	suite := func(id, rule string) evidence.Subject {
		return evidence.Subject{Type: "github.rule-suite", ID: id, Doc: json.RawMessage(`{"after_sha":"m1","ref":"refs/heads/main",` +
			`"result":"bypass","actor_name":"alice","Repository":{"full_name":"Acme/shop"},"Evaluations":[{"enforcement":"active",` +
			`"result":"fail","rule_type":"` + rule + `"},{"enforcement":"evaluate","result":"fail","rule_type":"x"}]}`)}
	}
	for set, s := range []evidence.Subject{suite("b", "second"), suite("a", "first")} {
		if err := x.Add(set, s, evidence.Sum([]byte(s.ID))); err != nil {
			t.Fatal(err)
		}
	}
	all := func(int) bool { return true }
	if why, read := x.Bypass("github.com/acme/shop", "m1", all); why != "rules bypassed by alice: first" || read.IsZero() {
		t.Errorf("got %q", why)
	}
	if why, _ := x.Bypass("github.com/acme/shop", "m1", func(set int) bool { return set == 0 }); why != "rules bypassed by alice: second" {
		t.Errorf("got %q", why)
	}
	if why, _ := x.Bypass("github.com/acme/shop", "m2", all); why != "" {
		t.Errorf("got %q", why)
	}
}

func FuzzGitHubBypass(f *testing.F) {
	for _, s := range recorded(f, "github/testdata/github.rule-suite.json") {
		f.Add([]byte(s.Doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if b, err := BypassOf(fuzzSubject("github.rule-suite", doc, "")); err == nil && b.Why() == "" {
			t.Fatal("no reason")
		}
	})
}
