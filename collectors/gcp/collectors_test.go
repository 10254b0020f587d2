package gcp_test

import (
	"testing"

	"exhibit/collectors/gcp"
	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, gcp.Provider{}) }
