package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/api/cloudbuild/v1"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// cloudbuildTrigger is what starts builds by itself: on which push, whether somebody must approve that, and as whom they
// run. What a build does, and what it is given, is not kept: it is free text in which secrets stand.
func cloudbuildTrigger() collect.Collector {
	doc := evidence.ShapeOf[cloudbuild.BuildTrigger]()
	maps.DeleteFunc(doc.Fields, func(key string, _ *evidence.Shape) bool { return !slices.Contains(triggerKeys[:], key) })
	doc.Fields["location"] = evidence.ShapeOf[string]()
	return collect.Collector{
		Schema:  evidence.Schema{Type: "gcp.cloudbuild.trigger", Title: "Cloud Build trigger", Doc: doc},
		Version: 1,
		Operations: []collect.Operation{
			{
				Name: "cloudbuild.triggers.list", Permissions: []string{"cloudbuild.builds.list"},
				Method: "GET", Path: "/v1/projects/{project}/locations/{location}/triggers",
			},
			{
				Name: "cloudbuild.locations.list", Permissions: []string{"cloudbuild.locations.list"},
				Method: "GET", Path: "/v2/projects/{project}/locations",
			},
		},
		Collect: collect.Typed(collectTriggers),
	}
}

// triggerKeys are the members of a trigger that are kept.
var triggerKeys = [...]string{"approvalConfig", "bitbucketServerTriggerConfig", "createTime", "developerConnectEventConfig",
	"disabled", "eventType", "filename", "github", "id", "name", "pubsubConfig", "repositoryEventConfig", "resourceName",
	"serviceAccount"}

// collectTriggers asks each location: a list of triggers is of one, and none stands for all of them.
func collectTriggers(ctx context.Context, s *session, t *collect.Task) error {
	const service = "cloudbuild"
	home := "/projects/" + s.project + "/locations"
	var locations []string
	l := list{op: "cloudbuild.locations.list", service: service, path: "/v2" + home, query: url.Values{"pageSize": {"1000"}},
		items: "locations", aside: true}
	err := s.pages(ctx, t, l, func(items []json.RawMessage) error {
		for _, raw := range items {
			var at struct {
				ID string `json:"locationId"`
			}
			if err := json.Unmarshal(raw, &at); err != nil {
				return fmt.Errorf("read a location of Cloud Build: %w", err)
			}
			if at.ID == "" || strings.ContainsAny(at.ID, "/?#%") {
				return errors.New("read a location of Cloud Build: it has no id")
			}
			locations = append(locations, at.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !slices.Contains(locations, "global") {
		locations = append(locations, "global") // where triggers stand that name no region
	}
	return collect.Each(ctx, locations, func(ctx context.Context, location string) error {
		l := list{op: "cloudbuild.triggers.list", service: service, path: "/v1" + home + "/" + location + "/triggers",
			query: url.Values{"pageSize": {"1000"}, "projectId": {s.project}}, items: "triggers"}
		return s.pages(ctx, t, l, func(items []json.RawMessage) error {
			for _, raw := range items {
				if err := s.trigger(ctx, t, location, raw); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (s *session) trigger(ctx context.Context, t *collect.Task, location string, raw json.RawMessage) error {
	var doc map[string]json.RawMessage
	var named struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if err := errors.Join(json.Unmarshal(raw, &doc), json.Unmarshal(raw, &named)); err != nil {
		return fmt.Errorf("read a trigger of %s in %s: %w", s.project, location, err)
	}
	if named.ID == "" {
		return fmt.Errorf("read a trigger of %s in %s: it has no id", s.project, location)
	}
	maps.DeleteFunc(doc, func(key string, _ json.RawMessage) bool { return !slices.Contains(triggerKeys[:], key) })
	place, err := json.Marshal(location)
	if err != nil {
		return fmt.Errorf("encode the place of trigger %s: %w", named.ID, err)
	}
	doc["location"] = place
	id := "//cloudbuild.googleapis.com/projects/" + s.project + "/locations/" + location + "/triggers/" + named.ID
	sub := evidence.Subject{ID: id, Name: named.Name}
	if sub.Doc, err = json.Marshal(doc); err != nil {
		return fmt.Errorf("encode trigger %s: %w", named.ID, err)
	}
	return t.Emit(ctx, sub)
}
