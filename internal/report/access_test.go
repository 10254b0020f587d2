package report

import (
	"time"

	"exhibit/internal/evidence"
)

// sampleReview has a whole row, one with everything unknown, and names that a spreadsheet would run.
func sampleReview() evidence.AccessReview {
	at := time.Date(2026, 3, 31, 6, 0, 0, 0, time.UTC)
	list := evidence.AccessList{Scope: "aws:111122223333", Type: "aws.iam.user", Source: "prod", Outcome: evidence.OutcomeOK,
		CollectedAt: at, Subjects: evidence.ListRef{Root: evidence.Sum([]byte("users")), Count: 2}}
	none := []string{}
	return evidence.AccessReview{AsOf: at.Add(time.Hour), View: 41, Evaluator: "exhibit-assess/1", Simulated: true, Source: "prod",
		Lists: []evidence.AccessList{list},
		Limits: []evidence.AccessLimits{{Scope: "aws:111122223333", Stand: "weighed"},
			{Scope: "aws:444455556666", Stand: "not looked at"}, {Scope: "aws:777788889999", Stand: "weighed"}},
		Missing:  []string{"aws:111122223333: =cmd(): Credential was not collected: iam:GetCredentialReport denied"},
		Excluded: []evidence.Excluded{{Reason: "role that only services can take", Count: 7}},
		Rows: []evidence.Access{
			{Scope: "aws:111122223333", Identity: "arn:aws:iam::111122223333:user/ann", Name: "ann", Kind: "user",
				Entry: []string{"console", "1 access key"}, MFA: "yes", Groups: []string{"admins"},
				Policies: []string{"group admins: AdministratorAccess"}, Admin: "yes", Via: []string{"group admins: AdministratorAccess"},
				Escalates: "administrator", Ways: none, LastUsed: "2026-03-30T07:00:00Z", Idle: "1",
				Evidence: evidence.Sum([]byte("ann")), CollectedAt: at},
			{Scope: "aws:444455556666", Identity: "arn:aws:identitystore:::user/1", Name: "ben", Kind: "person", PermissionSet: "admin",
				Entry: []string{"Identity Center by group platform"}, MFA: "with the provider", Groups: []string{"platform"},
				Policies: []string{"AdministratorAccess"}, Admin: "yes", Via: []string{"AdministratorAccess"},
				Escalates: "administrator", Ways: none, LastUsed: "not told", Idle: "not told",
				Evidence: evidence.Sum([]byte("ben")), CollectedAt: at},
			{Scope: "aws:111122223333", Identity: "=cmd()", Name: "=cmd()", Kind: "user", Entry: []string{"console unknown"},
				MFA: "unknown", Groups: none, Policies: []string{"@mine"}, Admin: "unknown", Via: none, Escalates: "unknown", Ways: none,
				LastUsed: "unknown", Idle: "unknown", Unknown: []string{"Credential was not collected"},
				Evidence: evidence.Sum([]byte("cmd")), CollectedAt: at},
		}}
}
