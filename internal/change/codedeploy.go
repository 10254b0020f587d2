package change

import (
	"strings"

	"exhibit/internal/evidence"
)

// codedeploy reads the deployments of CodeDeploy.
type codedeploy struct{}

// codedeployReads are the keys that a deployment's verdict rests on.
var codedeployReads = [...]string{"ApplicationName", "CompleteTime", "CreateTime", "Creator", "DeploymentGroupName", "Revision",
	"RollbackInfo", "StartTime", "Status"}

// codedeployAsked is why nothing of a deployment tells whether it was approved.
const codedeployAsked = "CodeDeploy asks nobody: whether it was approved is told where it was started from, and no run of a " +
	"pipeline is known to have made it"

// Deployment reads a deployment. CodeDeploy has no approvals: the run of a pipeline that made it tells of them. Who asked for
// one only the audit trail says. A bundle in a bucket or an AppSpec tells no commit, whatever its name looks like.
func (codedeploy) Deployment(s evidence.Subject) (Deployment, error) {
	var d struct {
		Application  string `json:"ApplicationName"`
		Group        string `json:"DeploymentGroupName"`
		Status       string `json:"Status"`
		Creator      string `json:"Creator"`
		CreateTime   stamp  `json:"CreateTime"`
		StartTime    stamp  `json:"StartTime"`
		CompleteTime stamp  `json:"CompleteTime"`
		Revision     struct {
			GitHub *struct {
				Repository string `json:"Repository"`
				CommitID   string `json:"CommitId"`
			} `json:"GitHubLocation"`
		} `json:"Revision"`
		RollbackInfo struct {
			Triggering string `json:"RollbackTriggeringDeploymentId"`
		} `json:"RollbackInfo"`
	}
	if err := decode(s, &d, "Status", "CreateTime"); err != nil {
		return Deployment{}, err
	}
	out := Deployment{Type: s.Type, ID: s.ID, Environment: codedeployPlace(d.Application, d.Group), CreatedAt: d.CreateTime.Time,
		StartedAt: d.StartTime.Time, EndedAt: d.CompleteTime.Time, StartedBy: startedBy(codedeployStarter(d.Creator)),
		Elsewhere: codedeployAsked, Back: d.Creator == "codeDeployRollback" || d.RollbackInfo.Triggering != "",
		Unseen: unseen(s, map[Part][]string{PartOutcome: {"Status"}, PartStart: {"Creator"}})}
	if g := d.Revision.GitHub; g != nil && strings.Count(g.Repository, "/") == 1 {
		out.Repository, out.Commit = RepositoryKey("github.com/"+g.Repository), g.CommitID
	}
	switch d.Status {
	case "Succeeded":
		out.Outcome = Succeeded
	case "Failed":
		out.Outcome = Failed
	case "Stopped":
		out.Outcome = OtherEnd
	default:
		out.Outcome = Running
	}
	return out, nil
}

// codedeployPlace names a deployment group, which is unique in its application alone.
func codedeployPlace(application, group string) string {
	if application == "" || group == "" {
		return application + group
	}
	return application + "/" + group
}

// codedeployStarter is who asked for a deployment: "user" is anybody who called the API, a pipeline among them.
func codedeployStarter(creator string) Actor {
	switch creator {
	case "", "user":
		return unnamed()
	}
	return Actor{Login: "CodeDeploy " + creator, Kind: Robot}
}

// codedeployMade is the id of the deployment that an action of a pipeline made, in the account of the run and the region of
// the action; "" when it made none of CodeDeploy's.
func codedeployMade(run string, a codepipelineAction) string {
	t := a.Input.ActionTypeID
	if t.Category != "Deploy" || !strings.HasPrefix(t.Provider, "CodeDeploy") {
		return ""
	}
	parts := strings.SplitN(run, ":", 6)
	id := a.Output.ExecutionResult.ExternalExecutionID
	if len(parts) != 6 || !strings.HasPrefix(id, "d-") {
		return ""
	}
	region := a.Input.Region
	if region == "" {
		region = parts[3]
	}
	return strings.Join([]string{"arn", parts[1], "codedeploy", region, parts[4], "deployment:" + id}, ":")
}
