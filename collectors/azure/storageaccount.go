package azure

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// storageAccount is a storage account with its network and key settings. Keys are never asked for.
func storageAccount() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "azure.storage.account",
			Title:    "Storage account",
			Doc:      shapeOf[armstorage.Account](),
			Volatile: []string{"/properties/geoReplicationStats/lastSyncTime"},
		},
		Version: 1,
		Operations: []collect.Operation{{
			Name: "storage.storageAccounts.list", Method: "GET",
			Permissions: []string{"Microsoft.Storage/storageAccounts/read"},
			Path:        "/subscriptions/{subscription}/providers/Microsoft.Storage/storageAccounts",
		}},
		Collect: collect.Typed(collectStorageAccounts),
	}
}

func collectStorageAccounts(ctx context.Context, s *session, t *collect.Task) error {
	return s.emitAll(ctx, t, s.in("storage.storageAccounts.list", "Microsoft.Storage/storageAccounts", "2025-01-01"))
}
