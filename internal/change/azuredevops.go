package change

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// azuredevops reads the pull requests of Azure DevOps.
type azuredevops struct{}

// azureIdentity is an account, a group or a service.
type azureIdentity struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Descriptor  string `json:"descriptor"`
	IsContainer bool   `json:"isContainer"`
}

// actor tells people from services by the descriptor's beginning: services of Azure DevOps, of other systems and of Microsoft
// Entra have kinds of their own. A build's account has a name that tells it where there is no descriptor.
func (i *azureIdentity) actor() Actor {
	if i == nil || i.ID == "" {
		return nobody()
	}
	a := Actor{ID: i.ID, Login: i.DisplayName, Kind: Person}
	kind, _, told := strings.Cut(i.Descriptor, ".")
	switch {
	case i.DisplayName == "":
		a.Login, a.Kind = i.ID, Unclear
	case told && slices.Contains([]string{"svc", "aadsp", "s2s", "sp"}, kind), strings.Contains(i.DisplayName, "Build Service ("):
		a.Kind = Robot
	case i.IsContainer, told && slices.Contains([]string{"vssgp", "aadgp"}, kind):
		a.Kind = Unclear // people vote through it, and nothing tells who
	}
	return a
}

// azureVote is what Azure DevOps noted of a vote.
type azureVote struct {
	Type          string         `json:"type"`
	PublishedDate stamp          `json:"publishedDate"`
	Author        *azureIdentity `json:"author"`
	Vote          *int           `json:"vote"`
}

// azureApproves is the least vote that approves: 5 is with suggestions, 10 without.
const azureApproves = 5

// azureDoc is what is read of a pull request.
type azureDoc struct {
	ID            json.Number    `json:"pullRequestId"`
	CreatedBy     *azureIdentity `json:"createdBy"`
	ClosedBy      *azureIdentity `json:"closedBy"`
	CreationDate  stamp          `json:"creationDate"`
	ClosedDate    stamp          `json:"closedDate"`
	Status        string         `json:"status"`
	TargetRefName string         `json:"targetRefName"`
	Source        azureCommitRef `json:"lastMergeSourceCommit"`
	Merge         azureCommitRef `json:"lastMergeCommit"`
	Options       struct {
		BypassPolicy  bool   `json:"bypassPolicy"`
		BypassReason  string `json:"bypassReason"`
		SquashMerge   bool   `json:"squashMerge"`
		MergeStrategy string `json:"mergeStrategy"`
	} `json:"completionOptions"`
	Labels []struct {
		Name   string `json:"name"`
		Active *bool  `json:"active"`
	} `json:"labels"`
	Reviewers []struct {
		azureIdentity
		Vote int `json:"vote"`
	} `json:"reviewers"`
	Repository struct {
		DefaultBranch string `json:"defaultBranch"`
		WebURL        string `json:"webUrl"`
	} `json:"Repository"`
	Threads    []azureVote `json:"Threads"`
	Iterations []struct {
		Author      *azureIdentity `json:"author"`
		CreatedDate stamp          `json:"createdDate"`
		Source      azureCommitRef `json:"sourceRefCommit"`
		Reason      string         `json:"reason"`
	} `json:"Iterations"`
	Commits []struct {
		ID        string         `json:"commitId"`
		Parents   []string       `json:"parents"`
		Author    azureSignature `json:"author"`
		Committer azureSignature `json:"committer"`
	} `json:"Commits"`
}

type azureCommitRef struct {
	ID string `json:"commitId"`
}

type azureSignature struct {
	Name string `json:"name"`
	Date stamp  `json:"date"`
}

// azureReads are the keys that a pull request's verdict rests on.
var azureReads = [...]string{"Commits", "Iterations", "Repository", "Threads", "closedDate", "completionOptions", "createdBy",
	"labels", "lastMergeSourceCommit", "reviewers", "targetRefName"}

// Change reads a pull request. Azure DevOps' own threads tell who voted what when, the iterations who pushed when: a vote is
// for the head of the last iteration before it. Commits carry names and no accounts: a name is that of an account that has to
// do with the pull request when it is written alike.
func (azuredevops) Change(s evidence.Subject) (Change, error) {
	var d azureDoc
	if err := decode(s, &d, "closedDate", "lastMergeSourceCommit", "Threads", "Iterations", "Commits"); err != nil {
		return Change{}, err
	}
	c := Change{Type: s.Type, ID: s.ID, Repository: RepositoryKey(d.Repository.WebURL),
		Number: d.ID.String(), Target: azureBranch(d.TargetRefName), Default: azureBranch(d.Repository.DefaultBranch),
		Author: d.CreatedBy.actor(), Merger: d.ClosedBy.actor(), CreatedAt: d.CreationDate.Time, Head: d.Source.ID,
		Merge: d.Merge.ID,
		Unseen: unseen(s, map[Part][]string{PartReviews: {"Threads"}, PartHeads: {"Iterations"}, PartCommits: {"Commits", "Iterations"},
			PartLabels: {"labels"}})}
	if d.Status == "" || d.Status == "completed" {
		c.MergedAt = d.ClosedDate.Time
	}
	if d.Options.SquashMerge || d.Options.MergeStrategy == "squash" {
		c.Squash = d.Merge.ID
	}
	if d.Options.BypassPolicy {
		c.Bypass = "completed past the policies of its branch"
		if d.Options.BypassReason != "" {
			c.Bypass += ": " + d.Options.BypassReason
		}
	}
	for _, l := range d.Labels {
		if l.Active == nil || *l.Active {
			c.Labels = append(c.Labels, l.Name)
		}
	}
	named := d.named()
	for _, k := range slices.Backward(d.Commits) {
		commit := Commit{ID: k.ID, Parents: k.Parents, At: k.Committer.Date.Time}
		for _, name := range slices.Compact([]string{k.Author.Name, k.Committer.Name}) {
			if a, ok := named[name]; ok {
				commit.Authors = append(commit.Authors, a)
			} else {
				commit.Nameless++
			}
		}
		c.Commits = append(c.Commits, commit)
	}
	for _, i := range d.Iterations {
		if i.CreatedDate.After(c.MergedAt) {
			continue
		}
		if i.Reason == "retarget" {
			c.Retargeted = i.CreatedDate.Time
		} else {
			c.Pushers = append(c.Pushers, i.Author.actor())
		}
	}
	c.Reviews = d.reviews()
	return c, nil
}

// azureBranch is a branch's name, whole or with what stands before it in a repository.
func azureBranch(ref string) string { return strings.TrimPrefix(ref, "refs/heads/") }

// named are the accounts that have to do with a pull request, by their names. A name that two of them have is nobody's.
func (d azureDoc) named() map[string]Actor {
	people := []*azureIdentity{d.CreatedBy, d.ClosedBy}
	for i := range d.Reviewers {
		people = append(people, &d.Reviewers[i].azureIdentity)
	}
	for _, v := range d.Threads {
		people = append(people, v.Author)
	}
	for _, i := range d.Iterations {
		people = append(people, i.Author)
	}
	out, doubtful := map[string]Actor{}, map[string]bool{}
	for _, p := range people {
		a := p.actor()
		if !a.known() {
			continue
		}
		if have, taken := out[a.Login]; taken && !have.Is(a) {
			doubtful[a.Login] = true
		}
		out[a.Login] = a
	}
	for name := range doubtful {
		delete(out, name)
	}
	return out
}

// reviews reads the votes from the threads, in their order. A vote that takes an approval back ends it; so does a push that
// took votes back, unless the approver's vote stands and none was given since. An approval that does not stand, and of which
// nothing tells since when, was withdrawn; one that stands and that no thread tells of has no time.
func (d azureDoc) reviews() []Review {
	var out []Review
	for n, v := range d.Threads {
		by := v.Author.actor()
		at := v.PublishedDate.Time
		switch {
		case v.Vote == nil: // a push took votes back
			withdraw(out, at, func(a Actor) bool { return !d.stands(a) || d.votes(d.Threads[n+1:], a) })
		case *v.Vote >= azureApproves:
			out = append(out, Review{By: by, State: Approved, At: at, Commit: d.headAt(at)})
		case *v.Vote < 0:
			withdraw(out, at, by.Is)
			out = append(out, Review{By: by, State: Refused, At: at, Commit: d.headAt(at)})
		default:
			withdraw(out, at, by.Is)
		}
	}
	for i := range out {
		if out[i].State == Approved && out[i].Until.IsZero() && !d.stands(out[i].By) {
			out[i].State = Withdrawn
		}
	}
	for _, r := range d.Reviewers {
		by := r.actor()
		told := func(have Review) bool { return have.By.Is(by) && have.State == Approved && have.Until.IsZero() }
		if r.Vote >= azureApproves && !r.IsContainer && !slices.ContainsFunc(out, told) {
			out = append(out, Review{By: by, State: Approved})
		}
	}
	return out
}

// headAt is the head of the last iteration at a time; "" when nothing tells.
func (d azureDoc) headAt(at time.Time) string {
	head, since := "", time.Time{}
	for _, i := range d.Iterations {
		if !i.CreatedDate.IsZero() && !i.CreatedDate.After(at) && !i.CreatedDate.Before(since) {
			head, since = i.Source.ID, i.CreatedDate.Time
		}
	}
	return head
}

// votes reports whether somebody voted in some of the threads.
func (d azureDoc) votes(threads []azureVote, a Actor) bool {
	return slices.ContainsFunc(threads, func(v azureVote) bool { return v.Vote != nil && a.Is(v.Author.actor()) })
}

// stands reports whether somebody's approval is among the votes that stand.
func (d azureDoc) stands(a Actor) bool {
	for _, r := range d.Reviewers {
		if r.Vote >= azureApproves && !r.IsContainer && a.Is(r.actor()) {
			return true
		}
	}
	return false
}
