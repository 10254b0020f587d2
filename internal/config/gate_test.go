package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exhibit/internal/evidence"
	"exhibit/internal/gate"
)

func TestGate(t *testing.T) {
	const text = `gate:
  unknown: warn
  public: [shop.*-open]
  rules:
    - name: public
      match: { exposure: public }
      action: block
    - match: { exposure: internal, severity: [critical, high], owner: [payments, nobody] }
      action: block
      accept: { compensating: true, within: 30d }
    - name: sandbox
      match: { scope: "aws:444455556666*", check: aws.iam.*, control: keys, type: aws.iam.user }
      action: ignore
      reason: nothing of value is there
      until: 2026-12-31
    - { match: { severity: medium }, action: ticket, accept: any }
`
	c, err := Parse("x.yaml", []byte(text), providers)
	if err != nil {
		t.Fatal(err)
	}
	want := gate.Default().With([]gate.Rule{
		{Name: "public", Match: gate.Match{Exposure: "public"}, Action: "block"},
		{Name: "rule 2", Match: gate.Match{Exposure: "internal", Severity: []evidence.Severity{"critical", "high"},
			Owner: []string{"payments", ""}}, Action: "block",
			Accept: &gate.Accept{Compensating: true, Within: evidence.Duration(30 * 24 * time.Hour)}},
		{Name: "sandbox", Match: gate.Match{Scope: []string{"aws:444455556666*"}, Check: []string{"aws.iam.*"},
			Control: []string{"keys"}, Type: []string{"aws.iam.user"}}, Action: "ignore", Reason: "nothing of value is there",
			Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Name: "rule 4", Match: gate.Match{Severity: []evidence.Severity{"medium"}}, Action: "ticket", Accept: &gate.Accept{}},
	})
	want.Unknown, want.Public = "warn", []string{"shop.*-open"}
	if diff := cmp.Diff(want, c.Gate); diff != "" {
		t.Errorf("the policy differs (-want +got):\n%s", diff)
	}
	if c, err = Parse("x.yaml", nil, providers); err == nil {
		t.Error("an empty file is a configuration")
	}
	if c, err = Parse("x.yaml", []byte("store: a\n"), providers); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(gate.Default(), c.Gate); diff != "" || !cmp.Equal(gate.Default(), Default(".").Gate) {
		t.Errorf("without a section it is not the built-in policy (-want +got):\n%s", diff)
	}
}
