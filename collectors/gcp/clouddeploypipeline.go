package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"exhibit/internal/collect"
)

// listDeliveryPipelines is the one list behind the populations of releases and rollouts.
func listDeliveryPipelines() collect.Operation {
	return collect.Operation{
		Name: "clouddeploy.deliveryPipelines.list", Permissions: []string{"clouddeploy.deliveryPipelines.list"},
		Method: "GET", Path: "/v1/projects/{project}/locations/-/deliveryPipelines",
	}
}

// deliveryPipelines asks once in a run for the paths of the project's delivery pipelines, in all locations.
func (s *session) deliveryPipelines(ctx context.Context, t *collect.Task) ([]string, error) {
	home := "/v1/projects/" + s.project + "/locations/"
	op := listDeliveryPipelines().Name
	paths, err := collect.Once(ctx, t, op, func(ctx context.Context) (paths []string, err error) {
		l := list{op: op, service: "clouddeploy", path: home + "-/deliveryPipelines", query: url.Values{"pageSize": {"1000"}},
			items: "deliveryPipelines", aside: true}
		err = s.pages(ctx, t, l, func(items []json.RawMessage) error {
			for _, raw := range items {
				_, name, _, err := item(raw)
				if err != nil {
					return fmt.Errorf("read a delivery pipeline of %s: %w", s.project, err)
				}
				// projects/NUMBER/locations/LOCATION/deliveryPipelines/ID
				parts := strings.Split(name, "/")
				if len(parts) != 6 || strings.ContainsAny(parts[3]+parts[5], "?#%") {
					return errors.New("read a delivery pipeline of " + s.project + ": it has no place")
				}
				paths = append(paths, home+parts[3]+"/deliveryPipelines/"+parts[5])
			}
			return nil
		})
		return paths, err
	})
	if err == nil {
		t.Relies(op)
	}
	return paths, err
}
