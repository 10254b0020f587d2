package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"google.golang.org/api/clouddeploy/v1"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// clouddeployTarget is a place that Cloud Deploy deploys to, and whether somebody must approve that.
func clouddeployTarget() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "gcp.clouddeploy.target",
			Title:    "Cloud Deploy target",
			Doc:      evidence.ShapeOf[clouddeploy.Target](),
			Secret:   []string{"/deployParameters/*", "/annotations/*"},
			Volatile: []string{"/etag", "/updateTime"},
		},
		Version: 1,
		Operations: []collect.Operation{{
			Name: "clouddeploy.targets.list", Permissions: []string{"clouddeploy.targets.list"},
			Method: "GET", Path: "/v1/projects/{project}/locations/-/targets",
		}},
		Collect: collect.Typed(collectTargets),
	}
}

func collectTargets(ctx context.Context, s *session, t *collect.Task) error {
	l := list{op: "clouddeploy.targets.list", service: "clouddeploy", path: "/v1/projects/" + s.project + "/locations/-/targets",
		query: url.Values{"pageSize": {"1000"}}, items: "targets"}
	return s.pages(ctx, t, l, func(items []json.RawMessage) error {
		for _, raw := range items {
			doc, name, labels, err := item(raw)
			if err != nil {
				return fmt.Errorf("read a target of %s: %w", s.project, err)
			}
			delete(doc, "description")
			sub := evidence.Subject{ID: "//clouddeploy.googleapis.com/" + name, Name: name[strings.LastIndex(name, "/")+1:], Tags: labels}
			if sub.Doc, err = json.Marshal(doc); err != nil {
				return fmt.Errorf("encode target %s: %w", name, err)
			}
			if err := t.Emit(ctx, sub); err != nil {
				return err
			}
		}
		return nil
	})
}

// clouddeployRollout is the population of rollouts: when each was approved and when it began. Who approved it stands in the
// audit log and not in the rollout, see clouddeployCall. A rollout does not say when it changed last, so that all are listed each time; those of
// pipelines and releases that were deleted are carried over.
func clouddeployRollout() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:       "gcp.clouddeploy.rollout",
			Title:      "Cloud Deploy rollout",
			Doc:        evidence.ShapeOf[clouddeploy.Rollout](),
			Population: true,
			Secret:     []string{"/annotations/*"},
			Volatile:   []string{"/etag", "/activeRepairAutomationRun"},
		},
		Version: 1,
		Events:  &collect.Events{View: 365 * 24 * time.Hour, Settling: 15 * time.Minute, When: "createTime"},
		Operations: []collect.Operation{
			listDeliveryPipelines(),
			{
				Name: "clouddeploy.rollouts.list", Permissions: []string{"clouddeploy.rollouts.list"},
				Method: "GET",
				Path:   "/v1/projects/{project}/locations/{location}/deliveryPipelines/{pipeline}/releases/-/rollouts",
			},
		},
		Collect: collect.Typed(collectRollouts),
	}
}

func collectRollouts(ctx context.Context, s *session, t *collect.Task) error {
	pipelines, err := s.deliveryPipelines(ctx, t)
	if err != nil {
		return err
	}
	return collect.Each(ctx, pipelines, func(ctx context.Context, path string) error {
		l := list{op: "clouddeploy.rollouts.list", service: "clouddeploy", path: path + "/releases/-/rollouts",
			query: url.Values{"pageSize": {"1000"}}, items: "rollouts"}
		return s.pages(ctx, t, l, func(items []json.RawMessage) error {
			for _, raw := range items {
				if err := s.rollout(ctx, t, raw); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *session) rollout(ctx context.Context, t *collect.Task, raw json.RawMessage) error {
	doc, name, labels, err := item(raw)
	if err != nil {
		return fmt.Errorf("read a rollout of %s: %w", s.project, err)
	}
	for _, key := range []string{"description", "failureReason", "metadata"} { // what people and their own jobs wrote
		delete(doc, key)
	}
	sub := evidence.Subject{ID: "//clouddeploy.googleapis.com/" + name, Name: name[strings.LastIndex(name, "/")+1:], Tags: labels}
	if sub.Doc, err = json.Marshal(doc); err != nil {
		return fmt.Errorf("encode rollout %s: %w", name, err)
	}
	return t.Emit(ctx, sub)
}
