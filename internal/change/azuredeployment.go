package change

import (
	"strings"

	"exhibit/internal/evidence"
)

// azureDeploymentReads are the keys that a deployment's verdict rests on.
var azureDeploymentReads = [...]string{"Approvals", "Environment", "Repository", "Run", "Stage", "finishTime", "result", "stageAttempt",
	"startTime"}

// azureRun is what is read of the run that made a deployment.
type azureRun struct {
	SourceVersion string         `json:"sourceVersion"`
	RequestedBy   *azureIdentity `json:"requestedBy"`
	RequestedFor  *azureIdentity `json:"requestedFor"`
	Repository    struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	} `json:"repository"`
}

// azureApproval is an approval that a stage waited for, with a step for each who was asked.
type azureApproval struct {
	Status string `json:"status"`
	Steps  []struct {
		By     *azureIdentity `json:"actualApprover"`
		Status string         `json:"status"`
		At     stamp          `json:"lastModifiedOn"`
	} `json:"steps"`
}

// Deployment reads what a job of a pipeline did to an environment. Azure DevOps lets a stage begin only once its checks have
// passed. Who approved counts where the approval as a whole was given: one that somebody let the stage past without is none.
// A stage that is tried again was started by somebody whom nothing names.
func (azureDevOps) Deployment(s evidence.Subject) (Deployment, error) {
	var d struct {
		QueueTime    stamp  `json:"queueTime"`
		StartTime    stamp  `json:"startTime"`
		FinishTime   stamp  `json:"finishTime"`
		Result       string `json:"result"`
		StageAttempt int64  `json:"stageAttempt"`
		Environment  struct {
			Name string `json:"name"`
		} `json:"Environment"`
		Run        *azureRun `json:"Run"`
		Repository *struct {
			WebURL string `json:"webUrl"`
		} `json:"Repository"`
		Stage     *struct{}        `json:"Stage"`
		Approvals *[]azureApproval `json:"Approvals"`
	}
	if err := decode(s, &d, "queueTime", "Environment"); err != nil {
		return Deployment{}, err
	}
	out := Deployment{Type: s.Type, ID: s.ID, Environment: d.Environment.Name, CreatedAt: d.QueueTime.Time, StartedAt: d.StartTime.Time,
		EndedAt: d.FinishTime.Time, Outcome: azureOutcome(d.Result), Gated: true,
		Unseen: unseen(s, map[Part][]string{PartApprovals: {"Approvals"}, PartStart: {"Run"}})}
	if d.Run != nil {
		out.Commit = d.Run.SourceVersion
		out.StartedBy = startedBy(d.Run.RequestedBy.actor(), d.Run.RequestedFor.actor())
		if d.Run.Repository.Type == "GitHub" {
			out.Repository = RepositoryKey("github.com/" + d.Run.Repository.ID)
		}
	}
	if d.StageAttempt > 1 || len(out.StartedBy) == 0 {
		out.StartedBy = append(out.StartedBy, unnamed())
	}
	if d.Repository != nil {
		out.Repository = RepositoryKey(d.Repository.WebURL)
	}
	_, hidden := s.Missing["Run"]
	switch {
	case d.Approvals != nil:
	case d.Run == nil && !hidden:
		out.Elsewhere = "its run was deleted, which alone told who approved"
	case d.Stage == nil:
		out.Elsewhere = "its run tells nothing of its stage, which alone told who approved"
	default:
		out.Elsewhere = "its run tells of a later try of its stage, and no more of who approved this one"
	}
	if d.Approvals != nil {
		out.Approvals = azureApprovals(*d.Approvals)
	}
	return out, nil
}

// azureApprovals are the words of those who were asked. Of an approval that was not given as a whole only refusals are.
func azureApprovals(list []azureApproval) []Approval {
	var out []Approval
	for _, a := range list {
		for _, step := range a.Steps {
			one := Approval{By: step.By.actor(), At: step.At.Time}
			switch {
			case strings.EqualFold(step.Status, "rejected"):
				one.State = Refused
			case strings.EqualFold(step.Status, "approved") && strings.EqualFold(a.Status, "approved"):
				one.State = Approved
			default:
				continue
			}
			out = append(out, one)
		}
	}
	return out
}

// azureOutcome is how a job ended. One that was passed over deployed nothing.
func azureOutcome(result string) Outcome {
	switch strings.ToLower(result) {
	case "":
		return Running
	case "succeeded", "succeededwithissues":
		return Succeeded
	case "failed":
		return Failed
	}
	return OtherEnd
}
