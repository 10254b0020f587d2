package gcp

import (
	"context"
	"encoding/json"
	"fmt"

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
		Collect:    collect.Typed(collectPolicyBindings),
	}
}

func collectPolicyBindings(ctx context.Context, s *session, t *collect.Task) error {
	policy, err := s.policy(ctx, t)
	if err != nil {
		return err
	}
	t.Listed(len(policy.Bindings))
	seen := map[string]int{}
	for _, raw := range policy.Bindings {
		var b struct {
			Role      string          `json:"role"`
			Condition json.RawMessage `json:"condition"`
		}
		if err := json.Unmarshal(raw, &b); err != nil {
			return fmt.Errorf("read a binding of %s: %w", s.project, err)
		}
		id := "//cloudresourcemanager.googleapis.com/projects/" + s.project + "/bindings/" + b.Role
		if len(b.Condition) > 0 {
			condition, err := evidence.Canonical(b.Condition)
			if err != nil {
				return fmt.Errorf("read the condition of a binding of %s: %w", s.project, err)
			}
			id += "?condition=" + evidence.Sum(condition).Short()
		}
		if seen[id]++; seen[id] > 1 { // a policy may say the same thing in two bindings
			id = fmt.Sprintf("%s#%d", id, seen[id])
		}
		if err := t.Emit(ctx, evidence.Subject{ID: id, Name: b.Role, Doc: raw}); err != nil {
			return err
		}
	}
	return nil
}
