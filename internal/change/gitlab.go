package change

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// gitlab reads the merge requests of GitLab.
type gitlab struct{}

// gitlabUser is an account. A deleted one is the user "ghost".
type gitlabUser struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
}

// gitlabRobot finds the names of accounts that GitLab makes for tokens and services, and its own.
var gitlabRobot = regexp.MustCompile(`^((project|group)_\d+_bot(_.*)?|service_account_.*|(support|alert|security)-bot)$`)

func (u *gitlabUser) actor() Actor {
	switch {
	case u == nil || u.Username == "" || u.Username == "ghost":
		return nobody()
	case gitlabRobot.MatchString(u.Username):
		return Actor{ID: strconv.FormatInt(u.ID, 10), Login: u.Username, Kind: Robot}
	}
	return Actor{ID: strconv.FormatInt(u.ID, 10), Login: u.Username, Kind: Person}
}

// gitlabNote is what GitLab itself noted on a merge request.
type gitlabNote struct {
	Body      string      `json:"body"`
	Author    *gitlabUser `json:"author"`
	CreatedAt stamp       `json:"created_at"`
}

// How GitLab's notes begin.
const (
	gitlabApproved   = "approved this merge request"
	gitlabUnapproved = "unapproved this merge request"
	gitlabReset      = "reset approvals"
	gitlabPushed     = "added "
	gitlabRetargeted = "changed target branch from "
)

// gitlabDoc is what is read of a merge request.
type gitlabDoc struct {
	IID          json.Number   `json:"iid"`
	WebURL       string        `json:"web_url"`
	CreatedAt    stamp         `json:"created_at"`
	MergedAt     stamp         `json:"merged_at"`
	TargetBranch string        `json:"target_branch"`
	SHA          string        `json:"sha"`
	MergeCommit  string        `json:"merge_commit_sha"`
	SquashCommit string        `json:"squash_commit_sha"`
	Author       *gitlabUser   `json:"author"`
	MergeUser    *gitlabUser   `json:"merge_user"`
	Reviewers    []*gitlabUser `json:"reviewers"`
	Labels       []string      `json:"labels"`
	Project      struct {
		DefaultBranch string `json:"default_branch"`
	} `json:"Project"`
	Notes     []gitlabNote `json:"Notes"`
	Approvals *struct {
		ApprovedBy []struct {
			ApprovedAt stamp       `json:"approved_at"`
			User       *gitlabUser `json:"user"`
		} `json:"approved_by"`
	} `json:"Approvals"`
	Commits []struct {
		ID            string   `json:"id"`
		ParentIDs     []string `json:"parent_ids"`
		AuthorName    string   `json:"author_name"`
		CommitterName string   `json:"committer_name"`
		CommittedDate stamp    `json:"committed_date"`
	} `json:"Commits"`
}

// gitlabReads are the keys that a merge request's verdict rests on.
var gitlabReads = [...]string{"Approvals", "Commits", "Notes", "Project", "author", "labels", "merged_at", "sha",
	"target_branch"}

// Change reads a merge request. GitLab's own notes tell who approved when, and when commits were pushed: an approval saw the
// head unless a push was noted between it and the merge, and the target unless another was chosen. Commits carry names and no accounts: a name is that of an account
// that has to do with the merge request when it is written alike, and who pushed is taken for an author.
func (gitlab) Change(s evidence.Subject) (Change, error) {
	var d gitlabDoc
	if err := decode(s, &d, "merged_at", "sha", "Notes", "Commits"); err != nil {
		return Change{}, err
	}
	address, _, _ := strings.Cut(d.WebURL, "/-/")
	c := Change{Type: s.Type, ID: s.ID, Repository: RepositoryKey(address), Number: d.IID.String(), Target: d.TargetBranch,
		Default: d.Project.DefaultBranch, Author: d.Author.actor(), Merger: d.MergeUser.actor(), CreatedAt: d.CreatedAt.Time,
		MergedAt: d.MergedAt.Time, Head: d.SHA, Merge: d.MergeCommit, Squash: d.SquashCommit, Labels: d.Labels,
		Unseen: unseen(s, map[Part][]string{PartReviews: {"Notes"}, PartDismissals: {"Approvals"}, PartCommits: {"Commits"},
			PartAuthor: {"author"}, PartMerge: {"merged_at"}, PartHeads: {"sha"}, PartLabels: {"labels"}})}
	if c.Merge == "" {
		if c.Merge = c.Squash; c.Merge == "" {
			c.Merge = c.Head
		}
	}
	named := d.named()
	for _, k := range slices.Backward(d.Commits) {
		commit := Commit{ID: k.ID, Parents: k.ParentIDs, At: k.CommittedDate.Time}
		commit.Authors, commit.Nameless = authorsBy(named, k.AuthorName, k.CommitterName)
		c.Commits = append(c.Commits, commit)
	}
	_, unread := s.Missing["Approvals"]
	c.Reviews = d.reviews(c.Head, c.MergedAt, unread)
	for _, n := range d.Notes {
		if strings.HasPrefix(n.Body, gitlabPushed) && !n.CreatedAt.After(c.MergedAt) {
			c.Pushers = append(c.Pushers, n.Author.actor())
		}
		if strings.HasPrefix(n.Body, gitlabRetargeted) && n.CreatedAt.After(c.Retargeted) && !n.CreatedAt.After(c.MergedAt) {
			c.Retargeted = n.CreatedAt.Time
		}
	}
	return c, nil
}

// named are the accounts that have to do with a merge request, by their names.
func (d gitlabDoc) named() map[string]Actor {
	people := append([]*gitlabUser{d.Author, d.MergeUser}, d.Reviewers...)
	for _, n := range d.Notes {
		people = append(people, n.Author)
	}
	if d.Approvals != nil {
		for _, a := range d.Approvals.ApprovedBy {
			people = append(people, a.User)
		}
	}
	var list []nameOf
	for _, p := range people {
		if p != nil {
			list = append(list, nameOf{p.Name, p.actor()})
		}
	}
	return byName(list)
}

// reviews reads the approvals from the notes, in their order. Where GitLab was asked which approvals stand, one that does
// not was taken back at a time that nothing tells, and one that no note tells of has the time that GitLab gives. Where it
// was to be asked and did not answer, an approval may have been taken back. Of a deleted account's approval the list of those
// that stand tells nothing.
func (d gitlabDoc) reviews(head string, merged time.Time, unread bool) []Review {
	var out []Review
	for i, n := range d.Notes {
		by := n.Author.actor()
		switch {
		case strings.HasPrefix(n.Body, gitlabApproved):
			r := Review{By: by, State: Approved, At: n.CreatedAt.Time, Commit: head}
			if d.pushedAfter(i, merged) {
				r.Commit = earlier
			}
			out = append(out, r)
		case strings.HasPrefix(n.Body, gitlabUnapproved):
			withdraw(out, n.CreatedAt.Time, by.Is)
		case strings.HasPrefix(n.Body, gitlabReset):
			withdraw(out, n.CreatedAt.Time, func(Actor) bool { return true })
		}
	}
	if unread || d.Approvals != nil {
		stands := func(a Actor) bool { return !unread && d.stands(a) }
		for i := range out {
			if out[i].Until.IsZero() && out[i].By.known() && !stands(out[i].By) {
				out[i].State = Withdrawn
			}
		}
	}
	if d.Approvals == nil {
		return out
	}
	for _, a := range d.Approvals.ApprovedBy {
		by := a.User.actor()
		told := func(r Review) bool { return r.By.Is(by) && r.Until.IsZero() }
		if !slices.ContainsFunc(out, told) {
			out = append(out, Review{By: by, State: Approved, At: a.ApprovedAt.Time})
		}
	}
	return out
}

// earlier stands for a head of which nothing tells more than that commits were pushed after it.
const earlier = "an earlier head"

// pushedAfter reports whether commits were pushed after a note, before the merge.
func (d gitlabDoc) pushedAfter(note int, merged time.Time) bool {
	return slices.ContainsFunc(d.Notes[note+1:], func(n gitlabNote) bool {
		return strings.HasPrefix(n.Body, gitlabPushed) && !n.CreatedAt.After(merged)
	})
}

// withdraw ends the approvals of some people that stand.
func withdraw(list []Review, at time.Time, whose func(Actor) bool) {
	for i := range list {
		if list[i].Until.IsZero() && whose(list[i].By) {
			list[i].Until = at
		}
	}
}

// stands reports whether GitLab says that somebody's approval stands.
func (d gitlabDoc) stands(a Actor) bool {
	for _, by := range d.Approvals.ApprovedBy {
		if a.Is(by.User.actor()) {
			return true
		}
	}
	return false
}
