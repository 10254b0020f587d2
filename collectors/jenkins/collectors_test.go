package jenkins_test

import (
	"testing"

	"exhibit/collectors/jenkins"
	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, jenkins.Provider{}) }
