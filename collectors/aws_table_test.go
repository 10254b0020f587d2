package collectors_test

import (
	"slices"
	"testing"

	"exhibit/internal/collect"
)

// TestSimulatedAWSTable holds that every operation that simcloud answers is asked by a collector, and that the demo's
// company has an answer to it.
func TestSimulatedAWSTable(t *testing.T) {
	cloud := start(t, 0)
	collectAWS(t, cloud, "organization: true\nrole: exhibit-read\ninventory: [config, cloudcontrol]", collect.Limits{})
	for op, n := range cloud.Answered() {
		if n == 0 && !slices.Contains(elsewhere(), op) {
			t.Errorf("%s was never answered: no collector asks it, or the demo's company has nothing of it", op)
		}
	}
}

// elsewhere are operations that only simcloud's own tests ask: IAM's ways to what GetAccountAuthorizationDetails answers
// at once, what collectors ask only where a list does not tell, which recordings cover, and what the demo's company has
// not set up.
func elsewhere() []string {
	return []string{
		"account:ListRegions", "iam:GetAccessKeyLastUsed", "iam:GetGroupPolicy", "iam:GetPolicy", "iam:GetPolicyVersion",
		"iam:GetRole", "iam:GetRolePolicy", "iam:GetUser", "iam:GetUserPolicy", "iam:ListAttachedGroupPolicies",
		"iam:ListAttachedRolePolicies", "iam:ListAttachedUserPolicies", "iam:ListGroupPolicies", "iam:ListGroups",
		"iam:ListGroupsForUser", "iam:ListPolicies", "iam:ListRolePolicies", "iam:ListRoles", "iam:ListUserPolicies",
		"iam:ListUsers", "s3:GetBucketLocation", "ssoadmin:GetPermissionsBoundaryForPermissionSet",
	}
}
