package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

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
		Collect: collect.Typed(collectFirewalls),
	}
}

func collectFirewalls(ctx context.Context, s *session, t *collect.Task) error {
	path := "/compute/v1/projects/" + s.project + "/global/firewalls"
	l := list{op: "compute.firewalls.list", service: "compute", path: path, query: url.Values{"maxResults": {"500"}},
		items: "items"}
	return s.pages(ctx, t, l, func(items []json.RawMessage) error {
		for _, raw := range items {
			_, name, _, err := item(raw)
			if err != nil {
				return fmt.Errorf("read a firewall rule of %s: %w", s.project, err)
			}
			id := "//compute.googleapis.com/projects/" + s.project + "/global/firewalls/" + name
			if err := t.Emit(ctx, evidence.Subject{ID: id, Name: name, Doc: raw}); err != nil {
				return err
			}
		}
		return nil
	})
}
