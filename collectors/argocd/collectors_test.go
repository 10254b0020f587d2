package argocd_test

import (
	"testing"

	"exhibit/collectors/argocd"
	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, argocd.Provider{}) }
