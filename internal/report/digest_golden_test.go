package report

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// quietWeek is a week in which nothing changed and nothing became overdue.
func quietWeek(t *testing.T) DigestInput {
	t.Helper()
	key := sampleUser("key-age", "aws.iam.key-age", "deploy", evidence.Fail)
	open := exposure(key, evidence.Medium, at(87, 6), at(88, 6))
	build := func(asOf time.Time, exposures ...evidence.Exposure) *Posture {
		p, err := Build(Input{Assessment: evidence.Assessment{AsOf: asOf}, Controls: sampleControls(), OwnerOf: sampleOwner,
			Observations: seq([]evidence.Observation{key, bucket("logs", evidence.Pass)}),
			Findings:     seq[evidence.Finding](nil), Exposures: exposures})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	return DigestInput{Report: "weekly", Now: build(weekTo, open), Before: build(weekFrom),
		Told: []evidence.Exposure{open}, Controls: sampleControls(), OwnerOf: sampleOwner,
		FixBy: evidence.DefaultFixTimes(), Began: at(1, 6), Next: at(103, 7)}
}

// floodedWeek is one in which everything fails: checks of many kinds on many things of many owners, all with long
// names.
func floodedWeek(t testing.TB, things int, text string) DigestInput {
	t.Helper()
	var controls []evidence.Control
	for n := range 300 {
		k := check("check."+itoa(n)+text, "Check "+itoa(n)+" holds "+text, "type."+text, evidence.High)
		k.Remediation = text
		controls = append(controls, evidence.Control{ID: "control-" + itoa(n) + text, Title: text,
			Checks: []evidence.Check{k}})
	}
	var failing, unknown []evidence.Observation
	in := Input{Tool: text, Assessment: evidence.Assessment{AsOf: weekTo}, Controls: controls}
	for n := range things {
		c := controls[n*n%300]
		o := evidence.Observation{Control: c.ID, Check: c.Checks[0].ID, Type: "type." + text,
			Scope: "scope:" + itoa(n%40) + text, Subject: "subject-" + itoa(n) + text, Name: "name-" + itoa(n) + text,
			Verdict: evidence.Fail}
		e := exposure(o, evidence.High, weekFrom, at(92, n%24))
		if n%3 == 0 { // overdue, or fixed
			e.LastGood, e.FirstBad = at(1, 6), at(2, 6)
		}
		if n%6 == 0 {
			e.FirstGood, e.Ended = at(94, 6), "passed"
		} else {
			failing = append(failing, o)
		}
		in.Exposures = append(in.Exposures, e)
		cause := evidence.CauseSubject
		if n%7 == 0 {
			cause = evidence.CauseRule
		}
		in.Changes = append(in.Changes, verdictChange(o, "pass", "fail", cause, text),
			evidence.Change{What: "coverage", Scope: o.Scope, Type: o.Type, Before: "ok", After: text,
				Cause: evidence.CausePermission},
			evidence.Change{What: "requirement", Name: itoa(n) + text, Before: text, After: text,
				Cause: evidence.CauseMapping})
		o.Verdict, o.Reason, o.Subject = evidence.Unknown, itoa(n)+text, o.Subject+"?"
		unknown = append(unknown, o)
		in.Gaps = append(in.Gaps, evidence.Gap{Series: "source " + itoa(n%50) + text + "|t|s", Reason: evidence.Outcome(text),
			Window: evidence.Window{From: at(90, 0), To: at(91, n%24)}})
		in.Acceptances = append(in.Acceptances, evidence.RiskAcceptance{ID: itoa(n) + text, Check: o.Check, Scope: o.Scope,
			Subjects: []string{"subject-" + itoa(n) + text}, Requester: "a", Owner: text, End: at(100, 0)})
	}
	in.Findings = seq[evidence.Finding](nil)
	owner := func(_, _, _, subject string) string {
		return text + fmt.Sprint(len(subject)*7919%2000) + subject[:min(len(subject), 12)]
	}
	in.OwnerOf = owner
	in.Observations = seq(append(failing, unknown...))
	now, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	before, err := Build(Input{Assessment: evidence.Assessment{AsOf: weekFrom}, Controls: controls, OwnerOf: owner,
		Observations: seq[evidence.Observation](nil), Findings: seq[evidence.Finding](nil)})
	if err != nil {
		t.Fatal(err)
	}
	return DigestInput{Report: text, Now: now, Before: before, Told: sampleTold(in.Exposures), Controls: controls,
		OwnerOf: owner, FixBy: evidence.DefaultFixTimes(), Began: at(1, 6), Page: "https://exhibit.example.com/" + text}
}

// TestDigestGoldens writes reports of every kind in every form. Run with -update after looking at what changed.
func TestDigestGoldens(t *testing.T) {
	week, quiet := BuildDigest(sampleWeek(t)), BuildDigest(quietWeek(t))
	simulated := sampleWeek(t)
	simulated.Now.Simulated = true
	flood := BuildDigest(floodedWeek(t, 80, "x"))
	mail := func(d *Digest) func(io.Writer) error { return func(w io.Writer) error { return DigestHTML(w, d, nil) } }
	text := func(d *Digest) func(io.Writer) error { return func(w io.Writer) error { return DigestText(w, d) } }
	goldens(t, map[string]func(io.Writer) error{
		"digest-all.html":      mail(week),
		"digest-all.txt":       text(week),
		"digest-owner.html":    mail(week.Of("payments")),
		"digest-owner.txt":     text(week.Of("payments")),
		"digest-baseline.txt":  text(week.AsBaseline().Of("platform")),
		"digest-threshold.txt": text(week.Of("payments").AtLeast(evidence.High)),
		"digest-quiet.html":    mail(quiet.Of("payments")),
		"digest-quiet.txt":     text(quiet.Of("payments")),
		"digest-flood.txt":     text(flood),
		"digest-simulated.txt": text(BuildDigest(simulated).Of("security")),
		"digest-slack.txt": func(w io.Writer) error {
			_, err := io.WriteString(w, DigestSlack(week)+"\n\n"+DigestSlack(quiet)+"\n")
			return err
		},
		"digest-tickets.txt": func(w io.Writer) error {
			for _, one := range week.Tickets() {
				if _, err := fmt.Fprintf(w, "== %s %s\n%s\n%s\n", one.Action, one.Key, one.Title, one.Body); err != nil {
					return err
				}
			}
			return nil
		},
		"digest-subjects.txt": func(w io.Writer) error {
			for _, d := range []*Digest{week, week.Of("payments"), week.Of("platform"), week.Of("security"), week.AsBaseline(),
				week.AsBaseline().Of("nobody"), week.Of("payments").AtLeast(evidence.Critical), quiet.Of("payments"), flood} {
				if _, err := fmt.Fprintln(w, d.Subject()); err != nil {
					return err
				}
			}
			return nil
		},
		"digest.json": func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", " ")
			return e.Encode(week.Of("payments"))
		},
	})
}
