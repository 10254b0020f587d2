package change

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// github reads the documents of GitHub's collectors: pull requests and commits in the shape of its GraphQL interface,
// deployments in that of its REST interface.
type github struct{}

// githubActor is an account in either shape. A deleted one is null.
type githubActor struct {
	Typename   string       `json:"__typename"`
	Type       string       `json:"type"` // REST's own name for it
	Login      string       `json:"login"`
	DatabaseID int64        `json:"databaseId"`
	ID         json.Number  `json:"id"` // REST's; GraphQL's is text and not used
	User       *githubActor `json:"user"`
}

// UnmarshalJSON reads an account and leaves a text that stands for its id alone.
func (a *githubActor) UnmarshalJSON(raw []byte) error {
	var in struct {
		Typename   string          `json:"__typename"`
		Type       string          `json:"type"`
		Login      string          `json:"login"`
		DatabaseID int64           `json:"databaseId"`
		ID         json.RawMessage `json:"id"`
		User       *githubActor    `json:"user"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	*a = githubActor{Typename: in.Typename, Type: in.Type, Login: in.Login, DatabaseID: in.DatabaseID, User: in.User}
	if !bytes.HasPrefix(in.ID, []byte(`"`)) {
		a.ID = json.Number(in.ID)
	}
	return nil
}

// webFlow is the account in whose name GitHub commits what is done in its pages.
const webFlow = "web-flow"

func (a *githubActor) actor() Actor {
	if a == nil || a.Login == "" && a.User == nil {
		return nobody()
	}
	if a.Login == "" {
		return a.User.actor()
	}
	out := Actor{Login: a.Login, Kind: Unclear}
	switch id, err := a.ID.Int64(); {
	case a.DatabaseID != 0:
		out.ID = strconv.FormatInt(a.DatabaseID, 10)
	case err == nil && id != 0:
		out.ID = strconv.FormatInt(id, 10)
	}
	kind := a.Typename
	if kind == "" {
		kind = a.Type
	}
	switch {
	case kind == "Bot", strings.HasSuffix(a.Login, "[bot]"), a.Login == webFlow:
		out.Kind = Robot
	case kind == "User", kind == "Mannequin", kind == "EnterpriseUserAccount", kind == "":
		out.Kind = Person // what an older answer leaves out is a user: apps are always named as such
	}
	return out
}

// githubRepository is what both shapes tell of a repository.
type githubRepository struct {
	NameWithOwner    string `json:"nameWithOwner"`
	FullName         string `json:"full_name"`
	URL              string `json:"url"`
	DefaultBranchRef *struct {
		Name string `json:"name"`
	} `json:"defaultBranchRef"`
	DefaultBranch string `json:"default_branch"`
}

func (r githubRepository) defaultBranch() string {
	if r.DefaultBranchRef != nil {
		return r.DefaultBranchRef.Name
	}
	return r.DefaultBranch
}

// key names the repository by an address of something in it, which tells the host, and its own name.
func (r githubRepository) key(address string) string {
	name := r.NameWithOwner
	if name == "" {
		name = r.FullName
	}
	host := "github.com"
	for _, text := range []string{address, r.URL} {
		if u, err := url.Parse(text); err == nil && u.Hostname() != "" {
			host = u.Hostname()
			break
		}
	}
	if name == "" {
		return ""
	}
	return RepositoryKey(strings.TrimPrefix(host, "api.") + "/" + name)
}

// githubOid is a commit as its id alone, or as an object that holds it.
type githubOid string

// UnmarshalJSON takes either, and null for none.
func (o *githubOid) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*o = githubOid(text)
		return nil
	}
	var object struct {
		Oid string `json:"oid"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	*o = githubOid(object.Oid)
	return nil
}

// githubCommit is a commit of a pull request or on a branch.
type githubCommit struct {
	Oid             string         `json:"oid"`
	CommittedDate   stamp          `json:"committedDate"`
	CommittedViaWeb bool           `json:"committedViaWeb"`
	Author          *githubActor   `json:"author"`
	Authors         []*githubActor `json:"authors"`
	Committer       *githubActor   `json:"committer"`
	Signature       *struct {
		IsValid           bool   `json:"isValid"`
		State             string `json:"state"`
		WasSignedByGitHub bool   `json:"wasSignedByGitHub"`
	} `json:"signature"`
	Parents []githubOid `json:"parents"`
}

func (c githubCommit) commit() Commit {
	out := Commit{ID: c.Oid, At: c.CommittedDate.Time}
	for _, p := range c.Parents {
		if p != "" {
			out.Parents = append(out.Parents, string(p))
		}
	}
	people := append(slices.Clone(c.Authors), c.Committer)
	if len(c.Authors) == 0 {
		people = append(people, c.Author)
	}
	for _, p := range people {
		switch a := p.actor(); {
		case !a.known():
			out.Nameless++
		case a.Login == webFlow || slices.ContainsFunc(out.Authors, a.Is):
		default:
			out.Authors = append(out.Authors, a)
		}
	}
	web := c.CommittedViaWeb || c.Committer.actor().Login == webFlow
	out.ByProvider = c.Signature != nil && c.Signature.IsValid && (c.Signature.WasSignedByGitHub || web)
	return out
}

// githubChangeReads are the keys that a pull request's verdict rests on.
var githubChangeReads = [...]string{"author", "baseRefName", "commits", "headRefOid", "labels", "mergeCommit", "mergedAt",
	"mergedBy", "reviews", "timelineItems"}

// Change reads a pull request.
func (github) Change(s evidence.Subject) (Change, error) {
	var d struct {
		Number      json.Number      `json:"number"`
		URL         string           `json:"url"`
		CreatedAt   stamp            `json:"createdAt"`
		MergedAt    stamp            `json:"mergedAt"`
		BaseRefName string           `json:"baseRefName"`
		HeadRefOid  string           `json:"headRefOid"`
		MergeCommit githubOid        `json:"mergeCommit"`
		Author      *githubActor     `json:"author"`
		MergedBy    *githubActor     `json:"mergedBy"`
		Labels      []githubLabel    `json:"labels"`
		Repository  githubRepository `json:"Repository"`
		Reviews     []githubReview   `json:"reviews"`
		Commits     []githubCommit   `json:"commits"`
		Timeline    []githubEvent    `json:"timelineItems"`
	}
	if err := decode(s, &d, "mergedAt", "headRefOid", "reviews", "commits"); err != nil {
		return Change{}, err
	}
	c := Change{Type: s.Type, ID: s.ID, Repository: d.Repository.key(d.URL), Number: d.Number.String(), Target: d.BaseRefName,
		Default: d.Repository.defaultBranch(), Author: d.Author.actor(), Merger: d.MergedBy.actor(),
		CreatedAt: d.CreatedAt.Time, MergedAt: d.MergedAt.Time, Head: d.HeadRefOid, Merge: string(d.MergeCommit),
		AuthorRefused: true,
		Unseen: unseen(s, map[Part][]string{PartReviews: {"reviews"}, PartCommits: {"commits"},
			PartDismissals: {"timelineItems"}, PartLabels: {"labels"}})}
	for _, l := range d.Labels {
		if !labelledLater(string(l), d.Timeline, c.MergedAt) {
			c.Labels = append(c.Labels, string(l))
		}
	}
	for _, k := range d.Commits {
		c.Commits = append(c.Commits, k.commit())
	}
	for _, r := range d.Reviews {
		c.Reviews = append(c.Reviews, r.review(d.Timeline))
	}
	if m, missing := s.Missing["timelineItems"]; missing && c.Emergency() {
		c.Unseen[PartLabels] = Unseen{"timelineItems", m} // which tells when it was labelled
	}
	for _, e := range d.Timeline {
		switch e.Typename {
		case "AddedToMergeQueueEvent":
			c.Queued = true
		case "BaseRefChangedEvent":
			if e.CreatedAt.After(c.Retargeted) && !e.CreatedAt.After(c.MergedAt) {
				c.Retargeted = e.CreatedAt.Time
			}
		}
	}
	return c, nil
}

// labelledLater reports whether a label was put on for the first time after the merge, which tells nothing of the change.
func labelledLater(label string, timeline []githubEvent, merged time.Time) bool {
	found := false
	for _, e := range timeline {
		if e.Typename == "LabeledEvent" && e.Label.Name == label {
			if found = true; !e.CreatedAt.After(merged) {
				return false
			}
		}
	}
	return found
}

// githubLabel is a label by its name, or as an object that holds it.
type githubLabel string

// UnmarshalJSON takes either.
func (l *githubLabel) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*l = githubLabel(text)
		return nil
	}
	var object struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	*l = githubLabel(object.Name)
	return nil
}

// githubID is a number that is written as one or as text.
type githubID string

// UnmarshalJSON takes either.
func (i *githubID) UnmarshalJSON(raw []byte) error {
	*i = githubID(bytes.Trim(raw, `"`))
	return nil
}

// githubReview is a review as it stands now: when it was dismissed it no longer says what it was.
type githubReview struct {
	DatabaseID  githubID     `json:"databaseId"`
	Author      *githubActor `json:"author"`
	State       string       `json:"state"`
	SubmittedAt stamp        `json:"submittedAt"`
	Commit      githubOid    `json:"commit"`
}

// githubEvent is an event in a pull request's timeline.
type githubEvent struct {
	Typename            string `json:"__typename"`
	CreatedAt           stamp  `json:"createdAt"`
	PreviousReviewState string `json:"previousReviewState"`
	Review              *struct {
		DatabaseID githubID `json:"databaseId"`
	} `json:"review"`
	Label struct {
		Name string `json:"name"`
	} `json:"label"`
}

func (r githubReview) review(timeline []githubEvent) Review {
	out := Review{By: r.Author.actor(), At: r.SubmittedAt.Time, Commit: string(r.Commit), State: githubState(r.State)}
	if out.Commit == "" {
		out.Commit = Gone // the head that was merged is never gone
	}
	if out.State != Withdrawn {
		return out
	}
	for _, e := range timeline {
		if e.Typename == "ReviewDismissedEvent" && e.Review != nil && e.Review.DatabaseID == r.DatabaseID {
			out.State, out.Until = githubState(e.PreviousReviewState), e.CreatedAt.Time
			if out.State == Commented || out.Until.IsZero() {
				out.State = Withdrawn // the event tells no more than the review
			}
		}
	}
	return out
}

func githubState(s string) State {
	switch s {
	case "APPROVED":
		return Approved
	case "CHANGES_REQUESTED":
		return Refused
	case "DISMISSED":
		return Withdrawn
	}
	return Commented
}

// githubCommitReads are the keys that a commit's verdict rests on.
var githubCommitReads = [...]string{"Repository", "associatedPullRequests", "oid", "parents"}

// Commit reads a commit on the default branch.
func (github) Commit(s evidence.Subject) (Landed, error) {
	var d struct {
		githubCommit
		URL        string           `json:"url"`
		PushedDate stamp            `json:"pushedDate"`
		Repository githubRepository `json:"Repository"`
		Associated []struct {
			Number      json.Number `json:"number"`
			MergedAt    stamp       `json:"mergedAt"`
			BaseRefName string      `json:"baseRefName"`
			MergeCommit githubOid   `json:"mergeCommit"`
			Repository  struct {
				NameWithOwner string `json:"nameWithOwner"`
			} `json:"repository"`
		} `json:"associatedPullRequests"`
	}
	if err := decode(s, &d, "oid", "parents", "associatedPullRequests"); err != nil {
		return Landed{}, err
	}
	l := Landed{Type: s.Type, ID: s.ID, Repository: d.Repository.key(d.URL), Commit: d.commit(), Pusher: nobody(),
		LandedAt: d.PushedDate.Time, Branch: d.Repository.defaultBranch(),
		Unseen: unseen(s, map[Part][]string{PartOrigin: {"associatedPullRequests"}, PartCommits: {"parents"}})}
	if l.LandedAt.IsZero() {
		l.LandedAt = l.Commit.At
	}
	for _, a := range d.Associated {
		if of := a.Repository.NameWithOwner; of != "" && !strings.EqualFold(of, d.Repository.NameWithOwner) {
			continue // a fork's own pull request says nothing of this repository
		}
		l.By = append(l.By, Origin{Number: a.Number.String(), Target: a.BaseRefName, MergedAt: a.MergedAt.Time,
			Merge: string(a.MergeCommit)})
	}
	return l, nil
}
