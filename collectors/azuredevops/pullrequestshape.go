package azuredevops

// pullRequestDoc is what is kept of what the API says of a pull request.
type pullRequestDoc struct {
	PullRequestID int64       `json:"pullRequestId"`
	CodeReviewID  int64       `json:"codeReviewId"`
	Status        string      `json:"status"`
	IsDraft       bool        `json:"isDraft"`
	CreatedBy     identityDoc `json:"createdBy"`
	ClosedBy      identityDoc `json:"closedBy"`
	CreationDate  string      `json:"creationDate"`
	ClosedDate    string      `json:"closedDate"`
	SourceRefName string      `json:"sourceRefName"`
	TargetRefName string      `json:"targetRefName"`
	MergeID       string      `json:"mergeId"`
	MergeStatus   string      `json:"mergeStatus"`
	FailureType   string      `json:"mergeFailureType"`
	Failure       string      `json:"mergeFailureMessage"`
	Source        commitRef   `json:"lastMergeSourceCommit"`
	Target        commitRef   `json:"lastMergeTargetCommit"`
	Merge         commitRef   `json:"lastMergeCommit"`
	Labels        []struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Active bool   `json:"active"`
	} `json:"labels"`
	Reviewers []struct {
		identityDoc
		IsContainer bool  `json:"isContainer"`
		Vote        int64 `json:"vote"`
		IsRequired  bool  `json:"isRequired"`
		IsFlagged   bool  `json:"isFlagged"`
		HasDeclined bool  `json:"hasDeclined"`
		VotedFor    []struct {
			identityDoc
			Vote int64 `json:"vote"`
		} `json:"votedFor"`
	} `json:"reviewers"`
	CompletionOptions struct {
		BypassPolicy       bool   `json:"bypassPolicy"`
		BypassReason       string `json:"bypassReason"`
		MergeStrategy      string `json:"mergeStrategy"`
		SquashMerge        bool   `json:"squashMerge"`
		DeleteSourceBranch bool   `json:"deleteSourceBranch"`
		TriggeredByAuto    bool   `json:"triggeredByAutoComplete"`
	} `json:"completionOptions"`
	AutoCompleteSetBy   identityDoc `json:"autoCompleteSetBy"`
	CompletionQueueTime string      `json:"completionQueueTime"`
	SupportsIterations  bool        `json:"supportsIterations"`
	InRepository        struct {
		ID      string `json:"id"`
		Name    string `json:"name"`
		Project struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"project"`
	} `json:"repository"`
}

type commitRef struct {
	CommitID string `json:"commitId"`
}

// iterationDoc is a push to a pull request.
type iterationDoc struct {
	ID               int64       `json:"id"`
	Author           identityDoc `json:"author"`
	CreatedDate      string      `json:"createdDate"`
	UpdatedDate      string      `json:"updatedDate"`
	SourceRefCommit  commitRef   `json:"sourceRefCommit"`
	TargetRefCommit  commitRef   `json:"targetRefCommit"`
	CommonRefCommit  commitRef   `json:"commonRefCommit"`
	HasMoreCommits   bool        `json:"hasMoreCommits"`
	Reason           string      `json:"reason"`
	OldTargetRefName string      `json:"oldTargetRefName"`
	NewTargetRefName string      `json:"newTargetRefName"`
	Push             struct {
		PushID int64 `json:"pushId"`
	} `json:"push"`
}

// commitDoc is a commit. Azure DevOps knows the names that stand in it, and no accounts.
type commitDoc struct {
	CommitID  string    `json:"commitId"`
	Author    signature `json:"author"`
	Committer signature `json:"committer"`
	Parents   []string  `json:"parents"`
}

type signature struct {
	Name string `json:"name"`
	Date string `json:"date"`
}

// evaluationDoc is how a policy stood.
type evaluationDoc struct {
	EvaluationID  string    `json:"evaluationId"`
	Status        string    `json:"status"`
	StartedDate   string    `json:"startedDate"`
	CompletedDate string    `json:"completedDate"`
	Configuration policyDoc `json:"configuration"`
}
