package change

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// azureDevOps reads the pull requests of Azure DevOps.
type azureDevOps struct{}

// azureIdentity is an account, a group or a service.
type azureIdentity struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Descriptor  string `json:"descriptor"`
}

// actor tells people from services by the descriptor's kind. A group is nobody.
func (i *azureIdentity) actor() Actor {
	if i == nil || i.ID == "" {
		return nobody()
	}
	out := Actor{ID: i.ID, Login: i.DisplayName, Kind: Unclear}
	kind, _, _ := strings.Cut(i.Descriptor, ".")
	switch strings.ToLower(kind) {
	case "aad", "msa", "bnd", "win":
		out.Kind = Person
	case "svc", "s2s", "aadsp", "agg", "imp":
		out.Kind = Robot
	}
	return out
}

// azureVote is what Azure DevOps noted of a vote: 10 and 5 approve, 0 takes a vote back, -5 and -10 refuse.
type azureVote struct {
	Type          string         `json:"type"`
	PublishedDate stamp          `json:"publishedDate"`
	Author        *azureIdentity `json:"author"`
	Vote          *int           `json:"vote"`
}

// azureApproves is the least vote that approves.
const azureApproves = 5

// azureIteration is a push.
type azureIteration struct {
	Author      *azureIdentity `json:"author"`
	CreatedDate stamp          `json:"createdDate"`
	Reason      string         `json:"reason"`
	Source      azureCommit    `json:"sourceRefCommit"`
}

type azureCommit struct {
	ID     string `json:"commitId"`
	Author struct {
		Name string `json:"name"`
	} `json:"author"`
	Committer struct {
		Name string `json:"name"`
		Date stamp  `json:"date"`
	} `json:"committer"`
	Parents []string `json:"parents"`
}

// azureDoc is what is read of a pull request.
type azureDoc struct {
	ID           json.Number    `json:"pullRequestId"`
	Status       string         `json:"status"`
	CreatedBy    *azureIdentity `json:"createdBy"`
	ClosedBy     *azureIdentity `json:"closedBy"`
	CreationDate stamp          `json:"creationDate"`
	ClosedDate   stamp          `json:"closedDate"`
	Target       string         `json:"targetRefName"`
	Source       azureCommit    `json:"lastMergeSourceCommit"`
	Merge        azureCommit    `json:"lastMergeCommit"`
	Labels       []struct {
		Name   string `json:"name"`
		Active bool   `json:"active"`
	} `json:"labels"`
	Reviewers []struct {
		azureIdentity
		IsContainer bool `json:"isContainer"`
		Vote        int  `json:"vote"`
	} `json:"reviewers"`
	Completion struct {
		BypassPolicy bool `json:"bypassPolicy"`
	} `json:"completionOptions"`
	Repository struct {
		DefaultBranch string `json:"defaultBranch"`
		WebURL        string `json:"webUrl"`
	} `json:"Repository"`
	Threads    []azureVote      `json:"Threads"`
	Iterations []azureIteration `json:"Iterations"`
	Commits    []azureCommit    `json:"Commits"`
}

// azureReads are the keys that a pull request's verdict rests on.
var azureReads = [...]string{"Commits", "Iterations", "Repository", "Threads", "closedDate", "completionOptions", "createdBy",
	"labels", "lastMergeSourceCommit", "reviewers", "status", "targetRefName"}

// Change reads a pull request. What Azure DevOps noted tells who voted when, and its iterations what the head was then.
// Commits carry names and no accounts, as at GitLab, and who pushed is taken for an author.
func (azureDevOps) Change(s evidence.Subject) (Change, error) {
	var d azureDoc
	if err := decode(s, &d, "status", "lastMergeSourceCommit", "Threads", "Iterations", "Commits"); err != nil {
		return Change{}, err
	}
	branch := func(ref string) string { return strings.TrimPrefix(ref, "refs/heads/") }
	c := Change{Type: s.Type, ID: s.ID, Repository: RepositoryKey(d.Repository.WebURL), Number: d.ID.String(),
		Target: branch(d.Target), Default: branch(d.Repository.DefaultBranch), Author: d.CreatedBy.actor(),
		Merger: d.ClosedBy.actor(), CreatedAt: d.CreationDate.Time, Head: d.Source.ID, Merge: d.Merge.ID,
		Unseen: unseen(s, map[Part][]string{PartReviews: {"Threads"}, PartHeads: {"Iterations", "lastMergeSourceCommit"}, PartCommits: {"Commits"},
			PartAuthor: {"createdBy"}, PartMerge: {"closedDate", "status"}, PartLabels: {"labels"}})}
	if d.Status == "completed" {
		c.MergedAt = d.ClosedDate.Time
	}
	for _, l := range d.Labels {
		if l.Active {
			c.Labels = append(c.Labels, l.Name)
		}
	}
	if d.Completion.BypassPolicy {
		c.Bypass = "policies bypassed by " + c.Merger.Login
	}
	named := d.named()
	for _, k := range slices.Backward(d.Commits) {
		commit := Commit{ID: k.ID, Parents: k.Parents, At: k.Committer.Date.Time}
		commit.Authors, commit.Nameless = authorsBy(named, k.Author.Name, k.Committer.Name)
		c.Commits = append(c.Commits, commit)
	}
	for _, i := range d.Iterations {
		if i.CreatedDate.After(c.MergedAt) {
			continue
		}
		c.Pushers = append(c.Pushers, i.Author.actor())
		if i.Reason == "retarget" && i.CreatedDate.After(c.Retargeted) {
			c.Retargeted = i.CreatedDate.Time
		}
	}
	c.Reviews = d.reviews()
	return c, nil
}

// named are the accounts that have to do with a pull request, by their names.
func (d azureDoc) named() map[string]Actor {
	people := []*azureIdentity{d.CreatedBy, d.ClosedBy}
	for i := range d.Reviewers {
		if !d.Reviewers[i].IsContainer {
			people = append(people, &d.Reviewers[i].azureIdentity)
		}
	}
	for _, i := range d.Iterations {
		people = append(people, i.Author)
	}
	for _, v := range d.Threads {
		people = append(people, v.Author)
	}
	var list []nameOf
	for _, p := range people {
		if p != nil {
			list = append(list, nameOf{p.DisplayName, p.actor()})
		}
	}
	return byName(list)
}

// reviews reads the votes in their order. A vote takes the place of the same person's last. A push may take all votes back,
// or those of some, which are those that do not stand in the end. So does who takes the voter from the reviewers, which nothing
// notes. A vote that stands and that nothing noted has no time.
func (d azureDoc) reviews() []Review {
	var out []Review
	for _, v := range d.Threads {
		by := v.Author.actor()
		switch {
		case v.Type == "ResetAllVotes":
			withdraw(out, v.PublishedDate.Time, func(Actor) bool { return true })
		case v.Type == "ResetMultipleVotes":
			withdraw(out, v.PublishedDate.Time, func(a Actor) bool { return !d.stands(a) })
		case v.Vote != nil:
			withdraw(out, v.PublishedDate.Time, by.Is)
			state := Commented
			switch {
			case *v.Vote >= azureApproves:
				state = Approved
			case *v.Vote < 0:
				state = Refused
			}
			out = append(out, Review{By: by, State: state, At: v.PublishedDate.Time, Commit: d.headAt(v.PublishedDate.Time)})
		}
	}
	for i := range out {
		if r := out[i]; r.State == Approved && r.Until.IsZero() && r.By.known() && !d.stands(r.By) {
			out[i].State = Withdrawn
		}
	}
	for _, r := range d.Reviewers {
		by := r.actor()
		told := func(l Review) bool { return l.By.Is(by) }
		if !r.IsContainer && r.Vote >= azureApproves && !slices.ContainsFunc(out, told) {
			out = append(out, Review{By: by, State: Approved})
		}
	}
	return out
}

// stands reports whether somebody's approval stands in the end.
func (d azureDoc) stands(a Actor) bool {
	for _, r := range d.Reviewers {
		if r.Vote >= azureApproves && a.Is(r.actor()) {
			return true
		}
	}
	return false
}

// headAt is the commit that was the head at a time; empty when nothing tells.
func (d azureDoc) headAt(at time.Time) string {
	head := ""
	for _, i := range d.Iterations {
		if !i.CreatedDate.After(at) {
			head = i.Source.ID
		}
	}
	return head
}
