package change

import (
	"encoding/json"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// githubDeploymentReads are the keys that a deployment's verdict rests on.
var githubDeploymentReads = [...]string{"Approvals", "Run", "Statuses", "creator", "environment", "sha"}

// Deployment reads a deployment. GitHub lets the run of a protected environment begin only once it is approved, and says
// not when. Approvals belong to a run: those of a run that built another commit are nobody's, because whoever may write a
// deployment's states chooses the run that they lead to. Where the run could not be collected, whose they are is unknown.
func (github) Deployment(s evidence.Subject) (Deployment, error) {
	var d struct {
		Sha         string           `json:"sha"`
		URL         string           `json:"url"`
		Environment string           `json:"environment"`
		CreatedAt   stamp            `json:"created_at"`
		Creator     *githubActor     `json:"creator"`
		Repository  githubRepository `json:"Repository"`
		Statuses    []githubStatus   `json:"Statuses"`
		Run         *struct {
			HeadSha         string       `json:"head_sha"`
			Actor           *githubActor `json:"actor"`
			TriggeringActor *githubActor `json:"triggering_actor"`
		} `json:"Run"`
		Approvals []struct {
			State        string       `json:"state"`
			User         *githubActor `json:"user"`
			Environments []struct {
				Name string `json:"name"`
			} `json:"environments"`
		} `json:"Approvals"`
	}
	if err := decode(s, &d, "sha", "environment"); err != nil {
		return Deployment{}, err
	}
	out := Deployment{Type: s.Type, ID: s.ID, Repository: d.Repository.key(d.URL), Commit: d.Sha, Environment: d.Environment,
		CreatedAt: d.CreatedAt.Time, StartedBy: startedBy(d.Creator.actor()), Gated: true,
		Unseen: unseen(s, map[Part][]string{PartApprovals: {"Approvals"}, PartStart: {"Run", "creator"},
			PartOutcome: {"Statuses"}})}
	out.ended(d.Statuses)
	if m, lost := s.Missing["Run"]; lost {
		out.Unseen[PartApprovals] = Unseen{"Run", m}
		return out, nil
	}
	if d.Run == nil {
		return out, nil
	}
	out.StartedBy = startedBy(d.Creator.actor(), d.Run.Actor.actor(), d.Run.TriggeringActor.actor())
	if d.Run.HeadSha != d.Sha {
		return out, nil
	}
	for _, a := range d.Approvals {
		for _, e := range a.Environments {
			if e.Name == d.Environment {
				out.Approvals = append(out.Approvals, Approval{By: a.User.actor(), State: githubApproval(a.State)})
			}
		}
	}
	return out, nil
}

func githubApproval(s string) State {
	switch strings.ToLower(s) {
	case "approved":
		return Approved
	case "rejected":
		return Refused
	}
	return Commented
}

// githubStatus is one state that a deployment was in.
type githubStatus struct {
	ID        json.Number `json:"id"`
	State     string      `json:"state"`
	CreatedAt stamp       `json:"created_at"`
}

// ended fills in when the deployment began and ended, and how. A success that was followed by another deployment becomes
// inactive, and was a success all the same.
func (d *Deployment) ended(statuses []githubStatus) {
	d.Outcome = Running
	ordered := slices.Clone(statuses)
	slices.SortStableFunc(ordered, func(a, b githubStatus) int { return a.CreatedAt.Compare(b.CreatedAt.Time) })
	for _, s := range ordered {
		switch strings.ToLower(s.State) {
		case "in_progress":
			if d.StartedAt.IsZero() {
				d.StartedAt = s.CreatedAt.Time
			}
		case "success":
			d.Outcome, d.EndedAt = Succeeded, s.CreatedAt.Time
		case "failure", "error":
			if d.Outcome != Succeeded {
				d.Outcome, d.EndedAt = Failed, s.CreatedAt.Time
			}
		case "inactive", "destroyed", "abandoned":
			if d.Outcome == Running {
				d.Outcome = OtherEnd
			}
		}
	}
	if d.StartedAt.IsZero() && d.Outcome == Succeeded {
		d.StartedAt = d.EndedAt
	}
}
