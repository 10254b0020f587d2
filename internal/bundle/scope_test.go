package bundle

import (
	"slices"
	"testing"

	"exhibit/internal/evidence"
)

// TestScopeTypes holds that a bundle shows all that its checks read: what they look into by whatever name.
func TestScopeTypes(t *testing.T) {
	for assert, want := range map[string][]string{
		`subject.doc.size > 0`: {"gcp.clouddeploy.rollout"},
		`deployment(subject).approved`: {"gcp.clouddeploy.release", "gcp.clouddeploy.rollout",
			"gcp.logging.clouddeploy-call"},
		`related("aws.iam.user").size() > 0`: {"aws.iam.user", "gcp.clouddeploy.rollout"},
		`effective(subject).administers`:     {"aws.iam.managed-policy", "gcp.clouddeploy.rollout"},
		`changesAt(subject).size() > 0`:      {"gcp.clouddeploy.rollout", "github.pull-request"},
	} {
		control := evidence.Control{ID: "one", Checks: []evidence.Check{{ID: "a.b", Subject: "gcp.clouddeploy.rollout", Assert: assert}}}
		s, err := newScope(evidence.Framework{Requirements: []evidence.Requirement{{ID: "1", Controls: []string{"one"}}}},
			[]evidence.Control{control})
		if err != nil {
			t.Fatal(err)
		}
		for _, typ := range want {
			if !s.has(typ) {
				t.Errorf("%s: %s is not shown", assert, typ)
			}
		}
		if s.has("github.repository") || len(want) == 1 && !slices.Equal(s.types, want) {
			t.Errorf("%s: %s are shown", assert, s.types)
		}
	}
}
