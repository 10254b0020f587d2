package gcp

import (
	"google.golang.org/api/cloudresourcemanager/v3"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// policyBinding is one role of the project's own IAM policy with everybody who holds it there. Roles inherited from
// folders and the organisation are not in a project's policy.
func policyBinding() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "gcp.iam.policy-binding",
			Title: "IAM policy binding of a project",
			Doc:   evidence.ShapeOf[cloudresourcemanager.Binding](),
		},
		Version:    1,
		Operations: []collect.Operation{getProjectPolicy()},
	}
}
