package change

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// github reads the documents of GitHub's collectors: pull requests and commits in the shape of its GraphQL interface,
// deployments in that of its REST interface.
type github struct{}

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
		Unseen: unseen(s, map[Part][]string{PartReviews: {"reviews"}, PartCommits: {"commits"},
			PartAuthor: {"author"}, PartMerge: {"mergedAt"}, PartHeads: {"headRefOid"}, PartDismissals: {"timelineItems"},
			PartTarget: {"timelineItems"}, PartLabels: {"labels"}})}
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
			Repository  struct {
				NameWithOwner string `json:"nameWithOwner"`
			} `json:"repository"`
		} `json:"associatedPullRequests"`
	}
	if err := decode(s, &d, "oid", "parents", "associatedPullRequests"); err != nil {
		return Landed{}, err
	}
	l := Landed{Type: s.Type, ID: s.ID, Repository: d.Repository.key(d.URL), Commit: d.commit(),
		LandedAt: d.PushedDate.Time, Branch: d.Repository.defaultBranch(),
		Unseen: unseen(s, map[Part][]string{PartOrigin: {"associatedPullRequests"}, PartCommits: {"parents"}})}
	if l.LandedAt.IsZero() {
		l.LandedAt = l.Commit.At
	}
	for _, a := range d.Associated {
		if of := a.Repository.NameWithOwner; of != "" && !strings.EqualFold(of, d.Repository.NameWithOwner) {
			continue // a fork's own pull request says nothing of this repository
		}
		l.By = append(l.By, Origin{Number: a.Number.String(), Target: a.BaseRefName, MergedAt: a.MergedAt.Time})
	}
	return l, nil
}
