package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"google.golang.org/api/logging/v2"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// sink says which log entries of the project go where.
func sink() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "gcp.logging.sink",
			Title:    "Log sink",
			Doc:      evidence.ShapeOf[logging.LogSink](),
			Volatile: []string{"/updateTime"},
		},
		Version: 1,
		Operations: []collect.Operation{{
			Name: "logging.sinks.list", Permissions: []string{"logging.sinks.list"},
			Method: "GET", Path: "/v2/projects/{project}/sinks",
		}},
		Collect: collect.Typed(collectSinks),
	}
}

func collectSinks(ctx context.Context, s *session, t *collect.Task) error {
	path := "/v2/projects/" + s.project + "/sinks"
	l := list{op: "logging.sinks.list", service: "logging", path: path, query: url.Values{"pageSize": {"1000"}}, items: "sinks"}
	return s.pages(ctx, t, l, func(items []json.RawMessage) error {
		for _, raw := range items {
			_, name, _, err := item(raw)
			if err != nil {
				return fmt.Errorf("read a sink of %s: %w", s.project, err)
			}
			id := "//logging.googleapis.com/projects/" + s.project + "/sinks/" + name
			if err := t.Emit(ctx, evidence.Subject{ID: id, Name: name, Doc: raw}); err != nil {
				return err
			}
		}
		return nil
	})
}
