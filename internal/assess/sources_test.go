package assess

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
)

// TestSources holds that a check of some sources looks at their subjects alone, and that one of them that never delivered
// leaves its control open.
func TestSources(t *testing.T) {
	c := oneCheck("aws.s3.bucket", "", "subject.doc.Size == 1")
	c.Checks[0].Sources = []string{"code", "images"}
	from := func(source string) func(*evidence.Snapshot) {
		return func(s *evidence.Snapshot) { s.Source = source }
	}
	incomplete := func(s *evidence.Snapshot) { s.Source, s.Outcome = "other", evidence.OutcomeSkipped }
	lost := func(source, account string) evidence.ScopeOutcome {
		return evidence.ScopeOutcome{Source: source, Outcome: evidence.OutcomeUnreachable,
			Scope: evidence.Scope{Provider: "aws", Account: account}}
	}
	tests := []struct {
		name  string
		view  func(*memView)
		lost  []evidence.ScopeOutcome
		want  map[string]string
		looks []string
	}{
		{"nothing was delivered", func(*memView) {}, nil, map[string]string{
			"ctl|": "indeterminate never collected: aws.s3.bucket of code; never collected: aws.s3.bucket of images"}, nil},
		{"another's list does not count, whole or not", func(v *memView) {
			v.add(t, "aws.s3.bucket", "1", "", incomplete, doc("a", `{"Size":2}`))
			v.add(t, "aws.s3.bucket", "2", "", from("code"), doc("b", `{"Size":1}`))
			v.add(t, "aws.s3.bucket", "3", "", from("images"), doc("c", `{"Size":1}`))
		}, nil, map[string]string{"ctl|aws:2": "satisfied ", "ctl|aws:3": "satisfied "},
			[]string{"aws:2|aws.t.check|b", "aws:3|aws.t.check|c"}},
		{"one of them is missing", func(v *memView) {
			v.add(t, "aws.s3.bucket", "2", "", from("code"), doc("b", `{"Size":1}`))
		}, nil, map[string]string{"ctl|aws:2": "satisfied ", "ctl|": "indeterminate never collected: aws.s3.bucket of images"},
			[]string{"aws:2|aws.t.check|b"}},
		{"what was lost is its own or another's", func(v *memView) {
			v.add(t, "aws.s3.bucket", "2", "", from("code"), doc("b", `{"Size":1}`))
			v.add(t, "aws.s3.bucket", "3", "", from("images"), doc("c", `{"Size":1}`))
		}, []evidence.ScopeOutcome{lost("other", "4"), lost("code", "5")}, map[string]string{"ctl|aws:2": "satisfied ",
			"ctl|aws:3": "satisfied ", "ctl|aws:5": "indeterminate the scope could not be collected: unreachable"},
			[]string{"aws:2|aws.t.check|b", "aws:3|aws.t.check|c", "aws:5|aws.t.check|"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := &memView{}
			tt.view(v)
			_, sink := assess(t, mustNew(t, c), v, Input{Scopes: tt.lost})
			got := map[string]string{}
			for key := range sink.findings {
				f := sink.finding(key)
				got[key] = string(f.Status) + " " + strings.Join(f.Reasons, "; ")
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.looks, keys(sink.observations)); d != "" {
				t.Errorf("observations (-want +got):\n%s", d)
			}
		})
	}
}
