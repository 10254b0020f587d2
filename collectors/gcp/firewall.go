package gcp

import (
	"google.golang.org/api/compute/v1"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// firewall is one VPC firewall rule. Hierarchical firewall policies are another type.
func firewall() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:  "gcp.compute.firewall",
			Title: "VPC firewall rule",
			Doc:   evidence.ShapeOf[compute.Firewall](),
		},
		Version: 1,
		Operations: []collect.Operation{{
			Name: "compute.firewalls.list", Permissions: []string{"compute.firewalls.list"},
			Method: "GET", Path: "/compute/v1/projects/{project}/global/firewalls",
		}},
	}
}
