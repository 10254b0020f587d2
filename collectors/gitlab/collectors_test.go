package gitlab_test

import (
	"testing"

	"exhibit/collectors/gitlab"
	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, gitlab.Provider{}) }
