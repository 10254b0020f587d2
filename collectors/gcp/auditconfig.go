package gcp

import (
	"google.golang.org/api/cloudresourcemanager/v3"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// auditConfigDoc is the part of the policy that says which accesses are logged; nothing in it means that only what
// cannot be switched off is logged.
type auditConfigDoc struct {
	AuditConfigs []*cloudresourcemanager.AuditConfig `json:"auditConfigs"`
}

// auditConfig is what the project's IAM policy says about Data Access audit logs: one subject for each project, with or
// without a configuration.
func auditConfig() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "gcp.iam.audit-config",
			Title: "Audit log configuration of a project",
			Doc:   evidence.ShapeOf[auditConfigDoc](),
		},
		Version:    1,
		Operations: []collect.Operation{getProjectPolicy()},
	}
}
