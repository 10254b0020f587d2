package report

import (
	"strings"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

// The week that the sample reports tell of: Monday to Monday.
var (
	weekFrom = at(89, 6) // 30 March
	weekTo   = at(96, 6) // 6 April
)

const (
	sampleProd = "aws:111122223333"
	sampleDev  = "aws:444455556666"
)

// sampleOwner gives most things to three owners, and one to nobody.
func sampleOwner(control, _, _, subject string) string {
	switch {
	case strings.HasSuffix(subject, "orphan"):
		return ""
	case strings.HasSuffix(subject, "invoices"), strings.HasSuffix(subject, "/deploy"):
		return "payments"
	case control == "public-storage", control == "backups":
		return "platform"
	}
	return "security"
}

func bucket(name string, v evidence.Verdict) evidence.Observation {
	return obs("public-storage", "aws.s3.bucket-public", "aws.s3.bucket", sampleProd, "arn:aws:s3:::"+name, name, v)
}

func sampleUser(control, check, name string, v evidence.Verdict) evidence.Observation {
	return obs(control, check, "aws.iam.user", sampleProd, "arn:aws:iam::111122223333:user/"+name, name, v)
}

func exposure(o evidence.Observation, s evidence.Severity, good, bad time.Time) evidence.Exposure {
	return evidence.Exposure{Control: o.Control, Check: o.Check, Scope: o.Scope, Type: o.Type, Subject: o.Subject,
		Name: o.Name, Severity: s, LastGood: good, FirstBad: bad, LastBad: weekTo}
}

func verdictChange(o evidence.Observation, before, after string, cause evidence.Cause, why string) evidence.Change {
	return evidence.Change{What: "verdict", Cause: cause, Scope: o.Scope, Type: o.Type, Subject: o.Subject, Name: o.Name,
		Control: o.Control, Check: o.Check, Before: before, After: after, Reason: why,
		Between: evidence.Window{From: weekFrom, To: weekTo}}
}

// sampleWeek is a week with one of everything.
func sampleWeek(t *testing.T) DigestInput {
	t.Helper()
	const fail, pass = evidence.Fail, evidence.Pass
	deploy := sampleUser("key-age", "aws.iam.key-age", "deploy", fail)
	old := sampleUser("key-age", "aws.iam.key-age", "ci", fail)
	ann := sampleUser("mfa-people", "aws.iam.user-mfa", "ann", evidence.Unknown)
	ben := sampleUser("mfa-people", "aws.iam.user-mfa", "ben", fail)
	ann.Reason = "subject.doc.Credential was denied by iam:GetCredentialReport"
	ann.Missing = []evidence.Missing{{Operation: "iam:GetCredentialReport", Outcome: evidence.OutcomeDenied,
		Permission: "iam:GetCredentialReport"}}
	seenAnn := ann
	seenAnn.Verdict, seenAnn.Reason, seenAnn.Missing = pass, "", nil
	oldBefore := old
	oldBefore.Verdict = pass
	trail := obs("audit-trail", "aws.cloudtrail.multi-region", "aws.cloudtrail.trail", sampleProd,
		"arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", "main", pass)
	acceptance := func(id, name string, end time.Time) evidence.RiskAcceptance {
		return evidence.RiskAcceptance{ID: id, Requester: "dana", Approver: "ciso", Owner: "marketing", Category: "waiver",
			Check: "aws.s3.bucket-public", Scope: sampleProd, Subjects: []string{"arn:aws:s3:::" + name},
			Reason: "Meant for all.", Start: at(1, 0), End: end}
	}
	accepted := []evidence.RiskAcceptance{acceptance("press-kit", "press-kit", at(120, 0)),
		acceptance("scratch", "scratch", at(94, 0)), acceptance("year", "downloads", at(360, 0))}
	input := func(asOf time.Time, list []evidence.Observation) Input {
		return Input{Title: "Northwind Payments", Tool: "exhibit 0.1.0", Period: evidence.Window{From: weekFrom, To: weekTo},
			Assessment: evidence.Assessment{AsOf: asOf, View: 184, Evaluator: "1"}, Controls: sampleControls(),
			Observations: seq(list), Acceptances: accepted, OwnerOf: sampleOwner,
			Findings: seq([]evidence.Finding{{Control: "audit-trail", Scope: sampleProd, Status: evidence.Satisfied,
				ObservedFrom: asOf.Add(-20 * time.Hour)}}),
			Attestations: []evidence.Attestation{{ID: "restore-q1", Control: "backups", Author: "hana", Expires: at(103, 0)},
				{ID: "restore-q4", Control: "backups", Author: "hana", Expires: at(80, 0)}}}
	}
	before, err := Build(input(weekFrom, []evidence.Observation{bucket("invoices", pass), bucket("logs", fail),
		bucket("tmp", fail), bucket("press-kit", fail), bucket("downloads", fail), bucket("scratch", fail), deploy,
		oldBefore, seenAnn, ben, trail}))
	if err != nil {
		t.Fatal(err)
	}
	in := input(weekTo, []evidence.Observation{bucket("invoices", fail), bucket("logs", pass), bucket("press-kit", fail),
		bucket("downloads", fail), bucket("scratch", fail), bucket("orphan", fail), deploy, old, ann, ben, trail})
	in.Exposures = append(sampleExposures(deploy, old), exposure(ben, evidence.High, at(79, 6), at(80, 6)))
	in.Changes = []evidence.Change{
		verdictChange(bucket("invoices", fail), "pass", "fail", evidence.CauseSubject, "public: false → true"),
		verdictChange(bucket("orphan", fail), "", "fail", evidence.CauseSubject, "the subject is new"),
		verdictChange(bucket("logs", pass), "fail", "pass", evidence.CauseSubject, "public: true → false"),
		verdictChange(old, "pass", "fail", evidence.CauseRule, "the check changed; the evidence is the same"),
		verdictChange(ann, "pass", "unknown", evidence.CausePermission, ann.Reason),
		{What: "requirement", Cause: evidence.CauseMapping, Name: "soc2@2017-2022 CC6.3", Before: "controls key-age; full",
			After: "controls key-age; checks aws.iam.key-age; full"},
		{What: "scope-lost", Cause: evidence.CausePermission, Scope: sampleDev, Before: "ok", After: "denied",
			Reason: "sts:AssumeRole was denied"},
	}
	in.Gaps = []evidence.Gap{{Series: "prod-aws|aws.iam.user|" + sampleProd,
		Window: evidence.Window{From: at(90, 6), To: at(93, 6)}, Reason: evidence.OutcomeThrottled}}
	now, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return DigestInput{Report: "weekly", Now: now, Before: before, Told: sampleTold(in.Exposures),
		Controls: sampleControls(), OwnerOf: sampleOwner, FixBy: evidence.DefaultFixTimes(), Began: at(1, 6),
		Preceding: samplePreceding,
		Decisions: []evidence.Decision{sampleDecision(), overriddenSample()}, Next: at(103, 7), Page: "https://exhibit.example.com"}
}

// samplePreceding lets one of the week's failures follow a deployment.
func samplePreceding(e evidence.Exposure) *evidence.Preceding {
	if e.Name != "invoices" || !e.FirstBad.After(weekFrom) {
		return nil
	}
	return &evidence.Preceding{Type: "github.deployment", ID: "northwind/shop/deployments/7", Repository: "github.com/northwind/shop",
		Environment: "production", By: []string{"noor"}, Start: at(92, 9), Within: evidence.Duration(5 * time.Hour), Certain: true}
}

func sampleExposures(deploy, old evidence.Observation) []evidence.Exposure {
	const fail = evidence.Fail
	day := evidence.Duration(24 * time.Hour)
	invoices := exposure(bucket("invoices", fail), evidence.Critical, at(92, 6), at(92, 18))
	invoices.Opened = &evidence.Turn{Window: evidence.Window{From: at(92, 14), To: at(92, 14)}, Acts: []evidence.Act{
		{At: at(92, 14), What: "PutBucketPolicy", By: "sso-administrator/noor", From: "198.51.100.7", ID: "e1"}}}
	logs := exposure(bucket("logs", fail), evidence.Critical, at(87, 6), at(88, 6))
	logs.LastBad, logs.FirstGood, logs.Ended, logs.Least, logs.Most = at(90, 6), at(91, 6), "passed", 2*day, 4*day
	tmp := exposure(bucket("tmp", fail), evidence.Critical, time.Time{}, at(1, 6))
	tmp.LastBad, tmp.FirstGood, tmp.Ended, tmp.Least, tmp.Most = at(95, 6), at(95, 18), "gone", 94*day, 95*day
	long := exposure(bucket("invoices", fail), evidence.Critical, at(2, 6), at(3, 6))
	long.LastBad, long.FirstGood, long.Ended = at(5, 6), at(6, 6), "passed"
	return []evidence.Exposure{invoices, long, logs, tmp,
		exposure(bucket("orphan", fail), evidence.Critical, time.Time{}, at(95, 6)),
		exposure(bucket("press-kit", fail), evidence.Critical, time.Time{}, at(1, 6)),
		exposure(bucket("downloads", fail), evidence.Critical, time.Time{}, at(1, 6)),
		exposure(bucket("scratch", fail), evidence.Critical, at(50, 6), at(51, 6)),
		exposure(deploy, evidence.Medium, at(1, 6), at(2, 6)),
		exposure(old, evidence.Medium, at(95, 6), at(96, 6))}
}

// sampleTold is what was known at the beginning of the week of the exposures that began before it.
func sampleTold(all []evidence.Exposure) []evidence.Exposure {
	var out []evidence.Exposure
	for _, e := range all {
		if e.FirstBad.After(weekFrom) {
			continue
		}
		if e.FirstGood.After(weekFrom) {
			e.LastBad, e.FirstGood, e.Ended = weekFrom, time.Time{}, ""
		}
		e.Opened = nil
		out = append(out, e)
	}
	return out
}
