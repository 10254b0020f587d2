package evidence

import (
	"maps"
	"testing"
	"time"
)

func day(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }

func TestAcceptanceLapse(t *testing.T) {
	good := RiskAcceptance{
		Requester: "ann", Approver: "ben", Owner: "cat", Category: "waiver", Start: day(1), End: day(10),
		Limits: &AcceptanceLimits{Latest: map[Severity]time.Time{Critical: day(5), High: day(10)}, Renewals: 1},
	}
	for _, tc := range []struct {
		name     string
		change   func(*RiskAcceptance)
		at       time.Time
		severity Severity
		renewals int
		want     string
	}{
		{"in effect", func(*RiskAcceptance) {}, day(5), High, 0, ""},
		{"at its start", func(*RiskAcceptance) {}, day(1), High, 0, ""},
		{"before", func(*RiskAcceptance) {}, day(1).Add(-1), High, 0, "not started"},
		{"in its last moment", func(*RiskAcceptance) {}, day(10).Add(-1), High, 0, ""},
		{"at its end", func(*RiskAcceptance) {}, day(10), High, 0, "ended"},
		{"no approver", func(a *RiskAcceptance) { a.Approver = "" }, day(5), High, 0, "not approved"},
		{"a blank approver", func(a *RiskAcceptance) { a.Approver = " " }, day(5), High, 0, "not approved"},
		{"own request", func(a *RiskAcceptance) { a.Approver = "ann" }, day(5), High, 0, "approved by its requester"},
		{"own request in capitals", func(a *RiskAcceptance) { a.Approver = " Ann" }, day(5), High, 0, "approved by its requester"},
		{"own risk", func(a *RiskAcceptance) { a.Approver = "cat" }, day(5), High, 0, "approved by the owner"},
		{"the most for critical", func(*RiskAcceptance) {}, day(5).Add(-1), Critical, 0, ""},
		{"more than the most", func(*RiskAcceptance) {}, day(5), Critical, 0, "longer than 4d, the most for critical"},
		{"no limit for low", func(*RiskAcceptance) {}, day(9), Low, 0, ""},
		{"committed without limits", func(a *RiskAcceptance) { a.Limits = nil }, day(9), Critical, 9, ""},
		{"renewed", func(*RiskAcceptance) {}, day(5), High, 1, ""},
		{"renewed too often", func(*RiskAcceptance) {}, day(5), High, 2, "renewed more than 1 times"},
		{"before it was withdrawn", func(a *RiskAcceptance) { a.Withdrawn = day(4) }, day(4).Add(-1), High, 0, ""},
		{"withdrawn", func(a *RiskAcceptance) { a.Withdrawn = day(4) }, day(4), High, 0, "withdrawn"},
		{"mitigated by nothing", func(a *RiskAcceptance) { a.Category = "mitigated" }, day(5), High, 0, "mitigated by nothing"},
		{"compensated", func(a *RiskAcceptance) { a.Compensating = []string{"good"} }, day(5), High, 0, ""},
		{"compensation fails", func(a *RiskAcceptance) { a.Compensating = []string{"good", "bad"} }, day(5), High, 0,
			"compensating check bad does not pass"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := good
			tc.change(&a)
			got := a.Lapse(tc.at, Standing{tc.severity, tc.renewals, func(c string) bool { return c == "good" }})
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRenewals(t *testing.T) {
	got := Renewals([]RiskAcceptance{{ID: "a"}, {ID: "a2", Renews: "a"}, {ID: "a3", Renews: "a2"}, {ID: "b2", Renews: "never-committed"},
		{ID: "x", Renews: "y"}, {ID: "y", Renews: "x"}})
	want := map[string]int{"a": 0, "a2": 1, "a3": 2, "b2": 1, "x": 1, "y": 1}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAcceptanceCovers(t *testing.T) {
	a := RiskAcceptance{Check: "c", Scope: "aws:1", Subjects: []string{"arn:a"}}
	o := Observation{Check: "c", Scope: "aws:1", Subject: "arn:a"}
	if !a.Covers(o) {
		t.Error("does not cover its own subject")
	}
	for _, other := range []Observation{
		{Check: "d", Scope: "aws:1", Subject: "arn:a"},
		{Check: "c", Scope: "aws:2", Subject: "arn:a"},
		{Check: "c", Scope: "aws:1", Subject: "arn:b"},
		{Check: "c", Scope: "aws:1"},
	} {
		if a.Covers(other) {
			t.Errorf("covers %+v", other)
		}
	}
}
