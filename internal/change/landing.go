package change

import (
	"slices"
	"time"
)

// Landed is a commit that stands on a repository's default branch.
type Landed struct {
	Type, ID   string // of the subject
	Repository string
	Commit     Commit
	// LandedAt is when it came to the branch, or when it was made where the provider tells no more.
	LandedAt time.Time
	// Branch is the branch it stands on, empty when not known.
	Branch string
	// By are the changes that the provider says it came by.
	By []Origin
	// Silent says that the provider tells nothing of that: only the changes tell which commits they account for.
	Silent bool
	Unseen map[Part]Unseen
}

// Origin is a change that a provider names as the one that a commit came by.
type Origin struct {
	Number   string
	Target   string
	MergedAt time.Time
}

// PartOrigin is what the provider says of the changes that a commit came by.
const PartOrigin Part = "origin"

// What is said of a commit besides Unknown.
const (
	// ByChange: it came by a change that was merged into this branch.
	ByChange Verdict = "by-change"
	// FirstCommit: it has no parent, so that no change could have brought it.
	FirstCommit Verdict = "first-commit"
	// DirectPush: no change accounts for it.
	DirectPush Verdict = "direct-push"
)

// Judge says how the commit came to its branch: by a change, or past all of them. A change into another branch does not
// account for it, however it was approved there.
func (l Landed) Judge() (v Verdict, why string, number string) {
	if u, unseen := l.Unseen[PartOrigin]; unseen {
		return Unknown, "the changes that it came by could not be collected: " + string(u.Missing.Outcome), ""
	}
	if i := slices.IndexFunc(l.By, l.explains); i >= 0 {
		return ByChange, "it came by change " + l.By[i].Number, l.By[i].Number
	}
	_, unread := l.Unseen[PartCommits]
	switch {
	case unread:
		return Unknown, "its parents could not be collected", ""
	case len(l.Commit.Parents) == 0:
		return FirstCommit, "it is the first commit", ""
	case l.Silent:
		return Unknown, "nothing told by which change it came", ""
	case l.Branch == "" && len(l.By) > 0:
		return Unknown, "nothing tells which branch it stands on", ""
	case len(l.By) > 0:
		return DirectPush, "the only changes that hold it were not merged into this branch", ""
	}
	return DirectPush, "no change holds it", ""
}

func (l Landed) explains(o Origin) bool {
	return !o.MergedAt.IsZero() && o.Target != "" && o.Target == l.Branch
}
