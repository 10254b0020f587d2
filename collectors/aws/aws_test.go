package aws_test

import (
	"testing"

	"exhibit/collectors/aws"
	"exhibit/internal/collect/collecttest"
)

func TestCollectors(t *testing.T) { collecttest.Run(t, aws.Provider{}) }
