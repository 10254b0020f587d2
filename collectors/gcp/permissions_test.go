package gcp

import (
	"strings"
	"testing"
)

func TestPermissions(t *testing.T) {
	_, got, _ := strings.Cut(Provider{}.Permissions(), "includedPermissions:\n")
	want := `- cloudbuild.builds.list
- cloudbuild.locations.list
- clouddeploy.deliveryPipelines.list
- clouddeploy.releases.list
- clouddeploy.rollouts.list
- clouddeploy.targets.list
- compute.firewalls.list
- logging.logEntries.list
- logging.sinks.list
- resourcemanager.projects.get
- resourcemanager.projects.getIamPolicy
- storage.buckets.getIamPolicy
- storage.buckets.list
`
	if got != want {
		t.Errorf("permissions:\n%s\nwant:\n%s", got, want)
	}
}
