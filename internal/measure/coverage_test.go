package measure

import (
	"slices"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

func estate() Input {
	aws := evidence.Scope{Provider: "aws", Account: "1"}
	ok, denied := evidence.OutcomeOK, evidence.OutcomeDenied
	return Input{
		Period: evidence.Window{From: on(1), To: on(31)}, AsOf: on(31),
		Scopes: []evidence.ScopeOutcome{{Source: "s", Scope: aws, Outcome: ok}, {Source: "s", Scope: aws, Outcome: denied},
			{Source: "s", Scope: aws, Outcome: evidence.OutcomeExcluded}, {Source: "s", Scope: aws, Outcome: evidence.OutcomeNotEnabled}},
		Snapshots: []evidence.Snapshot{
			{Source: "s", Collector: "aws.s3.bucket", Scope: aws, Outcome: ok, Completeness: evidence.Completeness{Listed: 7,
				SecondCount: &evidence.SecondCount{Count: 10}, Operations: []evidence.Operation{
					{Name: "s3:ListBuckets", Outcome: ok}, {Name: "s3:GetBucketPolicy", Outcome: denied}}}},
			{Source: "s", Collector: "aws.iam.user", Scope: aws, Outcome: denied, Completeness: evidence.Completeness{
				Operations: []evidence.Operation{{Name: "iam:ListUsers", Outcome: denied}}}},
			{Source: "s", Collector: "aws.config.inventory", Scope: aws, Outcome: ok, Completeness: evidence.Completeness{
				Recounts: []evidence.Recount{{Collector: "aws.ec2.volume", Scope: "aws:1", Counted: 6, Missed: 1},
					{Collector: "aws.kms.key", Counted: 3}}}},
		},
		Series: []Series{{"fresh", on(31).Add(-time.Hour), days(1)}, {"just", on(30), days(1)}, {"stale", on(29), days(1)},
			{"never", time.Time{}, days(1)}},
		Tally: evidence.Tally{Pass: 6, Fail: 2, Unknown: 2, NotApplicable: 5},
		Requirements: []Requirement{
			{"soc2@1", "CC1", evidence.Satisfied, false, 2, 2}, {"soc2@1", "CC2", evidence.Satisfied, true, 1, 1},
			{"soc2@1", "CC3", evidence.NotSatisfied, false, 3, 3}, {"soc2@1", "CC4", evidence.Indeterminate, false, 1, 2},
			{"soc2@1", "P1", "not-covered", false, 0, 0}, {"iso@1", "A.1", evidence.Satisfied, false, 1, 1},
		},
	}
}

func TestCoverage(t *testing.T) {
	all := Metrics(estate())
	for _, tc := range []struct{ name, of, want string }{
		{"coverage-scopes", "", "2/3; 1 left out by the configuration"},
		{"coverage-operations", "", "1/3"},
		{"coverage-lists", "", "2/3"},
		{"coverage-subjects", "", "12/16; 1 an inventory counts it, and there is no whole list to compare"}, // 7 of 10, 5 of 6
		{"coverage-verdicts", "", "8/10; 5 not applicable"},
		{"coverage-requirements", "soc2@1", "3/5"},
		{"coverage-requirements", "iso@1", "1/1"},
		{"audit-readiness", "soc2@1", "2/5; 1 counted as ready although checks show a part of it only"},
		{"audit-readiness", "iso@1", "1/1"},
		{"freshness", "", "2/4"},
	} {
		t.Run(tc.name+" "+tc.of, func(t *testing.T) {
			if got := brief(find(t, all, tc.name, tc.of)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
	m := find(t, all, "freshness", "")
	if !slices.Equal(m.Counted, []string{"fresh", "just"}) || !slices.Equal(m.Others, []string{"never", "stale"}) {
		t.Errorf("fresh are %q, others %q", m.Counted, m.Others)
	}
}

// TestNothing says of every metric why it is not measurable, and makes up no number.
func TestNothing(t *testing.T) {
	for _, m := range Metrics(Input{}) {
		if m.Because == "" || m.Measurable() || m.Numerator != 0 || m.Denominator != 0 || m.Median != nil {
			t.Errorf("%s of nothing is %s", m.Name, brief(m))
		}
		if m.Title == "" || m.Formula == "" {
			t.Errorf("%s has no title or no formula", m.Name)
		}
	}
}

// TestListed bounds what a metric names, whatever the order it comes in.
func TestListed(t *testing.T) {
	var in Input
	for i := range 3 * MaxListed {
		in.Failures = append(in.Failures, Failure{Key: string(rune('z' - i%26)), Accepted: "false-positive"})
	}
	m := find(t, Metrics(in), "noise-rate", "")
	if m.Numerator != 60 || len(m.Counted) != MaxListed || m.Counted[0] != "a" || !slices.IsSorted(m.Counted) {
		t.Errorf("%d counted, named %q", m.Numerator, m.Counted)
	}
}
