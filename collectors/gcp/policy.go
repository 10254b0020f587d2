package gcp

import (
	"context"
	"encoding/json"
	"net/http"

	"exhibit/internal/collect"
)

// getProjectPolicy is the one call behind two subject types.
func getProjectPolicy() collect.Operation {
	return collect.Operation{
		Name: "cloudresourcemanager.projects.getIamPolicy", Permissions: []string{"resourcemanager.projects.getIamPolicy"},
		Method: "POST", Path: "/v3/projects/{project}:getIamPolicy",
	}
}

// projectPolicy is the project's own IAM policy.
type projectPolicy struct {
	Bindings     []json.RawMessage `json:"bindings"`
	AuditConfigs json.RawMessage   `json:"auditConfigs,omitempty"`
}

// policy asks for the project's policy once in a run. Version 3 is asked for because older ones leave conditions out. A
// project has a policy whether or not any service is on: such an answer is a failure and never "nothing there".
func (s *session) policy(ctx context.Context, t *collect.Task) (projectPolicy, error) {
	op := getProjectPolicy().Name
	policy, err := collect.Once(ctx, t, op, func(ctx context.Context) (p projectPolicy, err error) {
		t.Params(op, map[string]string{"requestedPolicyVersion": "3"})
		err = t.Call(ctx, op, func(ctx context.Context) error {
			ref := s.url("cloudresourcemanager", "/v3/projects/"+s.project+":getIamPolicy", nil)
			return never(s.do(ctx, http.MethodPost, ref, []byte(`{"options":{"requestedPolicyVersion":3}}`), &p))
		})
		return p, err
	})
	if err == nil {
		t.Relies(op)
	}
	return policy, err
}
