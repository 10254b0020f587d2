package measure

import (
	"slices"
	"testing"
	"time"

	"exhibit/internal/change"
	"exhibit/internal/evidence"
)

// TestAgain works on the failures that began from the 10th on: public on a (11th and 20th), b (15th) and c (25th), crypt on
// a (12th), d (21st), g (15th), and e (22nd) by a new text of the check.
func TestAgain(t *testing.T) {
	const ruled = "; 1 began because the check changed"
	long := history()
	long.Again = 8 * 24 * time.Hour
	short := history()
	short.Again = 6 * 24 * time.Hour
	nobody := history()
	nobody.OwnerOf = nil
	unseen := Input{Period: history().Period, Exposures: []evidence.Exposure{{Check: "k", FirstBad: on(12), LastBad: on(13)}}}
	for _, tc := range []struct {
		name string
		in   Input
		want string
		why  string
	}{
		{"repeat-violations", history(), "1/7" + ruled, "public on a came back after 6 to 8 days, within 30"},
		{"repeat-violations", long, "1/7" + ruled, "8 days are within 8"},
		{"repeat-violations", short, "0/6 unknown 1" + ruled, "6 to 8 days may be within 6 or not"},
		{"repeat-violations", unseen, "0/0; 1 failing since it was first looked at; not measurable: no failure began in the period", ""},
		{"repeat-offenders", history(), "5/7" + ruled, "web: public on a twice and on b, crypt on a and on d; data: public on c; nobody: crypt on g"},
		{"repeat-offenders", nobody, "0/0; not measurable: the configuration names no owners", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := brief(find(t, Metrics(tc.in), tc.name, "")); got != tc.want {
				t.Errorf("got  %s\nwant %s\n%s", got, tc.want, tc.why)
			}
		})
	}
	want := []evidence.Rank{
		{Check: "public", Severity: evidence.Critical, Owner: "web", Subjects: 2, Failures: 3},
		{Check: "crypt", Severity: evidence.High, Owner: "web", Subjects: 2, Failures: 2},
	}
	if got := find(t, Metrics(history()), "repeat-offenders", "").Ranking; !slices.Equal(got, want) {
		t.Errorf("ranking %+v, want %+v", got, want)
	}
}

func TestAcceptances(t *testing.T) {
	in := history()
	accept := func(id, check, subject string, from, to int) evidence.RiskAcceptance {
		return evidence.RiskAcceptance{ID: id, Requester: "ann", Approver: "ben", Owner: "web", Category: "waiver", Check: check,
			Scope: "aws:1", Subjects: []string{subject}, Start: on(from), End: on(to)}
	}
	withdrawn := accept("withdrawn", "public", "b", 16, 31) // withdrawn on the 17th, it failed until the 18th
	withdrawn.Withdrawn = on(17)
	self := accept("self", "public", "a", 11, 31)
	self.Approver = "ann"
	in.Acceptances = []evidence.RiskAcceptance{
		accept("fixed", "public", "b", 16, 31),   // not needed after the 18th or the 19th: 2 to 3 days
		accept("early", "public", "a", 20, 22),   // ended on the 22nd, it failed until the 24th
		accept("open", "public", "c", 25, 40),    // c is open
		accept("nothing", "public", "z", 11, 31), // covers nothing that failed
		accept("past", "public", "b", 1, 9),      // before the period
		accept("between", "crypt", "a", 12, 15),  // it ended as the fix was seen: 2 to 3 days
		withdrawn, self,
	}
	in.Acceptances[5].End = on(15).Add(-time.Hour) // the fix came before the end or after it
	const want = "1/4 unknown 1 median 2d to 3d p90 2d to 3d; 1 covers nothing that failed while it ran; 1 never in force"
	if got := brief(find(t, Metrics(in), "time-to-close-acceptance", "")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	in.Acceptances[5].End = on(15)
	const wider = "2/5 median 2d to 3d p90 2d to 3d; 1 covers nothing that failed while it ran; 1 never in force"
	if got := brief(find(t, Metrics(in), "time-to-close-acceptance", "")); got != wider {
		t.Errorf("got  %s\nwant %s", got, wider)
	}
}

func TestNoise(t *testing.T) {
	in := Input{Failures: []Failure{{"a", "false-positive"}, {"b", "waiver"}, {"c", ""}, {"d", "false-positive"}}}
	if got := brief(find(t, Metrics(in), "noise-rate", "")); got != "2/4" {
		t.Errorf("got %s, want 2 of 4 failures", got)
	}
	if got := brief(find(t, Metrics(Input{}), "noise-rate", "")); got != "0/0; not measurable: nothing fails" {
		t.Errorf("got %s", got)
	}
}

func TestBypasses(t *testing.T) {
	p := change.Population{Lists: []change.List{{}}, Metrics: change.Metrics{Bypass: change.Rate{Part: 2, Of: 5, Unknown: 1}},
		Changes: []change.Row{{ID: "1", Repository: "r", Verdict: change.IsApproved, MergedAt: on(11)},
			{ID: "2", Name: "r#2", Repository: "r", Verdict: change.SelfApproved, MergedAt: on(12)},
			{ID: "3", Repository: "r", Verdict: change.Unknown, MergedAt: on(12)}},
		Unexplained: []change.Push{{Commit: "abc", Repository: "r", Verdict: change.Unreviewed, LandedAt: on(13)}}}
	m := find(t, Metrics(Input{Changes: &p}), "bypass-attempts", "")
	if got := brief(m); got != "2/5 unknown 1" {
		t.Errorf("got %s, want what the population's own metrics say", got)
	}
	if want := []string{"2026-03-12 r r#2: self-approved", "2026-03-13 r abc: unreviewed"}; !slices.Equal(m.Counted, want) {
		t.Errorf("counted %q, want %q", m.Counted, want)
	}
	for _, tc := range []struct {
		in   Input
		want string
	}{
		{Input{}, "0/0; not measurable: no changes are collected"},
		{Input{NoChanges: "the list was denied"}, "0/0; not measurable: the list was denied"},
		{Input{Changes: &change.Population{}}, "0/0; not measurable: no changes are collected"},
		{Input{Changes: &change.Population{Lists: []change.List{{}}}},
			"0/0; not measurable: no change reached a default branch in the period"},
	} {
		if got := brief(find(t, Metrics(tc.in), "bypass-attempts", "")); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}
