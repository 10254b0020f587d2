package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

func TestScoreSaysWhatIsUnknown(t *testing.T) {
	for _, tc := range []struct {
		s           Score
		words, seen string
		status      evidence.Status
	}{
		{Score{Pass: 182, Fail: 8, Unknown: 5, NotApplicable: 40}, "182 of 190, 5 unknown", "97%", evidence.NotSatisfied},
		{Score{Pass: 2, Accepted: 1}, "2 of 3, 0 unknown", "100%", evidence.NotSatisfied},
		{Score{Pass: 2, Unknown: 1}, "2 of 2, 1 unknown", "66%", evidence.Indeterminate},
		{Score{Pass: 999, Unknown: 1}, "999 of 999, 1 unknown", "99%", evidence.Indeterminate},
		{Score{Unknown: 3}, "0 of 0, 3 unknown", "0%", evidence.Indeterminate},
		{Score{Pass: 1, Unknown: 999}, "1 of 1, 999 unknown", "<1%", evidence.Indeterminate},
		{Score{Pass: 1, NotApplicable: 9}, "1 of 1, 0 unknown", "100%", evidence.Satisfied},
		{Score{NotApplicable: 3}, "nothing to judge", "–", evidence.StatusNotNeeded},
		{Score{}, "nothing to judge", "–", evidence.Indeterminate},
	} {
		if tc.s.String() != tc.words || tc.s.Coverage() != tc.seen || tc.s.status() != tc.status {
			t.Errorf("%+v: got %q, %q, %q", tc.s, tc.s, tc.s.Coverage(), tc.s.status())
		}
	}
}

func TestAcceptancesOverlay(t *testing.T) {
	p := samplePosture(t)
	states := map[string]string{}
	for _, a := range p.Acceptances {
		states[a.ID] = strings.TrimSpace(a.State + " " + a.Why + " " + coverage(a))
	}
	for id, want := range map[string]string{
		"press-kit":   "in effect  1 failing of 1",
		"deploy-key":  "lapsed compensating check aws.iam.user-mfa does not pass 1 failing of 1",
		"dev-scratch": "lapsed ended 1 failing of 1",
		"old-bucket":  "lapsed approved by its requester nothing that was looked at",
	} {
		if states[id] != want {
			t.Errorf("%s: got %q, want %q", id, states[id], want)
		}
	}
	if p.Score.Fail != 3 || p.Score.Accepted != 1 {
		t.Errorf("score: %+v", p.Score)
	}
	last := p.Failures[len(p.Failures)-1]
	if last.Verdict != evidence.Fail || last.Accepted != "press-kit" || last.Label() != "fail (accepted until 2026-05-31)" {
		t.Errorf("the accepted failure reads %+v", last)
	}
	for _, c := range p.Controls {
		if c.ID == "public-storage" && (c.Status != evidence.NotSatisfied || c.Accepted) {
			t.Errorf("a failure beside the accepted one is hidden: %+v", c)
		}
	}
}

// TestAcceptanceEnds holds that a failure is back at the moment at which its acceptance ends, with nothing to run.
func TestAcceptanceEnds(t *testing.T) {
	in := sampleInput()
	end := in.Acceptances[0].End
	for _, tc := range []struct {
		asOf     time.Time
		accepted int
	}{{end.Add(-time.Second), 1}, {end, 0}} {
		in := sampleInput()
		in.Assessment.AsOf = tc.asOf
		p, err := Build(in)
		if err != nil {
			t.Fatal(err)
		}
		if p.Score.Accepted != tc.accepted || p.Score.Fail != 4-tc.accepted {
			t.Errorf("as of %s: %+v", tc.asOf, p.Score)
		}
	}
}

func TestControlIsAcceptedOnlyWhole(t *testing.T) {
	in := sampleInput()
	in.Acceptances[2].End = in.Acceptances[2].End.AddDate(1, 0, 0) // dev-scratch, too
	p, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Controls {
		if c.ID == "public-storage" && (c.Status != evidence.NotSatisfied || !c.Accepted) {
			t.Errorf("got %+v", c)
		}
	}
}

func TestRequirements(t *testing.T) {
	got := map[string]string{}
	for _, r := range samplePosture(t).Frameworks[0].Requirements {
		got[r.ID] = strings.TrimSpace(string(r.Status) + " " + r.Score.String() + " " + r.Strength)
	}
	for id, want := range map[string]string{
		"CC1.2": "manual nothing to judge",                   // only a person can tell
		"CC6.1": "not-satisfied 82 of 84, 3 unknown partial", // the worst of its controls
		"CC6.3": "not-satisfied 0 of 1, 0 unknown full",      // narrowed to one check
		"CC7.2": "satisfied 1 of 1, 0 unknown supporting",    // satisfied checks, and their strength beside it
		"A1.3":  "manual nothing to judge partial",           // a control without checks is no pass
		"P1.1":  "not-covered nothing to judge",
	} {
		if got[id] != want {
			t.Errorf("%s: got %q, want %q", id, got[id], want)
		}
	}
}

func TestRequirementStatusIsTheWorstPart(t *testing.T) {
	order := []evidence.Status{evidence.StatusNotNeeded, evidence.Satisfied, Unmet, Manual, evidence.Indeterminate, evidence.NotSatisfied}
	for i, a := range order {
		for j, b := range order {
			if got := worse(a, b); got != order[max(i, j)] {
				t.Errorf("%s and %s together are %s", a, b, got)
			}
		}
		if worse("", a) != a {
			t.Errorf("nothing and %s are not %s", a, a)
		}
	}
	if got := worse("of-a-later-version", evidence.Satisfied); got != "of-a-later-version" {
		t.Errorf("an unknown status reads as %s", got)
	}
}

func TestDanglingMappingIsIndeterminate(t *testing.T) {
	f := framework(evidence.Framework{Requirements: []evidence.Requirement{{ID: "1", Controls: []string{"no-such"}, Checks: []string{"no.such"}}}}, nil, nil)
	if r := f.Requirements[0]; r.Status != evidence.Indeterminate || len(r.Parts) != 2 {
		t.Errorf("got %+v", r)
	}
}

// TestBuildIgnoresOrder holds that the order in which lists are read changes nothing.
func TestBuildIgnoresOrder(t *testing.T) {
	var want, got bytes.Buffer
	if err := HTML(&want, samplePosture(t)); err != nil {
		t.Fatal(err)
	}
	in := sampleInput()
	in.Observations, in.Findings = backward(in.Observations), backward(in.Findings)
	p, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	p.Metrics = sampleMetrics()
	if err := HTML(&got, p); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want.Bytes(), got.Bytes()) {
		t.Error("the page depends on the order of what was read")
	}
}

func backward[T any](s iter.Seq2[T, error]) iter.Seq2[T, error] {
	var all []T
	for v := range s {
		all = append([]T{v}, all...)
	}
	return seq(all)
}

func TestBuildReportsErrors(t *testing.T) {
	in := sampleInput()
	in.Observations = func(yield func(evidence.Observation, error) bool) { yield(evidence.Observation{}, errBroken) }
	if _, err := Build(in); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	in = sampleInput()
	in.Findings = func(yield func(evidence.Finding, error) bool) { yield(evidence.Finding{}, errBroken) }
	if _, err := Build(in); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestDuration(t *testing.T) {
	for in, want := range map[time.Duration]string{
		0: "0", -time.Hour: "0", 20 * time.Second: "20s", 40 * time.Minute: "40m", 3 * time.Hour: "3h", 200 * time.Minute: "3h 20m",
		27*time.Hour + 59*time.Minute: "27h", 24 * time.Hour: "1d", 48 * time.Hour: "2d", 76 * time.Hour: "3d 4h", 90 * 24 * time.Hour: "90d",
	} {
		if got := duration(evidence.Duration(in)); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
	if got := span(0, evidence.Duration(time.Hour)); got != "up to 1h" {
		t.Errorf("got %q", got)
	}
}

func TestTextFitsAndHasNoColorUnlessAsked(t *testing.T) {
	p := samplePosture(t)
	var plain, painted bytes.Buffer
	if err := Text(&plain, p, TextOptions{Width: 80}); err != nil {
		t.Fatal(err)
	}
	if err := Text(&painted, p, TextOptions{Width: 80, Color: true}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(painted.String(), "\x1b[31m") {
		t.Error("colour was not what was asked for")
	}
	for _, l := range strings.Split(plain.String(), "\n") {
		if n := len([]rune(l)); n > 80 {
			t.Errorf("%d columns: %s", n, l)
		}
	}
}

func TestCrowdsAreOneLine(t *testing.T) {
	var all []evidence.Change
	for i := range 20 {
		all = append(all, evidence.Change{What: "subject-added", Cause: evidence.CauseSubject, Type: "t", Scope: "s", Subject: itoa(i), Name: "n" + itoa(i)},
			evidence.Change{What: "subject-changed", Cause: evidence.CauseSubject, Type: "t", Scope: "s", Subject: itoa(i)})
	}
	all = append(all, evidence.Change{What: "subject-removed", Cause: evidence.CauseSubject, Type: "t", Scope: "s", Subject: "x"},
		evidence.Change{What: "verdict", Cause: evidence.CauseSubject, After: "fail", Severity: evidence.Low},
		evidence.Change{What: "verdict", Cause: evidence.CauseSubject, After: "fail", Severity: evidence.High})
	got := byCause(all)
	if len(got) != 1 || got[0].n != 43 || len(got[0].changes) != 24 {
		t.Fatalf("got %+v", got)
	}
	if c := got[0].changes; c[0].Severity != evidence.High || c[1].Severity != evidence.Low {
		t.Error("the gravest is not first")
	}
	for _, c := range got[0].changes {
		if c.What == "subject-added" && (c.Name != "20 subjects" || !strings.HasSuffix(c.Reason, "n11 and 8 more")) {
			t.Errorf("got %+v", c)
		}
	}
}

func TestChangesAreNarrowedByExposures(t *testing.T) {
	wide := evidence.Window{From: at(1, 0), To: at(60, 0)}
	change := func(before, after string) evidence.Change {
		return evidence.Change{What: "verdict", Scope: "s", Check: "c", Subject: "x", Before: before, After: after, Between: wide}
	}
	exposure := evidence.Exposure{Scope: "s", Check: "c", Subject: "x", LastGood: at(9, 6), FirstBad: at(10, 6), LastBad: at(20, 6), FirstGood: at(21, 6)}
	early := exposure
	early.LastGood, early.FirstBad, early.FirstGood = at(1, 0).Add(-time.Hour), at(2, 0), at(3, 0)
	for _, tc := range []struct {
		change evidence.Change
		with   evidence.Exposure
		want   evidence.Window
	}{
		{change("pass", "fail"), exposure, evidence.Window{From: at(9, 6), To: at(10, 6)}},
		{change("fail", "pass"), exposure, evidence.Window{From: at(20, 6), To: at(21, 6)}},
		{change("pass", "unknown"), exposure, wide},
		{change("pass", "fail"), early, wide},
		{change("fail", "pass"), evidence.Exposure{Scope: "s", Check: "c", Subject: "x", LastBad: at(20, 6)}, wide},
		{change("pass", "fail"), evidence.Exposure{Scope: "s", Check: "c", Subject: "y", LastGood: at(9, 6), FirstBad: at(10, 6)}, wide},
	} {
		if got := narrow([]evidence.Change{tc.change}, []evidence.Exposure{tc.with}); got[0].Between != tc.want {
			t.Errorf("%s to %s: got %v", tc.change.Before, tc.change.After, got[0].Between)
		}
	}
}

func TestListsAreNeverNull(t *testing.T) {
	p, err := Build(Input{Observations: seq[evidence.Observation](nil), Findings: seq[evidence.Finding](nil)})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("null")) {
		t.Errorf("got %s", raw)
	}
}
