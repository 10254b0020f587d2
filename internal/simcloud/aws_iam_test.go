package simcloud

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func TestIAMRoles(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 4})
	client := iam.NewFromConfig(awsConfig(c, prod, "us-east-1"))
	roles := docs(c, "aws", prod, "roles")
	var got []types.Role
	for p := iam.NewListRolesPaginator(client, &iam.ListRolesInput{}); p.HasMorePages(); {
		got = append(got, next(t, p.NextPage).Roles...)
	}
	if len(got) != len(roles) {
		t.Fatalf("%d roles, want %d", len(got), len(roles))
	}
	for i, r := range roles {
		name := got[i].RoleName
		sameDocument(t, r["AssumeRolePolicyDocument"], got[i].AssumeRolePolicyDocument)
		got[i].AssumeRolePolicyDocument = nil
		same(t, *name, without(only(r, roleFields()...), "AssumeRolePolicyDocument"), got[i])
		one := ask(t, client.GetRole, &iam.GetRoleInput{RoleName: name}).Role
		same(t, *name+" last used", r["RoleLastUsed"], one.RoleLastUsed)
		same(t, *name+" tags", r["Tags"], one.Tags)
		attached := ask(t, client.ListAttachedRolePolicies, &iam.ListAttachedRolePoliciesInput{RoleName: name})
		same(t, *name+" attached", r["AttachedPolicies"], attached.AttachedPolicies)
		names := ask(t, client.ListRolePolicies, &iam.ListRolePoliciesInput{RoleName: name}).PolicyNames
		for j, v := range elements(r["InlinePolicies"]) {
			p := ask(t, client.GetRolePolicy, &iam.GetRolePolicyInput{RoleName: name, PolicyName: &names[j]})
			sameDocument(t, v.(map[string]any)["PolicyDocument"], p.PolicyDocument)
		}
	}
}

func TestIAMPolicies(t *testing.T) {
	c := start(t, demo(t), Options{PageSize: 4})
	client := iam.NewFromConfig(awsConfig(c, prod, "us-east-1"))
	count := func(in iam.ListPoliciesInput) int {
		n := 0
		for p := iam.NewListPoliciesPaginator(client, &in); p.HasMorePages(); {
			n += len(next(t, p.NextPage).Policies)
		}
		return n
	}
	whole, local := count(iam.ListPoliciesInput{}), count(iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
	if attached := count(iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal, OnlyAttached: true}); attached != local-1 {
		t.Errorf("%d of %d own policies are attached", attached, local)
	}
	policies := docs(c, "aws", prod, "policies")
	if whole != len(policies) || local == whole {
		t.Errorf("%d policies, %d own, want %d", whole, local, len(policies))
	}
	for _, p := range policies {
		arn := aws.String(p["Arn"].(string))
		one := ask(t, client.GetPolicy, &iam.GetPolicyInput{PolicyArn: arn}).Policy
		same(t, *arn, without(p, "Document"), one)
		v := ask(t, client.GetPolicyVersion, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: one.DefaultVersionId})
		sameDocument(t, p["Document"], v.PolicyVersion.Document)
	}
	entities := ask(t, client.ListEntitiesForPolicy, &iam.ListEntitiesForPolicyInput{
		PolicyArn: aws.String("arn:aws:iam::aws:policy/SecurityAudit")})
	if len(entities.PolicyRoles) != 1 || len(entities.PolicyGroups) != 1 || *entities.PolicyRoles[0].RoleName != collector {
		t.Errorf("SecurityAudit is attached to %v and %v", entities.PolicyRoles, entities.PolicyGroups)
	}
}

func TestIAMAccount(t *testing.T) {
	c := start(t, demo(t), Options{ReportPolls: 1})
	client := iam.NewFromConfig(awsConfig(c, prod, "us-east-1"))
	w := c.world.Load()
	summary := ask(t, client.GetAccountSummary, &iam.GetAccountSummaryInput{}).SummaryMap
	for k, v := range w.object("aws", prod, "account")["SummaryMap"].(map[string]any) {
		if scalar(v) != scalar(summary[k]) {
			t.Errorf("summary %s is %d", k, summary[k])
		}
	}
	if n := len(docs(c, "aws", prod, "users")); int(summary["Users"]) != n {
		t.Errorf("summary counts %d users, want %d", summary["Users"], n)
	}
	policy := ask(t, client.GetAccountPasswordPolicy, &iam.GetAccountPasswordPolicyInput{}).PasswordPolicy
	same(t, "password policy", w.object("aws", prod, "account")["PasswordPolicy"], policy)
	other := iam.NewFromConfig(awsConfig(c, staging, "us-east-1"))
	if got := code(t, other.GetAccountPasswordPolicy, &iam.GetAccountPasswordPolicyInput{}); got != "NoSuchEntity" {
		t.Errorf("no password policy: %s", got)
	}
	if alias := ask(t, client.ListAccountAliases, &iam.ListAccountAliasesInput{}).AccountAliases; alias[0] !=
		"larkspur-production" {
		t.Errorf("alias %v", alias)
	}
	devices := ask(t, client.ListVirtualMFADevices, &iam.ListVirtualMFADevicesInput{
		AssignmentStatus: types.AssignmentStatusTypeAssigned}).VirtualMFADevices
	root := 0
	for _, d := range devices {
		if *d.User.Arn == "arn:aws:iam::"+prod+":root" {
			root++
		}
	}
	if root != 1 || len(devices) < 4 {
		t.Errorf("%d devices, %d of root", len(devices), root)
	}
}

func TestCredentialReport(t *testing.T) {
	c := start(t, demo(t), Options{ReportPolls: 1})
	client := iam.NewFromConfig(awsConfig(c, prod, "us-east-1"))
	for _, want := range []types.ReportStateType{types.ReportStateTypeStarted, types.ReportStateTypeComplete} {
		if got := ask(t, client.GenerateCredentialReport, &iam.GenerateCredentialReportInput{}).State; got != want {
			t.Errorf("report is %s, want %s", got, want)
		}
	}
	report := ask(t, client.GetCredentialReport, &iam.GetCredentialReportInput{})
	if !report.GeneratedTime.Equal(c.Now()) {
		t.Errorf("report of %s", report.GeneratedTime)
	}
	rows, err := csv.NewReader(strings.NewReader(string(report.Content))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	users := docs(c, "aws", prod, "users")
	if len(rows) != len(users)+2 || rows[1][0] != "<root_account>" || len(rows[0]) != 22 {
		t.Fatalf("report has %d rows of %d columns, the second of %s", len(rows), len(rows[0]), rows[1][0])
	}
	by := map[string]map[string]string{}
	for _, r := range rows[1:] {
		by[r[0]] = map[string]string{}
		for i, v := range r {
			by[r[0]][rows[0][i]] = v
		}
	}
	for user, want := range map[string]map[string]string{
		"<root_account>": {"mfa_active": "true", "password_enabled": "not_supported", "access_key_1_active": "false"},
		"mira.holt":      {"access_key_1_active": "false", "access_key_1_last_used_service": "iam"},
		"joel.okafor":    {"mfa_active": "true", "password_enabled": "true", "password_last_used": "2026-07-02T07:42:00+00:00"},
		"legacy-etl": {"mfa_active": "false", "password_enabled": "false", "access_key_1_active": "true",
			"access_key_1_last_rotated": "2026-05-04T10:00:00+00:00", "access_key_2_active": "false"},
	} {
		for k, v := range want {
			if by[user][k] != v {
				t.Errorf("%s: %s is %q, want %q", user, k, by[user][k], v)
			}
		}
	}
}

func TestAuthorizationDetails(t *testing.T) {
	for _, size := range []int{1, 3, 7, 0} {
		c := start(t, demo(t), Options{PageSize: size})
		client := iam.NewFromConfig(awsConfig(c, prod, "us-east-1"))
		var users []types.UserDetail
		var groups []types.GroupDetail
		var roles []types.RoleDetail
		var policies []types.ManagedPolicyDetail
		for p := iam.NewGetAccountAuthorizationDetailsPaginator(client,
			&iam.GetAccountAuthorizationDetailsInput{}); p.HasMorePages(); {
			out := next(t, p.NextPage)
			users, groups = append(users, out.UserDetailList...), append(groups, out.GroupDetailList...)
			roles, policies = append(roles, out.RoleDetailList...), append(policies, out.Policies...)
			n := len(out.UserDetailList) + len(out.GroupDetailList) + len(out.RoleDetailList) + len(out.Policies)
			if size > 0 && (n > size || n < size && out.IsTruncated) {
				t.Errorf("a page of %d holds %d", size, n)
			}
		}
		w := docs(c, "aws", prod, "users")
		for i, u := range users {
			for j, p := range u.UserPolicyList {
				sameDocument(t, elements(w[i]["InlinePolicies"])[j].(map[string]any)["PolicyDocument"], p.PolicyDocument)
			}
			users[i].UserPolicyList = nil
		}
		same(t, "users", shown(w, func(d map[string]any) map[string]any { return without(userDetail(d), "UserPolicyList") }),
			users)
		same(t, "groups", shown(docs(c, "aws", prod, "groups"), groupDetail), groups)
		if len(roles) != len(docs(c, "aws", prod, "roles")) || len(policies) != len(docs(c, "aws", prod, "policies")) {
			t.Errorf("page size %d: %d roles and %d policies", size, len(roles), len(policies))
		}
		only := ask(t, client.GetAccountAuthorizationDetails, &iam.GetAccountAuthorizationDetailsInput{
			Filter: []types.EntityType{types.EntityTypeGroup}})
		if len(only.UserDetailList) > 0 || len(only.GroupDetailList) == 0 || len(only.Policies) > 0 {
			t.Errorf("filtered: %d users", len(only.UserDetailList))
		}
	}
}
