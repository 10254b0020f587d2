package change

import (
	"strings"

	"exhibit/internal/evidence"
)

// clouddeploy reads the rollouts of Cloud Deploy.
type clouddeploy struct{}

// clouddeployReads are the keys that a deployment's verdict rests on.
var clouddeployReads = [...]string{"approvalState", "approveTime", "deployStartTime", "name", "state", "targetId"}

// Deployment reads a rollout. Cloud Deploy lets one that needs approval begin only once it is approved. It does not say who
// approved and who created it, which only the audit log does: without its calls an approval is by somebody of whom nothing is
// known. Of an approval and a beginning that are both dated, the dates decide.
func (clouddeploy) Deployment(s evidence.Subject) (Deployment, error) {
	var d struct {
		Name            string `json:"name"`
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
		StartedAt: d.DeployStartTime.Time, EndedAt: d.DeployEndTime.Time, Gated: d.ApproveTime.IsZero() || d.DeployStartTime.IsZero(),
		Unseen: unseen(s, map[Part][]string{PartApprovals: {"approvalState"}, PartOutcome: {"state"}})}
	if parts := strings.Split(clouddeployName(d.Name), "/"); len(parts) == 8 {
		out.Name, out.Release = strings.Join(parts, "/"), strings.Join(parts[:6], "/")
		out.Alias = clouddeployRollback(strings.Join(parts[:4], "/"), "", parts[7])
	}
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
