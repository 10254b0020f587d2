package gcp

import (
	"context"
	"encoding/json"
	"fmt"

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
		Collect:    collect.Typed(collectAuditConfig),
	}
}

func collectAuditConfig(ctx context.Context, s *session, t *collect.Task) error {
	policy, err := s.policy(ctx, t)
	if err != nil {
		return err
	}
	part := map[string]json.RawMessage{}
	if len(policy.AuditConfigs) > 0 {
		part["auditConfigs"] = policy.AuditConfigs
	}
	doc, err := json.Marshal(part)
	if err != nil {
		return fmt.Errorf("encode the audit configuration of %s: %w", s.project, err)
	}
	t.Listed(1)
	return t.Emit(ctx, evidence.Subject{
		ID: "//cloudresourcemanager.googleapis.com/projects/" + s.project, Name: s.project, Doc: doc,
	})
}
