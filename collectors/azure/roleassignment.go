package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// roleAssignment is one grant of a role that has effect in the subscription: made on it, above it or below it. The
// role's definition stands beside it under RoleDefinition.
func roleAssignment() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "azure.authorization.role-assignment",
			Title: "Role assignment",
			Doc: with(shapeOf[armauthorization.RoleAssignment](), map[string]*evidence.Shape{
				"RoleDefinition": shapeOf[armauthorization.RoleDefinition](),
			}),
			Volatile: []string{"/properties/updatedOn", "/properties/updatedBy"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{
				Name: "authorization.roleAssignments.list", Method: "GET",
				Permissions: []string{"Microsoft.Authorization/roleAssignments/read"},
				Path:        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments",
			},
			{
				Name: "authorization.roleDefinitions.list", Method: "GET",
				Permissions: []string{"Microsoft.Authorization/roleDefinitions/read"},
				Path:        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions",
			},
		},
		Collect: collect.Typed(collectRoleAssignments),
	}
}

const authorizationVersion = "2022-04-01"

func collectRoleAssignments(ctx context.Context, s *session, t *collect.Task) error {
	definitions, undefined, err := s.roleDefinitions(ctx, t)
	if err != nil {
		return err
	}
	l := s.in("authorization.roleAssignments.list", "Microsoft.Authorization/roleAssignments", authorizationVersion)
	l.always = true
	t.Params(l.op, map[string]string{"api-version": l.version})
	return s.pages(ctx, t, l, func(items []json.RawMessage) error {
		t.Listed(len(items))
		for _, raw := range items {
			if err := emitRoleAssignment(ctx, t, raw, definitions, undefined); err != nil {
				return err
			}
		}
		return nil
	})
}

// roleDefinitions returns the roles that can be assigned in the subscription by the last part of their ids, or why they
// could not be listed. err is only for a run that has ended.
func (s *session) roleDefinitions(ctx context.Context, t *collect.Task) (
	definitions map[string]json.RawMessage, undefined *collect.Error, err error) {
	l := s.in("authorization.roleDefinitions.list", "Microsoft.Authorization/roleDefinitions", authorizationVersion)
	l.always = true
	definitions = map[string]json.RawMessage{}
	err = s.pages(ctx, t, l, func(items []json.RawMessage) error {
		for _, raw := range items {
			_, r, err := read(raw)
			if err != nil {
				return &collect.Error{Operation: l.op, Outcome: evidence.OutcomeFailed, Err: err}
			}
			definitions[last(r.ID)] = raw
		}
		return nil
	})
	if errors.As(err, &undefined) {
		return nil, undefined, nil
	}
	return definitions, nil, err
}

func emitRoleAssignment(ctx context.Context, t *collect.Task, raw json.RawMessage,
	definitions map[string]json.RawMessage, undefined *collect.Error) error {
	subject, r, err := read(raw)
	if err != nil {
		return err
	}
	var doc map[string]json.RawMessage
	var properties struct {
		RoleDefinition string `json:"roleDefinitionId"`
		Principal      string `json:"principalId"`
	}
	if err = json.Unmarshal(raw, &doc); err == nil {
		err = json.Unmarshal(r.Properties, &properties)
	}
	if err != nil {
		return fmt.Errorf("read role assignment %s: %w", r.ID, err)
	}
	role := struct {
		Properties struct {
			Name string `json:"roleName"`
		} `json:"properties"`
	}{}
	definition, known := definitions[last(properties.RoleDefinition)]
	if known {
		if err := json.Unmarshal(definition, &role); err != nil {
			return fmt.Errorf("read role definition %s: %w", properties.RoleDefinition, err)
		}
		doc["RoleDefinition"] = definition
		subject.Name = role.Properties.Name + " to " + properties.Principal
	} else {
		missing := undefined
		if missing == nil {
			missing = &collect.Error{Operation: "authorization.roleDefinitions.list", Outcome: evidence.OutcomeFailed,
				Code: "RoleNotListed", Err: errors.New("the role is not in the list of roles")}
		}
		if err := t.Miss(&subject, "RoleDefinition", missing); err != nil {
			return err
		}
	}
	if subject.Doc, err = json.Marshal(doc); err != nil {
		return fmt.Errorf("encode role assignment %s: %w", r.ID, err)
	}
	return t.Emit(ctx, subject)
}

// last is the last part of a resource id, in lower case.
func last(id string) string { return strings.ToLower(id[strings.LastIndexByte(id, '/')+1:]) }
