package change

import (
	"net/url"
	"strings"

	"exhibit/internal/evidence"
)

// codepipeline reads the executions of CodePipeline.
type codepipeline struct{}

// codepipelineReads are the keys that a deployment's verdict rests on.
var codepipelineReads = [...]string{"Actions", "PipelineName", "SourceRevisions", "Status", "Trigger"}

// codepipelineAction is what one action of an execution did.
type codepipelineAction struct {
	ActionName     string `json:"ActionName"`
	StageName      string `json:"StageName"`
	Status         string `json:"Status"`
	StartTime      stamp  `json:"StartTime"`
	LastUpdateTime stamp  `json:"LastUpdateTime"`
	UpdatedBy      string `json:"UpdatedBy"`
	Input          struct {
		Region       string `json:"Region"`
		ActionTypeID struct {
			Category string `json:"Category"`
			Provider string `json:"Provider"`
		} `json:"ActionTypeId"`
		Configuration         map[string]string `json:"Configuration"`
		ResolvedConfiguration map[string]string `json:"ResolvedConfiguration"`
	} `json:"Input"`
	Output struct {
		OutputVariables map[string]string `json:"OutputVariables"`
		ExecutionResult struct {
			ExternalExecutionID string `json:"ExternalExecutionId"`
		} `json:"ExecutionResult"`
	} `json:"Output"`
}

// codepipelineRevision is a commit that an execution began with.
type codepipelineRevision struct {
	ActionName  string `json:"ActionName"`
	RevisionID  string `json:"RevisionId"`
	RevisionURL string `json:"RevisionUrl"`
}

// Deployment reads an execution. It goes to production where a stage, a deploying action or what that action deploys to is
// called so, else where the pipeline is. It starts with the first action that deploys there, so that an approval counts
// when it was given before, and it succeeded when one of them did. Of an execution whose actions are not known nothing tells
// where it went: it is taken for one to production.
func (codepipeline) Deployment(s evidence.Subject) (Deployment, error) {
	var d struct {
		PipelineName    string                 `json:"PipelineName"`
		Status          string                 `json:"Status"`
		StartTime       stamp                  `json:"StartTime"`
		SourceRevisions []codepipelineRevision `json:"SourceRevisions"`
		Actions         []codepipelineAction   `json:"Actions"`
		Trigger         struct {
			TriggerType   string `json:"TriggerType"`
			TriggerDetail string `json:"TriggerDetail"`
		} `json:"Trigger"`
	}
	if err := decode(s, &d, "PipelineName", "Status", "Actions"); err != nil {
		return Deployment{}, err
	}
	out := Deployment{Type: s.Type, ID: s.ID, Environment: d.PipelineName, CreatedAt: d.StartTime.Time,
		StartedBy: startedBy(codepipelineStarter(d.Trigger.TriggerType, d.Trigger.TriggerDetail)),
		Unseen:    unseen(s, map[Part][]string{PartApprovals: {"Actions"}, PartOutcome: {"Actions"}, PartStart: {"Trigger"}})}
	if _, hidden := s.Missing["Actions"]; hidden {
		out.Tier = "production"
	}
	out.deployedBy(d.Actions, d.Status)
	for _, a := range d.Actions {
		if made := codedeployMade(s.ID, a); made != "" {
			out.Made = append(out.Made, made)
		}
		if t := a.Input.ActionTypeID; t.Category != "Approval" || t.Provider != "Manual" {
			continue
		}
		switch a.Status {
		case "Succeeded":
			out.Approvals = append(out.Approvals, Approval{By: codepipelineActor(a.UpdatedBy), State: Approved, At: a.LastUpdateTime.Time})
		case "Failed":
			out.Approvals = append(out.Approvals, Approval{By: codepipelineActor(a.UpdatedBy), State: Refused, At: a.LastUpdateTime.Time})
		}
	}
	for _, r := range d.SourceRevisions {
		if key := r.repository(s.ID, d.Actions); key != "" && r.RevisionID != "" {
			out.Sources = append(out.Sources, Source{key, r.RevisionID})
		}
	}
	if len(out.Sources) > 0 {
		out.Repository, out.Commit = out.Sources[0].Repository, out.Sources[0].Commit
	}
	return out, nil
}

// deployedBy fills in where the actions that deploy went, when the first of them began, and how they ended.
func (d *Deployment) deployedBy(actions []codepipelineAction, status string) {
	d.Outcome = OtherEnd
	if status == "InProgress" || status == "Stopping" {
		d.Outcome = Running
	}
	var deploying, production []codepipelineAction
	for _, a := range actions {
		if a.Input.ActionTypeID.Category != "Deploy" {
			continue
		}
		deploying = append(deploying, a)
		if name := a.production(); name != "" {
			d.Environment = name
			production = append(production, a)
		}
	}
	if len(production) > 0 {
		deploying = production
	}
	for _, a := range deploying {
		if at := a.StartTime.Time; d.StartedAt.IsZero() || !at.IsZero() && at.Before(d.StartedAt) {
			d.StartedAt = at
		}
		switch {
		case a.Status == "Succeeded":
			if d.Outcome != Succeeded || a.LastUpdateTime.After(d.EndedAt) {
				d.Outcome, d.EndedAt = Succeeded, a.LastUpdateTime.Time
			}
		case a.Status == "Failed" && d.Outcome == OtherEnd:
			d.Outcome, d.EndedAt = Failed, a.LastUpdateTime.Time
		}
	}
}

// production returns the name by which an action that deploys goes to production, or "".
func (a codepipelineAction) production() string {
	for _, key := range []string{"DeploymentGroupName", "EnvironmentName", "StackName", "ClusterName", "ServiceName"} {
		for _, settings := range []map[string]string{a.Input.ResolvedConfiguration, a.Input.Configuration} {
			if Production(settings[key]) {
				return settings[key]
			}
		}
	}
	for _, name := range []string{a.StageName, a.ActionName} {
		if Production(name) {
			return name
		}
	}
	return ""
}

// codepipelineStarter is who started an execution: an identity of AWS where somebody did, else what found that the source
// had changed, which is no person. Where nothing tells how it was started, it was by somebody unnamed.
func codepipelineStarter(how, detail string) Actor {
	switch how {
	case "StartPipelineExecution", "CreatePipeline", "ManualRollback", "PutActionRevision":
		return codepipelineActor(detail)
	case "":
		return unnamed()
	}
	return Actor{Login: "CodePipeline " + how, Kind: Robot}
}

// codepipelineActor reads an identity of AWS. A session of a role is whoever it is named after: the same name through two
// roles is taken for one person. That it is a person is known of users, of the root user and of sessions by the Identity
// Center; what uses another role nothing tells, but for names that machines are given. The names that the CLI and the SDKs
// make up are not among them: people who take a role bear them too. Nor does an e-mail address make a person: whoever takes
// a role chooses the session's name.
func codepipelineActor(arn string) Actor {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[5] == "" {
		return unnamed()
	}
	path := strings.Split(parts[5], "/")
	name := path[len(path)-1]
	switch {
	case name == "":
		return unnamed()
	case path[0] == "root" || path[0] == "user":
		return Actor{Login: name, Kind: Person}
	case path[0] != "assumed-role" || len(path) < 3:
		return Actor{Login: name, Kind: Unclear}
	case strings.HasPrefix(path[1], "AWSReservedSSO_"):
		return Actor{Login: name, Kind: Person}
	case strings.HasPrefix(path[1], "AWSServiceRoleFor"), strings.HasPrefix(name, "i-"):
		return Actor{Login: name, Kind: Robot}
	}
	return Actor{Login: name, Kind: Unclear}
}

// repository names the repository of a commit by the action that fetched it, as far as its provider is known.
func (r codepipelineRevision) repository(arn string, actions []codepipelineAction) string {
	for _, a := range actions {
		if a.ActionName != r.ActionName || a.Input.ActionTypeID.Category != "Source" {
			continue
		}
		get := func(key string) string {
			for _, settings := range []map[string]string{a.Output.OutputVariables, a.Input.ResolvedConfiguration, a.Input.Configuration} {
				if settings[key] != "" {
					return settings[key]
				}
			}
			return ""
		}
		switch a.Input.ActionTypeID.Provider {
		case "CodeCommit":
			region := a.Input.Region
			if parts := strings.Split(arn, ":"); region == "" && len(parts) > 3 {
				region = parts[3]
			}
			return RepositoryKey("git-codecommit." + region + ".amazonaws.com/v1/repos/" + get("RepositoryName"))
		case "GitHub":
			return RepositoryKey("github.com/" + get("Owner") + "/" + get("Repo"))
		case "CodeStarSourceConnection":
			path := get("FullRepositoryId")
			if path == "" {
				path = get("FullRepositoryName")
			}
			hosts := map[string]string{"GitHub": "github.com", "Bitbucket": "bitbucket.org", "GitLab": "gitlab.com"}
			if host := hosts[get("ProviderType")]; host != "" && path != "" {
				return RepositoryKey(host + "/" + path)
			}
		}
	}
	if u, err := url.Parse(r.RevisionURL); err == nil && !strings.HasSuffix(u.Hostname(), "amazon.com") {
		if repository, _, ok := strings.Cut(r.RevisionURL, "/commit/"); ok {
			return RepositoryKey(strings.TrimSuffix(repository, "/-"))
		}
	}
	return ""
}
