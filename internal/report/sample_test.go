package report

import (
	"encoding/json"
	"iter"
	"testing"
	"time"

	"exhibit/internal/evidence"
)

func at(dayOfYear, hour int) time.Time {
	return time.Date(2026, 1, dayOfYear, hour, 0, 0, 0, time.UTC)
}

func seq[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func check(id, title, subject string, s evidence.Severity) evidence.Check {
	return evidence.Check{ID: id, Title: title, Subject: subject, Severity: s, Assert: "true", OnEmpty: evidence.NotApplicable,
		Remediation: "Change the setting, and add it to the account’s baseline."}
}

func sampleControls() []evidence.Control {
	return []evidence.Control{
		{ID: "public-storage", Domain: "data", Title: "Storage is closed to the public", Statement: "No bucket or container can be read by anybody.",
			Owner: "platform", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{
				check("aws.s3.bucket-public", "Bucket is closed to the public", "aws.s3.bucket", evidence.Critical),
				check("gcp.storage.public", "Bucket grants nothing to all users", "gcp.storage.bucket", evidence.Critical)}},
		{ID: "storage-encryption", Domain: "data", Title: "Storage is encrypted", Statement: "What is stored is encrypted with keys that we manage.",
			Owner: "platform", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{
				check("aws.s3.bucket-encryption", "Bucket is encrypted by default", "aws.s3.bucket", evidence.Medium)}},
		{ID: "mfa-people", Domain: "identity", Title: "People sign in with a second factor", Statement: "Every person proves a second factor at sign-in.",
			Owner: "security", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{
				check("aws.iam.user-mfa", "User with a password has MFA", "aws.iam.user", evidence.High),
				check("aws.iam.root-mfa", "The root user has MFA", "aws.iam.account", evidence.Critical)}},
		{ID: "key-age", Domain: "identity", Title: "Long-lived keys are rotated", Statement: "No access key is older than 90 days.",
			Owner: "security", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{
				check("aws.iam.key-age", "Access key is younger than 90 days", "aws.iam.user", evidence.Medium)}},
		{ID: "audit-trail", Domain: "logging", Title: "Every call is logged", Statement: "All regions log to a protected place.",
			Owner: "security", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{
				check("aws.cloudtrail.multi-region", "A trail records all regions", "aws.cloudtrail.trail", evidence.High)}},
		{ID: "reviewed-changes", Domain: "delivery", Title: "Changes are reviewed", Statement: "Every change to a default branch was approved by another person.",
			Owner: "engineering", Freshness: evidence.Duration(26 * time.Hour), Checks: []evidence.Check{
				check("github.pull-request-review", "Merged change was approved at its head", "github.pull-request", evidence.High)}},
		{ID: "backups", Domain: "resilience", Title: "Backups can be restored", Statement: "A restore was tried in the last quarter.",
			Owner: "platform", Manual: "Read the record of the last restore test, with who did it and what was found."},
	}
}

func obs(control, check, typ, scope, subject, name string, v evidence.Verdict) evidence.Observation {
	o := evidence.Observation{Control: control, Check: check, Type: typ, Scope: scope, Subject: subject, Name: name, Verdict: v,
		Evidence: []evidence.Digest{evidence.Sum([]byte(subject))}}
	if v == evidence.Fail {
		o.Facts = map[string]json.RawMessage{"deciding": json.RawMessage(`"` + name + `"`), "public": json.RawMessage("true")}
	}
	return o
}

// sampleInput is a small company over 90 days with one of everything.
func sampleInput() Input {
	const prod, dev, gcp = "aws:111122223333", "aws:444455556666", "gcp:payments-prod"
	arn := func(s string) string { return "arn:aws:s3:::" + s }
	var list []evidence.Observation
	for i := range 40 {
		name := "bucket-" + itoa(i)
		list = append(list, obs("public-storage", "aws.s3.bucket-public", "aws.s3.bucket", prod, arn(name), name, evidence.Pass),
			obs("storage-encryption", "aws.s3.bucket-encryption", "aws.s3.bucket", prod, arn(name), name, evidence.Pass))
	}
	list = append(list,
		obs("public-storage", "aws.s3.bucket-public", "aws.s3.bucket", prod, arn("press-kit"), "press-kit", evidence.Fail),
		obs("public-storage", "aws.s3.bucket-public", "aws.s3.bucket", dev, arn("dev-scratch"), "dev-scratch", evidence.Fail),
		obs("public-storage", "gcp.storage.public", "gcp.storage.bucket", gcp, "//storage/ledger", "ledger", evidence.Pass),
		obs("mfa-people", "aws.iam.root-mfa", "aws.iam.account", prod, "111122223333", "prod", evidence.Pass),
		obs("key-age", "aws.iam.key-age", "aws.iam.user", prod, "arn:aws:iam::111122223333:user/deploy", "deploy", evidence.Fail),
		obs("key-age", "aws.iam.key-age", "aws.iam.user", prod, "arn:aws:iam::111122223333:user/ann", "ann", evidence.NotApplicable),
		obs("audit-trail", "aws.cloudtrail.multi-region", "aws.cloudtrail.trail", prod, "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", "main", evidence.Pass),
		obs("reviewed-changes", "github.pull-request-review", "github.pull-request", "github:acme", "https://github.com/acme/pay/pull/412", "acme/pay#412", evidence.Fail))
	for i := range 12 {
		name := "acme/pay#" + itoa(400+i)
		list = append(list, obs("reviewed-changes", "github.pull-request-review", "github.pull-request", "github:acme", "https://github.com/acme/pay/pull/"+itoa(400+i), name, evidence.Pass))
	}
	denied := evidence.Missing{Operation: "iam:GetCredentialReport", Outcome: evidence.OutcomeDenied, Permission: "iam:GetCredentialReport", Code: "AccessDenied"}
	for _, user := range []string{"ann", "ben", "cat"} {
		o := obs("mfa-people", "aws.iam.user-mfa", "aws.iam.user", prod, "arn:aws:iam::111122223333:user/"+user, user, evidence.Unknown)
		o.Reason, o.Missing = "subject.doc.Credential was denied by iam:GetCredentialReport", []evidence.Missing{denied}
		list = append(list, o)
	}
	finding := func(control, scope string, s evidence.Status, sev evidence.Severity, c map[evidence.Verdict]int, reasons ...string) evidence.Finding {
		return evidence.Finding{Control: control, Scope: scope, Status: s, Severity: sev, Counts: c, Reasons: reasons, ObservedFrom: at(90, 6)}
	}
	type counts = map[evidence.Verdict]int
	findings := []evidence.Finding{
		finding("public-storage", prod, evidence.NotSatisfied, evidence.Critical, counts{evidence.Pass: 40, evidence.Fail: 1}),
		finding("public-storage", dev, evidence.NotSatisfied, evidence.Critical, counts{evidence.Fail: 1}),
		finding("public-storage", gcp, evidence.Satisfied, "", counts{evidence.Pass: 1}),
		finding("storage-encryption", prod, evidence.Satisfied, "", counts{evidence.Pass: 40}),
		finding("mfa-people", prod, evidence.Indeterminate, "", counts{evidence.Pass: 1, evidence.Unknown: 3}, "subject.doc.Credential was denied by iam:GetCredentialReport"),
		finding("key-age", prod, evidence.NotSatisfied, evidence.Medium, counts{evidence.Fail: 1, evidence.NotApplicable: 1}),
		finding("audit-trail", prod, evidence.Satisfied, "", counts{evidence.Pass: 1}),
		finding("reviewed-changes", "github:acme", evidence.NotSatisfied, evidence.High, counts{evidence.Pass: 12, evidence.Fail: 1}),
	}
	catalog, later := evidence.Sum([]byte("catalog 1")), evidence.Sum([]byte("catalog 2"))
	var hist []evidence.Assessment
	for d := 1; d <= 90; d++ {
		fail, unknown := 3, 0
		switch {
		case d >= 30 && d < 48:
			fail = 9
		case d >= 48 && d < 61:
			fail = 6
		}
		if d >= 70 {
			unknown = 3
		}
		if d > 60 && d < 64 {
			unknown = 30
		}
		c := catalog
		if d >= 48 {
			c = later
		}
		hist = append(hist, evidence.Assessment{AsOf: at(d, 6), Catalog: c, Evaluator: "1",
			Totals:   map[evidence.Verdict]int{evidence.Pass: 96 - fail - unknown + d/6, evidence.Fail: fail, evidence.Unknown: unknown},
			Statuses: map[evidence.Status]int{evidence.Satisfied: 8 - fail/3 - min(unknown, 1), evidence.NotSatisfied: fail / 3, evidence.Indeterminate: min(unknown, 1)}})
	}
	h := func(n int) evidence.Duration { return evidence.Duration(time.Duration(n) * time.Hour) }
	return Input{
		Title: "Northwind Payments", Simulated: true, Tool: "exhibit 0.1.0", Period: evidence.Window{From: at(1, 0), To: at(91, 0)},
		Assessment: evidence.Assessment{Catalog: later, Evaluator: "1", AsOf: at(90, 6), View: 184},
		Controls:   sampleControls(), Observations: seq(list), Findings: seq(findings), History: hist,
		Frameworks: []evidence.Framework{{ID: "soc2", Version: "2017-2022", Title: "SOC 2 Trust Services Criteria", Requirements: []evidence.Requirement{
			{ID: "CC1.2", Title: "A board, apart from management, watches over the controls", Manual: "Minutes of the period that discuss security results."},
			{ID: "CC6.1", Title: "Access to systems and data is limited to whom it is meant for", Controls: []string{"public-storage", "mfa-people", "storage-encryption"}, Strength: "partial",
				Manual: "The list of systems, and how access to each is asked for."},
			{ID: "CC6.3", Title: "Access is taken away when it is no longer needed", Checks: []string{"aws.iam.key-age"}, Controls: []string{"key-age"}, Strength: "full"},
			{ID: "CC7.2", Title: "Systems are watched for what is out of the ordinary", Controls: []string{"audit-trail"}, Strength: "supporting"},
			{ID: "CC8.1", Title: "Changes are authorised, tested and approved", Controls: []string{"reviewed-changes"}, Strength: "full"},
			{ID: "A1.3", Title: "Recovery is tested", Controls: []string{"backups"}, Strength: "partial"},
			{ID: "P1.1", Title: "People are told how their data is used", None: "Privacy notices leave no trace in any system that is collected."},
		}}},
		Scopes: []evidence.ScopeOutcome{
			{Source: "prod-aws", Scope: evidence.Scope{Provider: "aws", Account: "111122223333", Name: "prod"}, Outcome: evidence.OutcomeOK, Subjects: 512, Requests: 1741,
				Snapshots: map[evidence.Outcome]int{evidence.OutcomeOK: 16, evidence.OutcomeEmpty: 2}},
			{Source: "prod-aws", Scope: evidence.Scope{Provider: "aws", Account: "444455556666", Name: "dev"}, Outcome: evidence.OutcomeDenied, Subjects: 44, Requests: 120,
				Reason: "sts:AssumeRole was denied in eu-north-1"},
			{Source: "payments-gcp", Scope: evidence.Scope{Provider: "gcp", Account: "payments-prod"}, Outcome: evidence.OutcomeNotEnabled, Subjects: 31, Requests: 12},
		},
		Snapshots: []evidence.Snapshot{{Collector: "aws.iam.user", Source: "prod-aws", Scope: evidence.Scope{Provider: "aws", Account: "111122223333"},
			Window: evidence.Window{From: at(90, 5), To: at(90, 6)}, Outcome: evidence.OutcomeOK, Completeness: evidence.Completeness{Operations: []evidence.Operation{
				{Name: "iam:GetCredentialReport", Outcome: evidence.OutcomeDenied, Permission: "iam:GetCredentialReport", Errors: []string{"AccessDenied"}},
				{Name: "iam:ListUsers", Outcome: evidence.OutcomeOK}}}},
			{Collector: "aws.cloudtrail.root-use", Source: "prod-aws", Scope: evidence.Scope{Provider: "aws", Account: "111122223333", Region: "us-east-1"},
				Window: evidence.Window{From: at(90, 5), To: at(90, 6)}, Outcome: evidence.OutcomeOK, Subjects: evidence.ListRef{Count: 4},
				Completeness: evidence.Completeness{Listed: 1, Kept: 1, Carried: 3, Coverage: &evidence.Coverage{
					Span: evidence.Window{From: at(1, 5), To: at(90, 4)}, Gaps: []evidence.Unknowable{
						{Window: evidence.Window{From: at(20, 5), To: at(22, 5)}, Reason: "no collection succeeded before the provider forgot"}}}}},
			{Collector: "aws.cloudtrail.root-use", Source: "prod-aws", Scope: evidence.Scope{Provider: "aws", Account: "111122223333", Region: "eu-west-1"},
				Window: evidence.Window{From: at(90, 5), To: at(90, 6)}, Outcome: evidence.OutcomeEmpty,
				Completeness: evidence.Completeness{Coverage: &evidence.Coverage{Span: evidence.Window{From: at(1, 6), To: at(89, 4)}}}}},
		Acceptances: []evidence.RiskAcceptance{
			{ID: "press-kit", Requester: "dana", Approver: "ciso", Owner: "marketing", Category: "waiver", Check: "aws.s3.bucket-public", Scope: prod,
				Subjects: []string{arn("press-kit")}, Reason: "Pictures for the press are meant for everybody.", Start: at(1, 0), End: at(152, 0)},
			{ID: "deploy-key", Requester: "eli", Approver: "ciso", Owner: "platform", Category: "mitigated", Check: "aws.iam.key-age", Scope: prod,
				Subjects: []string{"arn:aws:iam::111122223333:user/deploy"}, Compensating: []string{"aws.iam.user-mfa"}, Reason: "The key can only be used from the build network.",
				Start: at(1, 0), End: at(120, 0)},
			{ID: "dev-scratch", Requester: "fay", Approver: "ciso", Owner: "engineering", Category: "waiver", Check: "aws.s3.bucket-public", Scope: dev,
				Subjects: []string{arn("dev-scratch")}, Reason: "Load test fixtures.", Start: at(1, 0), End: at(60, 0)},
			{ID: "old-bucket", Requester: "gus", Approver: "gus", Owner: "platform", Category: "false-positive", Check: "aws.s3.bucket-public", Scope: prod,
				Subjects: []string{arn("long-gone")}, Reason: "It redirects.", Start: at(1, 0), End: at(200, 0)},
		},
		Attestations: []evidence.Attestation{{ID: "restore-q1", Control: "backups", Author: "hana", Statement: "The ledger was restored to an empty account and compared.",
			Period: evidence.Window{From: at(1, 0), To: at(90, 0)}, Expires: at(85, 0)}},
		Exposures: []evidence.Exposure{
			{Control: "public-storage", Check: "aws.s3.bucket-public", Scope: prod, Type: "aws.s3.bucket", Subject: arn("invoices"), Name: "invoices", Severity: evidence.Critical,
				LastGood: at(29, 6), FirstBad: at(30, 6), LastBad: at(47, 6), FirstGood: at(48, 6), Ended: "passed", Least: h(17*24 + 15), Most: h(17*24 + 16),
				ByLooks: &evidence.Bounds{Least: h(17 * 24), Most: h(19 * 24)},
				Opened: &evidence.Turn{Window: evidence.Window{From: at(29, 16), To: at(29, 16)}, Acts: []evidence.Act{
					{At: at(29, 16), What: "PutBucketPolicy", By: "sso-administrator/noor", From: "198.51.100.7", ID: "e1", Event: evidence.Sum([]byte("e1"))}}},
				Closed: &evidence.Turn{Window: evidence.Window{From: at(47, 7), To: at(47, 8)}, Acts: []evidence.Act{
					{At: at(47, 7), What: "PutBucketPolicy", By: "ann", From: "198.51.100.7", ID: "e2", Event: evidence.Sum([]byte("e2"))},
					{At: at(47, 8), What: "PutBucketPublicAccessBlock", By: "ben", ID: "e3", Event: evidence.Sum([]byte("e3"))}}}},
			{Control: "public-storage", Check: "aws.s3.bucket-public", Scope: prod, Type: "aws.s3.bucket", Subject: arn("press-kit"), Name: "press-kit", Severity: evidence.Critical,
				FirstBad: at(1, 6), LastBad: at(90, 6), Least: h(89 * 24), Most: h(89*24 + 6)},
			{Control: "reviewed-changes", Check: "github.pull-request-review", Scope: "github:acme", Type: "github.pull-request", Subject: "https://github.com/acme/pay/pull/412", Name: "acme/pay#412",
				Severity: evidence.High, LastGood: at(51, 6), FirstBad: at(52, 6), LastBad: at(90, 6), Least: h(36 * 24), Most: h(39 * 24), Unseen: h(60)},
			{Control: "key-age", Check: "aws.iam.key-age", Scope: prod, Type: "aws.iam.user", Subject: "arn:aws:iam::111122223333:user/deploy", Name: "deploy", Severity: evidence.Medium,
				LastGood: at(69, 6), FirstBad: at(76, 6), LastBad: at(90, 6), Least: h(14 * 24), Most: h(21 * 24)},
			{Control: "storage-encryption", Check: "aws.s3.bucket-encryption", Scope: prod, Type: "aws.s3.bucket", Subject: arn("tmp-1"), Name: "tmp-1", Severity: evidence.Medium,
				LastGood: at(12, 6), FirstBad: at(12, 12), LastBad: at(12, 12), FirstGood: at(13, 6), Ended: "gone", Least: 0, Most: h(24)},
		},
		Changes: []evidence.Change{
			{What: "subject-changed", Cause: evidence.CauseSubject, Scope: prod, Type: "aws.s3.bucket", Subject: arn("invoices"), Name: "invoices",
				Fields: []evidence.FieldChange{{Path: "/PublicAccessBlock/BlockPublicPolicy", Before: json.RawMessage("true"), After: json.RawMessage("false")},
					{Path: "/Policy/Statement/1", After: json.RawMessage(`{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:getobject"]}`)}},
				Between: evidence.Window{From: at(29, 6), To: at(30, 6)}},
			{What: "verdict", Cause: evidence.CauseSubject, Scope: prod, Type: "aws.s3.bucket", Subject: arn("invoices"), Name: "invoices", Control: "public-storage",
				Check: "aws.s3.bucket-public", Before: "pass", After: "fail", Reason: "public: false → true", Severity: evidence.Critical, Between: evidence.Window{From: at(29, 6), To: at(30, 6)},
				Preceding: &evidence.Preceding{ID: "northwind/shop/deployments/3", Environment: "production", Within: evidence.Duration(h(15))}},
			{What: "verdict", Cause: evidence.CauseRule, Scope: prod, Type: "aws.iam.user", Subject: "arn:aws:iam::111122223333:user/deploy", Name: "deploy", Control: "key-age",
				Check: "aws.iam.key-age", Before: "pass", After: "fail", Reason: "the check changed; the evidence is the same", Between: evidence.Window{From: at(47, 6), To: at(48, 6)}},
			{What: "coverage", Cause: evidence.CausePermission, Scope: prod, Type: "aws.iam.user", Name: "prod", Before: "ok", After: "denied",
				Reason: "iam:GetCredentialReport: denied, needs iam:GetCredentialReport", Between: evidence.Window{From: at(69, 6), To: at(70, 6)}},
			{What: "requirement", Cause: evidence.CauseMapping, Name: "soc2@2017-2022 CC6.3", Before: "controls key-age; full", After: "controls key-age; checks aws.iam.key-age; full"},
			{What: "scope-added", Cause: evidence.CauseScope, Scope: gcp, After: "ok"},
		},
		Gaps: []evidence.Gap{{Series: "prod-aws|aws.iam.user|" + prod, Window: evidence.Window{From: at(60, 6), To: at(64, 6)}, Reason: evidence.OutcomeThrottled}},
	}
}

func samplePosture(t *testing.T) *Posture {
	t.Helper()
	p, err := Build(sampleInput())
	if err != nil {
		t.Fatal(err)
	}
	p.Metrics = sampleMetrics()
	return p
}
