package github_test

import (
	"testing"

	"exhibit/collectors/github"
	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, github.Provider{}) }
