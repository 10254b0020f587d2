package azuredevops

// ownerDoc is a pipeline or a run, as a record names it.
type ownerDoc struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// deploymentDoc is what the API says of a deployment.
type deploymentDoc struct {
	ID                int64    `json:"id"`
	EnvironmentID     int64    `json:"environmentId"`
	RequestIdentifier string   `json:"requestIdentifier"`
	Definition        ownerDoc `json:"definition"`
	Owner             ownerDoc `json:"owner"`
	PlanType          string   `json:"planType"`
	PlanID            string   `json:"planId"`
	ScopeID           string   `json:"scopeId"`
	ServiceOwner      string   `json:"serviceOwner"`
	ResourceID        int64    `json:"resourceId"`
	StageName         string   `json:"stageName"`
	StageAttempt      int64    `json:"stageAttempt"`
	JobName           string   `json:"jobName"`
	JobAttempt        int64    `json:"jobAttempt"`
	QueueTime         string   `json:"queueTime"`
	StartTime         string   `json:"startTime"`
	FinishTime        string   `json:"finishTime"`
	Result            string   `json:"result"` // absent until it has come to an end
}

// environmentBrief is where it was deployed to.
type environmentBrief struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// runDoc is what is kept of a run.
type runDoc struct {
	ID            int64       `json:"id"`
	BuildNumber   string      `json:"buildNumber"`
	Status        string      `json:"status"`
	Result        string      `json:"result"`
	Reason        string      `json:"reason"`
	QueueTime     string      `json:"queueTime"`
	StartTime     string      `json:"startTime"`
	FinishTime    string      `json:"finishTime"`
	SourceBranch  string      `json:"sourceBranch"`
	SourceVersion string      `json:"sourceVersion"`
	RequestedBy   identityDoc `json:"requestedBy"`
	RequestedFor  identityDoc `json:"requestedFor"`
	Definition    ownerDoc    `json:"definition"`
	Repository    struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"repository"`
	RetainedByRelease bool `json:"retainedByRelease"`
}

// stageDoc and passedCheckDoc are what is kept of a run's steps.
type stageDoc struct{ timelineRecord }

type passedCheckDoc struct{ timelineRecord }

// approvalDoc is what is kept of an approval: one that several people are asked for, with a step for each.
type approvalDoc struct {
	ID                   string        `json:"id"`
	Status               string        `json:"status"`
	CreatedOn            string        `json:"createdOn"`
	LastModifiedOn       string        `json:"lastModifiedOn"`
	ExecutionOrder       string        `json:"executionOrder"`
	MinRequiredApprovers int64         `json:"minRequiredApprovers"`
	BlockedApprovers     []identityDoc `json:"blockedApprovers"`
	Permissions          string        `json:"permissions"`
	Steps                []struct {
		AssignedApprover identityDoc `json:"assignedApprover"`
		ActualApprover   identityDoc `json:"actualApprover"`
		Status           string      `json:"status"`
		Order            int64       `json:"order"`
		InitiatedOn      string      `json:"initiatedOn"`
		LastModifiedOn   string      `json:"lastModifiedOn"`
		LastModifiedBy   identityDoc `json:"lastModifiedBy"`
		Permissions      string      `json:"permissions"`
	} `json:"steps"`
}
