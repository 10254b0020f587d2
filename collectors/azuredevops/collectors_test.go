package azuredevops_test

import (
	"testing"

	"exhibit/collectors/azuredevops"
	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, azuredevops.Provider{}) }
