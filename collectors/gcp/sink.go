package gcp

import (
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
	}
}
