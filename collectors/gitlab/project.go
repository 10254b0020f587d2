package gitlab

import (
	"context"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

const (
	opListProtectedBranches = "gitlab:ProtectedBranches.ListProtectedBranches"
	opGetApprovalConfig     = "gitlab:Projects.GetApprovalConfiguration"
	opGetApprovalRules      = "gitlab:Projects.GetProjectApprovalRules"
	opGetApprovalSettings   = "gitlab:MergeRequestApprovalSettings.GetProjectMergeRequestApprovalSettings"
	opGetPushRules          = "gitlab:Projects.GetProjectPushRules"
	opListProjectVariables  = "gitlab:ProjectVariables.ListVariables"
	opGetJobTokenScope      = "gitlab:JobTokenScope.GetProjectJobTokenAccessSettings"
)

// project is a project with what guards its branches: the rules that protect them, its own and those of the groups
// above, how merge requests are approved and merged, what pushes are refused, which projects' jobs may enter, and the
// names and flags of its CI variables. The values of variables are never kept.
//
// What only a paid plan offers (ApprovalConfiguration, ApprovalRules, ApprovalSettings, PushRules) is absent where
// there is none, as it is where it was never configured; approvals_before_merge is in the document of a project whose
// plan offers approvals, whatever they are set to.
func project() collect.Collector {
	variables := trimmed(evidence.ShapeOf[gitlab.ProjectVariable](), unkeptOfVariables()...)
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "gitlab.project",
			Title: "GitLab project",
			Doc: with(trimmed(evidence.ShapeOf[gitlab.Project](), unkeptOfProjects()...), map[string]*evidence.Shape{
				"approvals_before_merge":         {Kind: evidence.ShapeInt},  // sent, but not in the SDK's type
				"secret_push_protection_enabled": {Kind: evidence.ShapeBool}, // the same
				"ProtectedBranches":              listOf(protectedBranch()),
				"ApprovalConfiguration":          trimmed(evidence.ShapeOf[gitlab.ProjectApprovals]()),
				"ApprovalRules":                  listOf(approvalRule()),
				"ApprovalSettings":               trimmed(evidence.ShapeOf[gitlab.MergeRequestApprovalSettings]()),
				"PushRules":                      trimmed(evidence.ShapeOf[gitlab.ProjectPushRules]()),
				"Variables":                      listOf(variables),
				"JobTokenScope":                  trimmed(evidence.ShapeOf[gitlab.JobTokenAccessSettings]()),
			}),
			Volatile: []string{"/last_activity_at", "/updated_at", "/star_count", "/forks_count", "/open_issues_count",
				"/statistics", "/permissions"}, // the caller's own rights
		},
		Version: 1,
		Operations: []collect.Operation{
			listProjects(),
			{Name: opListProtectedBranches, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/protected_branches"},
			{Name: opGetApprovalConfig, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/approvals", Absent: []string{codeNotLicensed}},
			{Name: opGetApprovalRules, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/approval_rules", Absent: []string{codeNotLicensed}},
			{Name: opGetApprovalSettings, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/merge_request_approval_setting", Absent: []string{codeNotLicensed}},
			{Name: opGetPushRules, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/push_rule", Absent: []string{codeNotLicensed, codeNeverSet}},
			{Name: opListProjectVariables, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/variables"},
			{Name: opGetJobTokenScope, Permissions: []string{asMaintainer},
				Method: "GET", Path: "/projects/{project}/job_token_scope"},
		},
		Collect: collect.Typed(collectProjects),
	}
}

// protectedBranch is the SDK's type with what it does not know yet.
func protectedBranch() *evidence.Shape {
	return with(trimmed(evidence.ShapeOf[gitlab.ProtectedBranch]()), map[string]*evidence.Shape{
		"inherited": {Kind: evidence.ShapeBool}, // from a group above
	})
}

// approvalRule is the SDK's type, its groups shortened to what tells them apart.
func approvalRule() *evidence.Shape {
	rule := trimmed(evidence.ShapeOf[gitlab.ProjectApprovalRule](), "groups")
	return with(rule, map[string]*evidence.Shape{"groups": listOf(evidence.ShapeOf[ruleGroup]())})
}

// ruleGroup is a group whose members may approve by a rule.
type ruleGroup struct {
	ID       int64  `json:"id"`
	FullPath string `json:"full_path"`
	Name     string `json:"name"`
}

// unkeptOfProjects are texts that people typed and what the project is besides a place for changes.
func unkeptOfProjects() []string {
	return []string{"description", "description_html", "container_expiration_policy", "issues_template",
		"merge_requests_template", "suggestion_commit_message", "merge_commit_template", "squash_commit_template",
		"issue_branch_template", "custom_attributes", "owner", "license", "build_coverage_regex"}
}

func collectProjects(ctx context.Context, s *session, t *collect.Task) error {
	found, err := s.projects(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(found.list) + found.skipped)
	if found.skipped > 0 {
		t.Exclude(notAsked, found.skipped)
	}
	return collect.Each(ctx, found.list, func(ctx context.Context, p listed) error { return s.project(ctx, t, p) })
}
