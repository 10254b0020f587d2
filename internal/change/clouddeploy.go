package change

import "exhibit/internal/evidence"

// clouddeploy reads the rollouts of Cloud Deploy.
type clouddeploy struct{}

// clouddeployReads are the keys that a deployment's verdict rests on.
var clouddeployReads = [...]string{"approvalState", "approveTime", "deployStartTime", "state", "targetId"}

// Deployment reads a rollout. Cloud Deploy lets one that needs approval begin only once it is approved. It does not say who
// approved and who created it, which only the audit log does: an approval is by somebody of whom nothing is known.
func (clouddeploy) Deployment(s evidence.Subject) (Deployment, error) {
	var d struct {
		TargetID        string `json:"targetId"`
		State           string `json:"state"`
		ApprovalState   string `json:"approvalState"`
		ApproveTime     stamp  `json:"approveTime"`
		CreateTime      stamp  `json:"createTime"`
		DeployStartTime stamp  `json:"deployStartTime"`
		DeployEndTime   stamp  `json:"deployEndTime"`
	}
	if err := decode(s, &d, "targetId", "state", "approvalState"); err != nil {
		return Deployment{}, err
	}
	out := Deployment{Type: s.Type, ID: s.ID, Environment: d.TargetID, CreatedAt: d.CreateTime.Time,
		StartedAt: d.DeployStartTime.Time, EndedAt: d.DeployEndTime.Time, Gated: true,
		Unseen: unseen(s, map[Part][]string{PartApprovals: {"approvalState"}, PartOutcome: {"state"}})}
	switch d.State {
	case "SUCCEEDED":
		out.Outcome = Succeeded
	case "FAILED":
		out.Outcome = Failed
	case "CANCELLED", "APPROVAL_REJECTED", "HALTED":
		out.Outcome = OtherEnd
	default:
		out.Outcome = Running
	}
	by := Actor{Login: "somebody whom Cloud Deploy does not name", Kind: Unclear}
	switch d.ApprovalState {
	case "APPROVED":
		out.Approvals = []Approval{{By: by, State: Approved, At: d.ApproveTime.Time}}
	case "REJECTED":
		out.Approvals = []Approval{{By: by, State: Refused, At: d.ApproveTime.Time}}
	}
	return out, nil
}
