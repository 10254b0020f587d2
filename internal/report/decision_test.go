package report

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// sampleDecision has a reason of every shape.
func sampleDecision() evidence.Decision {
	at := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	bucket := "arn:aws:s3:::media"
	return evidence.Decision{
		At: at, AsOf: at.Add(-time.Hour), Simulated: true, Assessment: 41, Policy: evidence.Sum([]byte("policy")), Outcome: evidence.GateBlock,
		Judged: 120, Counts: map[string]int{"block": 4, "warn": 1, "ticket": 1, "accepted": 1, "ignore": 1}, More: 12,
		Reasons: []evidence.GateReason{
			{Action: "block", Rule: "public", Verdict: evidence.Fail, Severity: evidence.Critical, Control: "storage-not-public",
				Check: "aws.s3.bucket-not-public", Title: "The bucket is not public", Scope: "aws:111122223333", Type: "aws.s3.bucket",
				Subject: bucket, Name: "media", Owner: "web", Since: at.AddDate(0, 0, -9), FixBy: at.AddDate(0, 0, -2), Fix: "Close it.\n"},
			{Action: "block", Rule: "critical and high", Verdict: evidence.Unknown, Severity: evidence.High, Control: "mfa-people",
				Check: "aws.iam.user-mfa", Title: "People have a second factor", Scope: "aws:111122223333", Type: "aws.iam.user",
				Subject: "arn:aws:iam::111122223333:user/ann", Name: "ann", Count: 3, Why: "denied", Fix: "Grant iam:ListMFADevices to the collector."},
			{Action: "block", Rule: "stale evidence", Verdict: evidence.Unknown, Scope: "gcp:shop", Type: "gcp.storage.bucket", Count: 1,
				Why: "the evidence is 50h old, and may be 26h old"},
			{Action: "warn", Rule: "the rest", Verdict: evidence.Fail, Severity: evidence.Low, Check: "aws.s3.bucket-logging", Title: "Access is logged",
				Scope: "aws:111122223333", Type: "aws.s3.bucket", Subject: bucket, Name: "media", Since: at.AddDate(0, 0, -90), NeverGood: true},
			{Action: "ticket", Rule: "later", Verdict: evidence.Fail, Severity: evidence.Medium, Check: "aws.iam.key-age", Scope: "aws:111122223333",
				Type: "aws.iam.user", Subject: "arn:aws:iam::111122223333:user/ben"},
			{Action: "accepted", Rule: "the rest", Verdict: evidence.Fail, Severity: evidence.Low, Check: "aws.s3.bucket-logging",
				Scope: "aws:111122223333", Type: "aws.s3.bucket", Subject: "arn:aws:s3:::logs", Name: "logs", Accepted: "log-bucket", Until: at.AddDate(0, 1, 0)},
			{Action: "block", Rule: "missing is never pass", Verdict: evidence.Unknown, Why: "nothing was judged"},
			{Action: "ignore", Rule: "sandbox", Why: "nothing of value", Verdict: evidence.Fail, Severity: evidence.High, Check: "aws.iam.key-age",
				Scope: "aws:444455556666", Type: "aws.iam.user", Subject: "arn:aws:iam::444455556666:user/cat"},
		},
	}
}

// TestDecision holds what is written of a decision against the files of testdata.
func TestDecision(t *testing.T) { goldens(t, decisionWriters(sampleDecision())) }

// overriddenSample is the sample as a pipeline asked for it and somebody overrode it.
func overriddenSample() evidence.Decision {
	d := sampleDecision()
	d.Override = &evidence.Override{By: "ann@example.com", Reason: "the fix is in this release"}
	d.Pipeline = &evidence.Pipeline{System: "github", Repository: "northwind/shop", Commit: "0f3a9c55d1e0b7c4",
		Run: "https://github.example.com/northwind/shop/actions/runs/77"}
	return d
}

// hostileDecision has one text everywhere.
func hostileDecision(s string) evidence.Decision {
	r := evidence.GateReason{Action: "block", Rule: s, Why: s, Verdict: evidence.Fail, Severity: evidence.Severity(s), Control: s, Check: s,
		Title: s, Scope: s, Type: s, Subject: s, Name: s, Owner: s, Fix: s, Accepted: s}
	more := r
	more.Verdict, more.Count, more.Action = evidence.Unknown, 3, "ignore"
	return evidence.Decision{Outcome: "block", Override: &evidence.Override{By: s, Reason: s},
		Pipeline: &evidence.Pipeline{System: s, Repository: s, Commit: s, Run: s}, Reasons: []evidence.GateReason{r, more}}
}

// TestMarkdownIsInert holds that no text from outside becomes markup: all that is left beside our own is letters, digits,
// spaces, hyphens, commas, slashes and numbered signs.
func TestMarkdownIsInert(t *testing.T) {
	for _, s := range []string{hostile, "| a | b |", "`x` [a](https://evil.example) ![b](c)", "a\\|b", "<b>@all</b> #12", "www.example.com", "\n# head\n"} {
		var b bytes.Buffer
		if err := DecisionMarkdown(&b, hostileDecision(s)); err != nil {
			t.Fatal(err)
		}
		cells := regexp.MustCompile(`<code>(.*?)</code>`).FindAllStringSubmatch(b.String(), -1)
		if len(cells) < 10 {
			t.Fatalf("%q: found %d cells", s, len(cells))
		}
		for _, c := range cells {
			if bad := regexp.MustCompile("[!-+.:-@\\[-`{-~]").FindString(regexp.MustCompile(`&#\d+;`).ReplaceAllString(c[1], "")); bad != "" {
				t.Errorf("%q: %q stands open in %q", s, bad, c[1])
			}
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if strings.HasPrefix(line, "| block") && strings.Count(line, "|") != 10 {
				t.Errorf("%q: a row of %d cells: %s", s, strings.Count(line, "|")-1, line)
			}
		}
	}
}

// TestSARIF holds the essentials of the schema: what must be there, and what values may be.
func TestSARIF(t *testing.T) {
	for name, d := range map[string]evidence.Decision{"sample": sampleDecision(), "hostile": hostileDecision(hostile), "empty": {Outcome: "pass"}} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := SARIF(&b, d, "1.2.3"); err != nil {
				t.Fatal(err)
			}
			var log struct {
				Schema  string `json:"$schema"`
				Version string
				Runs    []struct {
					Tool struct {
						Driver struct {
							Name  string
							Rules []struct {
								ID                   string
								ShortDescription     struct{ Text string }
								DefaultConfiguration struct{ Level string }
							}
						}
					}
					AutomationDetails struct{ ID string }
					Invocations       []struct{ ExecutionSuccessful *bool }
					Results           []struct {
						RuleID, Kind, Level string
						RuleIndex           int
						Message             struct{ Text string }
						Locations           []struct {
							PhysicalLocation struct {
								ArtifactLocation struct{ URI string }
								Region           struct{ StartLine int }
							}
							LogicalLocations []struct{ FullyQualifiedName string }
						}
						PartialFingerprints map[string]string
						Suppressions        []struct{ Kind, Status string }
					}
				}
			}
			if err := json.Unmarshal(b.Bytes(), &log); err != nil {
				t.Fatal(err)
			}
			if log.Version != "2.1.0" || !strings.HasSuffix(log.Schema, "sarif-schema-2.1.0.json") || len(log.Runs) != 1 {
				t.Fatalf("version %s, schema %s, %d runs", log.Version, log.Schema, len(log.Runs))
			}
			run := log.Runs[0]
			rules := run.Tool.Driver.Rules
			if run.Tool.Driver.Name == "" || len(run.Invocations) != 1 || run.Invocations[0].ExecutionSuccessful == nil || run.Results == nil || rules == nil {
				t.Errorf("what must be there is not: %s", b.String())
			}
			levels := []string{"none", "note", "warning", "error"}
			for i, r := range rules {
				if r.ID == "" || r.ShortDescription.Text == "" || !slices.Contains(levels, r.DefaultConfiguration.Level) ||
					i > 0 && rules[i-1].ID >= r.ID {
					t.Errorf("rule %+v", r)
				}
			}
			if len(run.Results) != len(d.Reasons) {
				t.Fatalf("%d results of %d reasons", len(run.Results), len(d.Reasons))
			}
			uri := regexp.MustCompile(`^exhibit(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+){3}$`)
			for i, r := range run.Results {
				if r.RuleIndex >= len(rules) || rules[r.RuleIndex].ID != r.RuleID || r.Message.Text == "" {
					t.Errorf("result %d: rule %q at %d, message %q", i, r.RuleID, r.RuleIndex, r.Message.Text)
				}
				if !slices.Contains([]string{"fail", "open"}, r.Kind) || !slices.Contains(levels, r.Level) || (r.Kind == "open") != (r.Level == "none") {
					t.Errorf("result %d: kind %s, level %s", i, r.Kind, r.Level)
				}
				if len(r.Locations) != 1 || !uri.MatchString(r.Locations[0].PhysicalLocation.ArtifactLocation.URI) ||
					r.Locations[0].PhysicalLocation.Region.StartLine != 1 || len(r.Locations[0].LogicalLocations) != 1 {
					t.Errorf("result %d: locations %+v", i, r.Locations)
				}
				if len(r.PartialFingerprints["exhibit/v1"]) != 64 {
					t.Errorf("result %d: fingerprints %v", i, r.PartialFingerprints)
				}
				for _, s := range r.Suppressions {
					if s.Kind != "external" || s.Status != "accepted" {
						t.Errorf("result %d: suppression %+v", i, s)
					}
				}
			}
		})
	}
}

// TestFingerprints holds that they stay the same while all but scope, check and subject changes, and differ otherwise.
func TestFingerprints(t *testing.T) {
	of := func(r evidence.GateReason) string {
		return sarifResultOf(r, nil).Fingerprints["exhibit/v1"]
	}
	r := sampleDecision().Reasons[0]
	same := r
	same.Action, same.Rule, same.Name, same.Owner, same.Severity, same.Title = "warn", "x", "y", "z", evidence.Low, "t"
	if of(r) != of(same) {
		t.Error("the fingerprint changes with what does not make another finding of it")
	}
	for name, change := range map[string]func(*evidence.GateReason){
		"scope": func(r *evidence.GateReason) { r.Scope += "x" }, "check": func(r *evidence.GateReason) { r.Check += "x" },
		"subject": func(r *evidence.GateReason) { r.Subject += "x" },
	} {
		other := r
		change(&other)
		if of(r) == of(other) {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
}

func decisionWriters(d evidence.Decision) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"decision.txt":     func(w io.Writer) error { return DecisionText(w, d, TextOptions{}) },
		"decision-few.txt": func(w io.Writer) error { return DecisionText(w, d, TextOptions{Limit: 1}) },
		"decisions.txt": func(w io.Writer) error {
			return Decisions(w, []evidence.Decision{d, overriddenSample()}, TextOptions{Width: 160})
		},
		"decision.md":         func(w io.Writer) error { return DecisionMarkdown(w, d) },
		"decision.sarif.json": func(w io.Writer) error { return SARIF(w, d, "1.2.3") },
	}
}

func TestDecisionErrors(t *testing.T) {
	for name, write := range decisionWriters(sampleDecision()) {
		if err := write(brokenWriter{}); err == nil {
			t.Errorf("%s: no error of a broken writer", name)
		}
	}
}

// TestDecisionTextIsOneLine holds control characters off the build log.
func TestDecisionTextIsOneLine(t *testing.T) {
	var b bytes.Buffer
	if err := DecisionText(&b, hostileDecision(hostile), TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := Decisions(&b, []evidence.Decision{hostileDecision(hostile)}, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x00\r") || strings.Contains(b.String(), "\u202e") {
		t.Error("a control character came through")
	}
}
