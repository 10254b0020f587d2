package change

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// jenkins reads the builds of Jenkins, each as a deployment of what it checked out.
type jenkins struct{}

// jenkinsReads are the keys that a build's verdict rests on.
var jenkinsReads = [...]string{"Inputs", "Job", "Upstream", "actions", "building", "result"}

// Classes of what is attached to a build, without their packages.
const (
	jenkinsApprover = ".ApproverAction"
	jenkinsBuildGit = ".BuildData"
)

// jenkinsEnvironment finds the parameter that names where to.
var jenkinsEnvironment = regexp.MustCompile(`(?i)^([a-z]+_)*(env|environment)(_name)?$`)

// jenkinsCause is why a build was started.
type jenkinsCause struct {
	UserID string `json:"userId"`
}

// jenkinsInput is a step that was paused.
type jenkinsInput struct {
	Name  string `json:"name"`
	Start int64  `json:"startTimeMillis"`
	Pause int64  `json:"pauseDurationMillis"`
}

func (i jenkinsInput) end() int64 { return i.Start + i.Pause }

// Deployment reads a build. Its environment is what a parameter such as ENVIRONMENT says, if its value was collected, and its
// job otherwise. A pipeline waits at an input step, so that what comes after it began with its approval; that the step stands
// before what deploys is for the review of the pipeline's script to see. A build that is unstable has run to its end.
func (jenkins) Deployment(s evidence.Subject) (Deployment, error) {
	var d struct {
		Job       string  `json:"Job"`
		StartedAt stamp   `json:"StartedAt"`
		Duration  int64   `json:"duration"`
		Building  bool    `json:"building"`
		Result    *string `json:"result"`
		Actions   []struct {
			Class      string         `json:"_class"`
			UserID     string         `json:"userId"`
			Causes     []jenkinsCause `json:"causes"`
			Parameters []struct {
				Name  string `json:"name"`
				Value any    `json:"value"`
			} `json:"parameters"`
			LastBuiltRevision *struct {
				SHA1 string `json:"SHA1"`
			} `json:"lastBuiltRevision"`
			RemoteURLs []string `json:"remoteUrls"`
		} `json:"actions"`
		Inputs   []jenkinsInput `json:"Inputs"`
		Upstream []struct {
			Causes []jenkinsCause `json:"causes"`
		} `json:"Upstream"`
	}
	if err := decode(s, &d, "Job", "StartedAt", "actions"); err != nil {
		return Deployment{}, err
	}
	out := Deployment{Type: s.Type, ID: s.ID, CreatedAt: d.StartedAt.Time, StartedAt: d.StartedAt.Time, Gated: true,
		Outcome: jenkinsOutcome(d.Building, d.Result), Unseen: unseen(s, map[Part][]string{PartStart: {"Upstream"}})}
	if !d.Building {
		out.EndedAt = out.StartedAt.Add(time.Duration(d.Duration) * time.Millisecond)
	}
	var causes []jenkinsCause
	for _, a := range d.Actions {
		causes = append(causes, a.Causes...)
		for _, p := range a.Parameters {
			if value, ok := p.Value.(string); ok && value != "" && jenkinsEnvironment.MatchString(p.Name) {
				out.Environment = value
			}
		}
		if strings.HasSuffix(a.Class, jenkinsApprover) && a.UserID != "" {
			out.Approvals = append(out.Approvals, Approval{By: jenkinsUser(a.UserID), State: Approved})
		}
		if strings.HasSuffix(a.Class, jenkinsBuildGit) && a.LastBuiltRevision != nil && len(a.RemoteURLs) > 0 {
			source := Source{RepositoryKey(a.RemoteURLs[0]), a.LastBuiltRevision.SHA1}
			if !slices.Contains(out.Sources, source) {
				out.Sources = append(out.Sources, source)
			}
		}
	}
	for _, up := range d.Upstream {
		causes = append(causes, up.Causes...)
	}
	for _, c := range causes {
		if c.UserID != "" {
			out.StartedBy = startedBy(append(out.StartedBy, jenkinsUser(c.UserID))...)
		}
	}
	if len(out.Sources) > 0 {
		out.Repository, out.Commit = out.Sources[0].Repository, out.Sources[0].Commit
	}
	if out.Environment == "" {
		out.Environment, out.Tier = d.Job, jenkinsTier(d.Job)
	}
	out.answered(d.Inputs)
	return out, nil
}

// jenkinsUser is an account of Jenkins. It does not tell which are robots.
func jenkinsUser(id string) Actor { return Actor{Login: id, Kind: Person} }

// jenkinsTier says whether a job is one for production by a part of its full name.
func jenkinsTier(job string) string {
	if slices.ContainsFunc(strings.Split(job, "/"), Production) {
		return "production"
	}
	return "other"
}

// jenkinsOutcome says how a build ended.
func jenkinsOutcome(building bool, result *string) Outcome {
	switch {
	case building || result == nil:
		return Running
	case *result == "SUCCESS", *result == "UNSTABLE":
		return Succeeded
	case *result == "FAILURE":
		return Failed
	}
	return OtherEnd
}

// answered gives approvals their times, where there are as many of them as steps that waited for one: both are in order of
// time then. Jenkins does not tell which belongs to which.
func (d *Deployment) answered(paused []jenkinsInput) {
	var inputs []jenkinsInput
	for _, i := range paused {
		if strings.Contains(strings.ToLower(i.Name), "input") {
			inputs = append(inputs, i)
		}
	}
	if len(inputs) != len(d.Approvals) {
		return
	}
	slices.SortStableFunc(inputs, func(a, b jenkinsInput) int { return int(a.end()/1000 - b.end()/1000) })
	for n := range inputs {
		d.Approvals[n].At = time.UnixMilli(inputs[n].end()).UTC()
	}
}
