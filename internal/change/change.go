package change

import (
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// Part is a part of a change or deployment that may not have been collected.
type Part string

const (
	PartAuthor     Part = "author" // who opened a change
	PartMerge      Part = "merge"  // whether a change was merged, and when
	PartReviews    Part = "reviews"
	PartCommits    Part = "commits"
	PartDismissals Part = "dismissals" // when reviews were taken back
	PartHeads      Part = "heads"      // which commit was the head when
	PartTarget     Part = "target"     // when it was given another target
	PartLabels     Part = "labels"
	PartApprovals  Part = "approvals"
	PartStart      Part = "start"   // who started a deployment
	PartOutcome    Part = "outcome" // when a deployment began, and how it ended
)

// Unseen says why a part could not be collected, and the key of the document that it stands under.
type Unseen struct {
	Key     string
	Missing evidence.Missing
}

// Change is commits that somebody asked to have merged into a branch, and what became of it.
type Change struct {
	Type, ID string // of the subject
	// Repository is its RepositoryKey.
	Repository string
	Number     string
	// Target is the branch that it was merged into; Default the repository's default branch, empty when not known.
	Target, Default string
	// Author opened it; Merger merged it.
	Author, Merger Actor
	// CreatedAt, MergedAt: MergedAt is zero while it is not merged.
	CreatedAt, MergedAt time.Time
	// Head is the commit that was merged; Merge the commit by which it reached the branch, empty when not known.
	Head, Merge string
	// Squash is the commit that the change was made into before it was merged, empty when there is none.
	Squash string
	// Pushers pushed to the change, where the provider tells that and no accounts of commits.
	Pushers []Actor
	// Commits are what it brings, in order.
	Commits []Commit
	// Reviews are in order of time where the provider tells it.
	Reviews []Review
	Labels  []string
	// Retargeted is when somebody last chose another target before the merge, which makes other commits a part of it.
	Retargeted time.Time
	// Queued says that a merge queue merged it.
	Queued bool
	// Bypass says how rules were gone around, empty when nothing tells of it.
	Bypass string
	// Unseen are the parts that could not be collected.
	Unseen map[Part]Unseen
}

// Commit is one commit of a change, or on a branch.
type Commit struct {
	ID      string
	Parents []string
	// Authors wrote it: its author, committer and co-authors, as far as they have an account.
	Authors []Actor
	// Nameless counts the authors that have no account at the provider.
	Nameless int
	// ByProvider says that the provider made it and signed it, as for the button that brings a branch up to date.
	ByProvider bool
	At         time.Time
}

// State is what a review says.
type State string

const (
	Approved  State = "approved"
	Refused   State = "refused"
	Commented State = "commented"
	// Withdrawn is a review that was taken back, without telling what it was or since when.
	Withdrawn State = "withdrawn"
)

// Review is one person's word on a change.
type Review struct {
	By    Actor
	State State
	// At is zero when the provider does not tell.
	At time.Time
	// Commit was the head then; empty when the provider does not tell. Gone stands for one that is no part of the change.
	Commit string
	// Until is when it was taken back, zero when it was not.
	Until time.Time
}

// Gone stands for a commit that the repository no longer has.
const Gone = "a commit that is gone"

// emergencyLabels are the labels of changes that may be reviewed after their merge.
var emergencyLabels = [...]string{"emergency", "emergency-change", "break-glass", "breakglass"}

// Emergency reports whether the change is labelled as one.
func (c Change) Emergency() bool {
	return slices.ContainsFunc(c.Labels, func(l string) bool {
		return slices.Contains(emergencyLabels[:], strings.ToLower(strings.ReplaceAll(l, " ", "-")))
	})
}

// OnDefault reports whether it was merged into the default branch; known is false when that cannot be told.
func (c Change) OnDefault() (is, known bool) {
	return c.Target == c.Default, c.Target != "" && c.Default != ""
}

// Strategy says how the change reached its branch.
type Strategy string

const (
	FastForward Strategy = "fast-forward" // its own commits stand on the branch
	MergeQueue  Strategy = "merge queue"
	// MadeAnew is a squash, a rebase or a merge commit: the commit on the branch is none of the change's own. Which of them
	// it was is told by the commit, not by the change.
	MadeAnew Strategy = "merge commit, squash or rebase"
	NotTold  Strategy = "unknown"
)

// Strategy returns how it reached its branch.
func (c Change) Strategy() Strategy {
	switch {
	case c.Merge == "":
		return NotTold
	case c.Queued:
		return MergeQueue
	case c.Merge == c.Head, slices.ContainsFunc(c.Commits, func(k Commit) bool { return k.ID == c.Merge }):
		return FastForward
	}
	return MadeAnew
}

// Explains returns the commits that the change accounts for, each once: the one that merged it, its head, and its own. A
// rebase makes others than its own: those are told by the commits, whose provider names the change that each came by.
func (c Change) Explains() []string {
	var out []string
	add := func(id string) {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	add(c.Merge)
	add(c.Squash)
	add(c.Head)
	for _, k := range c.Commits {
		add(k.ID)
	}
	return out
}

// authors are all who wrote anything in it. A merge that the provider made brings nothing of the one who asked for it.
func (c Change) authors() []Actor {
	out := append([]Actor{c.Author}, c.Pushers...)
	for _, k := range c.Commits {
		if len(k.Parents) > 1 && k.ByProvider {
			continue
		}
		out = append(out, k.Authors...)
	}
	return out
}

// onlyMerged reports whether nothing but merges that the provider made came after a commit, up to the head.
func (c Change) onlyMerged(from string) bool {
	at := c.Head
	for range c.Commits {
		if at == from {
			return true
		}
		i := slices.IndexFunc(c.Commits, func(k Commit) bool { return k.ID == at })
		if i < 0 {
			return false
		}
		k := c.Commits[i]
		if !k.ByProvider || len(k.Parents) != 2 || c.has(k.Parents[1]) {
			return false
		}
		at = k.Parents[0]
	}
	return at == from
}

func (c Change) has(commit string) bool {
	return slices.ContainsFunc(c.Commits, func(k Commit) bool { return k.ID == commit })
}
