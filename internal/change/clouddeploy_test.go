package change

import (
	"encoding/json"
	"strings"
	"testing"

	"exhibit/internal/evidence"
)

const clouddeployDoc = `{"name":"projects/p/locations/l/deliveryPipelines/d/releases/r/rollouts/o","targetId":"shop-prod",` +
	`"state":"STATE","approvalState":"APPROVAL","approveTime":"2026-05-04T12:05:00Z","createTime":"2026-05-04T12:00:00Z",` +
	`"deployStartTime":"2026-05-04T12:10:00Z","deployEndTime":"2026-05-04T12:20:00Z"}`

// TestCloudDeploy holds what is read of a rollout, and that an approval by nobody named is unknown.
func TestCloudDeploy(t *testing.T) {
	for _, tc := range []struct {
		state, approval, missing string
		outcome                  Outcome
		want                     Verdict
	}{
		{"SUCCEEDED", "APPROVED", "", Succeeded, Unknown},
		{"SUCCEEDED", "DOES_NOT_NEED_APPROVAL", "", Succeeded, Unapproved},
		{"APPROVAL_REJECTED", "REJECTED", "", OtherEnd, Rejected},
		{"PENDING_APPROVAL", "NEEDS_APPROVAL", "", Running, Unapproved},
		{"FAILED", "APPROVED", "", Failed, Unknown},
		{"SUCCEEDED", "DOES_NOT_NEED_APPROVAL", "approvalState", Succeeded, Unknown},
	} {
		s := evidence.Subject{Type: "gcp.clouddeploy.rollout", ID: "x", Doc: json.RawMessage(
			strings.NewReplacer("STATE", tc.state, "APPROVAL", tc.approval).Replace(clouddeployDoc))}
		if tc.missing != "" {
			s.Missing = map[string]evidence.Missing{tc.missing: {Operation: "o", Outcome: evidence.OutcomeDenied}}
		}
		d, err := DeploymentOf(s)
		if err != nil {
			t.Fatal(err)
		}
		if j := d.Judge(); j.Verdict != tc.want || d.Outcome != tc.outcome || !d.Production() {
			t.Errorf("%s %s: got %s (%s), %+v", tc.state, tc.approval, j.Verdict, j.Why, d)
		}
	}
}

func FuzzCloudDeploy(f *testing.F) {
	f.Add([]byte(clouddeployDoc), "")
	fuzzDeployment(f, "gcp.clouddeploy.rollout")
}
