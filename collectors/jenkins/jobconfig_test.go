package jenkins

import (
	"strings"
	"testing"
)

func TestReadJobConfigRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":     "",
		"no XML":      "CANARY",
		"cut":         "<?xml version='1.1' encoding='UTF-8'?>\n<project><authToken>CANARY",
		"a page":      "<html><body>CANARY</body></html>",
		"half a head": "<?xml version='1.1'",
	} {
		if c, err := readJobConfig([]byte(text)); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func TestReadJobConfigOfNothing(t *testing.T) {
	c, err := readJobConfig([]byte("<?xml version='1.1' encoding='UTF-8'?>\n<some.plugin.Job plugin=\"x@1\"/>"))
	if err != nil || c.Kind != "some.plugin.Job" || c.Definition != nil || c.SCM != nil || c.RemoteTrigger || c.DiscardBuilds != nil {
		t.Errorf("%+v, %v", c, err)
	}
}
