package azure

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestPermissions(t *testing.T) {
	var role roleDefinition
	if err := json.Unmarshal([]byte(Provider{}.Permissions()), &role); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read",
		"Microsoft.Insights/activityLogAlerts/read", "Microsoft.Network/networkSecurityGroups/read",
		"Microsoft.Resources/subscriptions/read", "Microsoft.Storage/storageAccounts/read",
	}
	if !slices.Equal(role.Actions, want) {
		t.Errorf("actions %v, want %v", role.Actions, want)
	}
	for _, a := range role.Actions {
		if !strings.HasSuffix(a, "/read") {
			t.Errorf("%s does more than read", a)
		}
	}
}
