package ingest

import (
	"testing"

	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, Provider{}) }
