package config

import (
	"testing"

	"exhibit/internal/evidence"
)

func TestFixBy(t *testing.T) {
	c, err := Parse("x.yaml", []byte("fix_by: { critical: 36h, low: 365d }\n"), providers)
	if err != nil {
		t.Fatal(err)
	}
	for severity, want := range map[evidence.Severity]string{
		evidence.Critical: "36h0m0s", evidence.High: "30d", evidence.Medium: "90d", evidence.Low: "365d"} {
		if got := c.FixBy[severity].String(); got != want {
			t.Errorf("%s failures have %s, want %s", severity, got, want)
		}
	}
	if got := Default("/srv").FixBy[evidence.High].String(); got != "30d" {
		t.Errorf("without a file, high failures have %s", got)
	}
}
