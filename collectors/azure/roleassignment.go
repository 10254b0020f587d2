package azure

import (
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
	}
}
