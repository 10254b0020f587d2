package azure

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/monitor/armmonitor"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// activityLogAlert is an alert rule on the subscription's activity log.
func activityLogAlert() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "azure.monitor.activity-log-alert",
			Title: "Activity log alert",
			Doc:   shapeOf[armmonitor.ActivityLogAlertResource](),
			// What is sent along to a webhook is where people put its token.
			Secret: []string{"/properties/actions/actionGroups/*/webhookProperties/*"},
		},
		Version: 1,
		Operations: []collect.Operation{{
			Name: "insights.activityLogAlerts.list", Method: "GET",
			Permissions: []string{"Microsoft.Insights/activityLogAlerts/read"},
			Path:        "/subscriptions/{subscription}/providers/Microsoft.Insights/activityLogAlerts",
		}},
		Collect: collect.Typed(collectActivityLogAlerts),
	}
}

func collectActivityLogAlerts(ctx context.Context, s *session, t *collect.Task) error {
	return s.emitAll(ctx, t, s.in("insights.activityLogAlerts.list", "Microsoft.Insights/activityLogAlerts", "2020-10-01"))
}
