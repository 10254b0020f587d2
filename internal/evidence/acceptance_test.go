package evidence

import (
	"testing"
	"time"
)

func TestAcceptanceLapse(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	good := RiskAcceptance{
		Requester: "ann", Approver: "ben", Owner: "cat", Category: "waiver", Start: day(1), End: day(10),
	}
	for _, tc := range []struct {
		name   string
		change func(*RiskAcceptance)
		at     time.Time
		want   string
	}{
		{"in effect", func(*RiskAcceptance) {}, day(5), ""},
		{"at its start", func(*RiskAcceptance) {}, day(1), ""},
		{"before", func(*RiskAcceptance) {}, day(1).Add(-1), "not started"},
		{"at its end", func(*RiskAcceptance) {}, day(10), "ended"},
		{"no approver", func(a *RiskAcceptance) { a.Approver = "" }, day(5), "not approved"},
		{"own request", func(a *RiskAcceptance) { a.Approver = "ann" }, day(5), "approved by its requester"},
		{"own risk", func(a *RiskAcceptance) { a.Approver = "cat" }, day(5), "approved by the owner"},
		{"mitigated by nothing", func(a *RiskAcceptance) { a.Category = "mitigated" }, day(5), "mitigated by nothing"},
		{"compensated", func(a *RiskAcceptance) { a.Compensating = []string{"good"} }, day(5), ""},
		{"compensation fails", func(a *RiskAcceptance) { a.Compensating = []string{"good", "bad"} }, day(5),
			"compensating check bad does not pass"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := good
			tc.change(&a)
			if got := a.Lapse(tc.at, func(c string) bool { return c == "good" }); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
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
