package evidence

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

// TestAcceptanceEndings walks over the days before an end, and asks each day what became due since the day before.
func TestAcceptanceEndings(t *testing.T) {
	start, end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	good := RiskAcceptance{ID: "a", Requester: "ann", Approver: "ben", Owner: "cat", Check: "c", Start: start, End: end}
	tooLong := good
	tooLong.Limits = &AcceptanceLimits{Latest: map[Severity]time.Time{High: end.AddDate(0, -1, 0)}}
	short := good
	short.Start = end.AddDate(0, 0, -10)
	unapproved, withdrawn := good, good
	unapproved.Approver, withdrawn.Withdrawn = "", start.AddDate(0, 0, 1)
	renewal := RiskAcceptance{ID: "a2", Requester: "ann", Approver: "ben", Owner: "cat", Renews: "a", Start: end, End: end.AddDate(1, 0, 0)}
	asked := renewal
	asked.Approver = ""
	for _, tc := range []struct {
		name string
		list []RiskAcceptance
		want []string // days left, and the day on which that was told
	}{
		{"all three", []RiskAcceptance{good}, []string{"30 2026-03-02", "7 2026-03-25", "1 2026-03-31"}},
		{"by the most that is allowed", []RiskAcceptance{tooLong}, []string{"30 2026-01-30", "7 2026-02-22", "1 2026-02-28"}},
		{"none before it begins", []RiskAcceptance{short}, []string{"7 2026-03-25", "1 2026-03-31"}},
		{"not approved", []RiskAcceptance{unapproved}, nil},
		{"withdrawn", []RiskAcceptance{withdrawn}, nil},
		{"renewed", []RiskAcceptance{good, renewal}, nil},
		{"a renewal that nobody approved", []RiskAcceptance{good, asked}, []string{"30 2026-03-02", "7 2026-03-25", "1 2026-03-31"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			keys := map[string]bool{}
			for d := start.AddDate(0, 0, -5); d.Before(end.AddDate(0, 0, 20)); d = d.AddDate(0, 0, 1) {
				for _, e := range AcceptanceEndings(tc.list, func(string) Severity { return High }, d.AddDate(0, 0, -1), d) {
					if e.Owner != "cat" || e.About != "c" || keys[e.Key()] {
						t.Errorf("got %+v", e)
					}
					keys[e.Key()] = true
					got = append(got, strconv.Itoa(e.Days)+" "+d.Format(time.DateOnly))
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	// Whoever slept hears the last one only, and nothing of what is over.
	if got := AcceptanceEndings([]RiskAcceptance{good}, func(string) Severity { return High }, start, end.Add(-1)); len(got) != 1 || got[0].Days != 1 {
		t.Errorf("after a long sleep: %+v", got)
	}
	if got := AcceptanceEndings([]RiskAcceptance{good}, func(string) Severity { return High }, start, end); len(got) != 0 {
		t.Errorf("after its end: %+v", got)
	}
}

func TestAttestationEndings(t *testing.T) {
	at := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }
	q1 := Attestation{ID: "q1", Control: "backups", Author: "hana", Period: Window{From: at(1, 1), To: at(4, 1)}, Expires: at(7, 1)}
	q2 := Attestation{ID: "q2", Control: "backups", Author: "hana", Period: Window{From: at(4, 1), To: at(7, 1)}, Expires: at(10, 1)}
	elsewhere := q2
	elsewhere.Scope = "aws:1"
	contradicted := q2
	contradicted.Ended = at(6, 1)
	for _, tc := range []struct {
		name string
		list []Attestation
		want int
	}{
		{"alone", []Attestation{q1}, 1},
		{"followed by another", []Attestation{q1, q2}, 0},
		{"followed by one for one scope", []Attestation{q1, elsewhere}, 1},
		{"followed by one that ended early", []Attestation{q1, contradicted}, 1},
	} {
		got := AttestationEndings(tc.list, at(6, 23), at(6, 24))
		if len(got) != tc.want || tc.want == 1 && (got[0].ID != "q1" || got[0].Days != 7 || got[0].Owner != "hana" || got[0].About != "backups") {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}

func TestAttestationLapse(t *testing.T) {
	a := Attestation{Period: Window{From: day(1), To: day(5)}, Expires: day(20), Ended: day(10), EndedBy: Withdrawn}
	for _, tc := range []struct {
		at   time.Time
		want string
	}{{day(1).Add(-1), "not begun"}, {day(1), ""}, {day(10).Add(-1), ""}, {day(10), Withdrawn}, {day(25), Withdrawn}} {
		if got := a.Lapse(tc.at); got != tc.want {
			t.Errorf("at %s: %q, want %q", tc.at, got, tc.want)
		}
	}
	a.Ended, a.EndedBy = time.Time{}, ""
	if got := a.Lapse(day(20)); got != "expired" {
		t.Errorf("at its expiry: %q", got)
	}
}

func TestAttested(t *testing.T) {
	f := Framework{ID: "soc2", Version: "2017-2022"}
	for about, want := range map[string]bool{"soc2/CC1.2": true, "soc2@2017-2022/CC1.2": true, "soc2@2030/CC1.2": false,
		"soc2/CC1.20": false, "iso27001/CC1.2": false, "": false} {
		if f.Attested(Attestation{Requirement: about}, "CC1.2") != want {
			t.Errorf("%q: want %t", about, want)
		}
	}
}
