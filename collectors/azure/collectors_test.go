package azure_test

import (
	"testing"

	"exhibit/collectors/azure"
	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, azure.Provider{}) }
