package report

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

func build(t *testing.T, in Input) *Posture {
	t.Helper()
	p, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func acceptanceOf(t *testing.T, p *Posture, id string) AcceptanceState {
	t.Helper()
	i := slices.IndexFunc(p.Acceptances, func(a AcceptanceState) bool { return a.ID == id })
	if i < 0 {
		t.Fatalf("no acceptance %s", id)
	}
	return p.Acceptances[i]
}

// TestAcceptanceByTheClock holds acceptances against the time that is asked for, not that of the last assessment, and
// against the most that the severity of the committed catalog allows.
func TestAcceptanceByTheClock(t *testing.T) {
	most := func(severity evidence.Severity, d int) *evidence.AcceptanceLimits {
		return &evidence.AcceptanceLimits{Latest: map[evidence.Severity]time.Time{severity: at(d, 0)}, Renewals: 2}
	}
	for _, tc := range []struct {
		name     string
		at       time.Time
		limits   *evidence.AcceptanceLimits
		zone     string // the last day by its zone
		why, day string
		left     int
	}{
		{"as of the assessment", time.Time{}, nil, "", "", "2026-05-31", 62},
		{"later", at(151, 23), nil, "", "", "2026-05-31", 1},
		{"as its zone has it", time.Time{}, nil, "2026-06-01", "", "2026-06-01", 62},
		{"over by the clock", at(152, 0), nil, "", "ended", "2026-05-31", 0},
		{"longer than critical allows", time.Time{}, most(evidence.Critical, 90), "", "longer than 89d, the most for critical", "2026-03-30", 0},
		{"as long as critical allows", time.Time{}, most(evidence.Critical, 100), "2026-06-01", "", "2026-04-09", 10},
		{"the most for another severity", time.Time{}, most(evidence.High, 90), "", "", "2026-05-31", 62},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := sampleInput()
			in.At, in.Acceptances[0].Limits, in.Acceptances[0].LastDay = tc.at, tc.limits, tc.zone
			p := build(t, in)
			a := acceptanceOf(t, p, "press-kit")
			if a.Why != tc.why || a.UntilDay != tc.day || a.DaysLeft != tc.left || a.Severity != evidence.Critical {
				t.Errorf("got %q, %s, %d days of %s, want %q, %s, %d", a.Why, a.UntilDay, a.DaysLeft, a.Severity, tc.why, tc.day, tc.left)
			}
			want := map[string]int{}
			if tc.why == "" {
				want["waiver"] = 1
			}
			if p.Accepted["waiver"] != want["waiver"] || p.Score.Accepted != want["waiver"] {
				t.Errorf("accepted %v, score %+v", p.Accepted, p.Score)
			}
		})
	}
}

// TestReview is one acceptance for each thing that a review finds.
func TestReview(t *testing.T) {
	good := sampleInput().Acceptances[0] // press-kit, which fails
	seen := func(p *Posture) AtApproval {
		out := AtApproval{good.ID: {}}
		for _, f := range p.Failures {
			out[good.ID][f.Subject] = f.Observation
		}
		return out
	}
	fact := func(name, value string) func(AtApproval) {
		return func(s AtApproval) {
			for subject, o := range s[good.ID] {
				o.Facts = map[string]json.RawMessage{name: json.RawMessage(value)}
				s[good.ID][subject] = o
			}
		}
	}
	another := good
	another.ID, another.Start = "earlier", good.Start.AddDate(0, -1, 0)
	for _, tc := range []struct {
		name   string
		change func(*evidence.RiskAcceptance)
		seen   func(AtApproval)
		more   []evidence.RiskAcceptance
		want   string // what, and a part of the detail; empty for nothing
	}{
		{name: "nothing", change: func(*evidence.RiskAcceptance) {}},
		{name: "not approved", change: func(a *evidence.RiskAcceptance) { a.Approver = "" }, want: "not-approved asked for by dana"},
		{name: "self-approved", change: func(a *evidence.RiskAcceptance) { a.Approver = "dana" }, want: "self-approved approved by its requester, dana"},
		{name: "asked by the owner", change: func(a *evidence.RiskAcceptance) { a.Requester = a.Owner }, want: "asked-by-owner marketing"},
		{name: "no end", change: func(a *evidence.RiskAcceptance) { a.End = time.Time{} }, want: "no-end "},
		{name: "too long", change: func(a *evidence.RiskAcceptance) {
			a.Limits = &evidence.AcceptanceLimits{Latest: map[evidence.Severity]time.Time{evidence.Critical: at(100, 0)}, Renewals: 2}
		}, want: "too-long longer than 99d, the most for critical: it has no effect after 2026-04-09"},
		{name: "renewed often", change: func(a *evidence.RiskAcceptance) {
			a.Renews, a.Limits = "older", &evidence.AcceptanceLimits{Renewals: 1}
		}, want: "renewed-often renewed 1 time, and 1 are allowed"},
		{name: "renewed without a word", change: func(*evidence.RiskAcceptance) {}, more: []evidence.RiskAcceptance{another},
			want: "unnamed-renewal it accepts again what earlier"},
		{name: "no such check", change: func(a *evidence.RiskAcceptance) { a.Check = "aws.s3.gone" }, want: "no-such-check there is no check aws.s3.gone"},
		{name: "no such subject", change: func(a *evidence.RiskAcceptance) { a.Subjects = append(a.Subjects, "arn:aws:s3:::press-*") },
			want: "no-such-subject nobody looked at arn:aws:s3:::press-* in"},
		{name: "another scope", change: func(a *evidence.RiskAcceptance) { a.Scope = "aws:999999999999" }, want: "no-such-subject"},
		{name: "it passes", change: func(a *evidence.RiskAcceptance) { a.Check, a.Subjects = "aws.s3.bucket-public", []string{passing(t)} },
			want: "nothing-fails aws.s3.bucket-public does not fail for"},
		{name: "compensation", change: func(a *evidence.RiskAcceptance) { a.Compensating = []string{"aws.iam.user-mfa"} },
			want: "compensation compensating check aws.iam.user-mfa"},
		{name: "over", change: func(a *evidence.RiskAcceptance) { a.End = at(60, 0) }, want: "expired-still-failing ended on 2026-02-28, and press-kit still fails"},
		{name: "withdrawn", change: func(a *evidence.RiskAcceptance) { a.Approver, a.Withdrawn = "", at(60, 0) }},
		{name: "widened", change: func(*evidence.RiskAcceptance) {}, seen: fact("public", `"read"`), want: `widened press-kit fails otherwise than when it was approved: `},
		{name: "seen otherwise", change: func(*evidence.RiskAcceptance) {}, seen: func(s AtApproval) {
			for subject, o := range s[good.ID] {
				o.Verdict = evidence.Pass
				s[good.ID][subject] = o
			}
		}, want: "widened press-kit did not fail when it was approved, it was pass"},
		{name: "not seen then", change: func(*evidence.RiskAcceptance) {}, seen: func(s AtApproval) { delete(s, good.ID) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := sampleInput()
			one := good
			one.Subjects = slices.Clone(good.Subjects)
			tc.change(&one)
			in.Acceptances = append([]evidence.RiskAcceptance{one}, tc.more...)
			p := build(t, in)
			then := seen(p)
			if tc.seen != nil {
				tc.seen(then)
			}
			var got []string
			for _, n := range ReviewAcceptances(p, then) {
				if n.Acceptance == good.ID {
					got = append(got, n.What+" "+n.Detail)
				}
			}
			if tc.want == "" && len(got) > 0 || tc.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tc.want)) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// passing is a subject of the sample that aws.s3.bucket-public passes.
func passing(t *testing.T) string {
	t.Helper()
	for o, err := range sampleInput().Observations {
		if err != nil {
			t.Fatal(err)
		}
		if o.Check == "aws.s3.bucket-public" && o.Verdict == evidence.Pass && o.Scope == sampleInput().Acceptances[0].Scope {
			return o.Subject
		}
	}
	t.Fatal("nothing passes")
	return ""
}

// TestAttested is the table of statements, and of what they do to a control and a requirement that only people can
// examine.
func TestAttested(t *testing.T) {
	restored := evidence.Attestation{ID: "restored", Control: "backups", Author: "hana", Period: evidence.Window{From: at(1, 0), To: at(90, 0)}, Expires: at(180, 0)}
	board := restored
	board.ID, board.Control, board.Requirement = "board", "", "soc2/CC1.2"
	for _, tc := range []struct {
		name   string
		at     time.Time
		change func(restored, board *evidence.Attestation)
		// state and why of both, status of the control, of CC1.2 and of A1.3, which rests on the control
		want string
	}{
		{"valid", time.Time{}, func(_, _ *evidence.Attestation) {}, "valid, valid; satisfied [restored], satisfied [board], satisfied [restored]"},
		{"expired since", at(180, 0), func(_, _ *evidence.Attestation) {}, "expired, expired; indeterminate [], manual [], indeterminate []"},
		{"ended", time.Time{}, func(r, b *evidence.Attestation) {
			r.Ended, r.EndedBy, b.Ended, b.EndedBy = at(80, 0), "contradicted: backups fails in aws:1", at(80, 0), evidence.Withdrawn
		}, "ended contradicted: backups fails in aws:1, ended withdrawn; indeterminate [], manual [], indeterminate []"},
		{"not begun", time.Time{}, func(r, b *evidence.Attestation) { r.Period.From, b.Period.From = at(95, 0), at(95, 0) },
			"not begun, not begun; indeterminate [], manual [], indeterminate []"},
		{"about nothing", time.Time{}, func(r, b *evidence.Attestation) { r.Control, b.Requirement = "back-ups", "soc2/CC1.20" },
			"void there is no control back-ups, void there is no requirement soc2/CC1.20; satisfied [], manual [], satisfied []"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := sampleInput()
			r, b := restored, board
			tc.change(&r, &b)
			in.At, in.Attestations = tc.at, []evidence.Attestation{r, b}
			in.Frameworks[0].ID, in.Frameworks[0].Version = "soc2", "2017-2022"
			// As assess finds while the statement counts.
			found := evidence.Finding{Control: "backups", Status: evidence.Satisfied, Reasons: []string{"attested: restored"}}
			in.Findings = func(yield func(evidence.Finding, error) bool) { yield(found, nil) }
			p := build(t, in)
			got := strings.TrimSpace(p.Attestations[0].State+" "+p.Attestations[0].Why) + ", " + strings.TrimSpace(p.Attestations[1].State+" "+p.Attestations[1].Why)
			for _, c := range p.Controls {
				if c.ID == "backups" {
					got += "; " + string(c.Status) + " [" + strings.Join(c.Attested, " ") + "]"
				}
			}
			for _, q := range p.Frameworks[0].Requirements {
				if q.ID == "CC1.2" || q.ID == "A1.3" {
					got += ", " + string(q.Status) + " [" + strings.Join(q.Attested, " ") + "]"
				}
			}
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
