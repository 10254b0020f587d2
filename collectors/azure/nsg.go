package azure

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// networkSecurityGroup is a network security group with its own and its default rules.
func networkSecurityGroup() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "azure.network.nsg",
			Title: "Network security group",
			Doc:   shapeOf[armnetwork.SecurityGroup](),
			Volatile: []string{"/etag", "/properties/securityRules/*/etag", "/properties/defaultSecurityRules/*/etag",
				"/properties/provisioningState"},
		},
		Version: 1,
		Operations: []collect.Operation{{
			Name: "network.networkSecurityGroups.listAll", Method: "GET",
			Permissions: []string{"Microsoft.Network/networkSecurityGroups/read"},
			Path:        "/subscriptions/{subscription}/providers/Microsoft.Network/networkSecurityGroups",
		}},
		Collect: collect.Typed(collectNetworkSecurityGroups),
	}
}

func collectNetworkSecurityGroups(ctx context.Context, s *session, t *collect.Task) error {
	return s.emitAll(ctx, t, s.in("network.networkSecurityGroups.listAll", "Microsoft.Network/networkSecurityGroups", "2025-05-01"))
}
