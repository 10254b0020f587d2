package change

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is what is said of a change.
type Verdict string

const (
	// IsApproved: another person approved the very state that was merged, before it was merged.
	IsApproved Verdict = "approved"
	// SelfApproved: all who approved wrote a part of it.
	SelfApproved Verdict = "self-approved"
	// ThenChanged: it was approved, and more than merges that the provider made came after.
	ThenChanged Verdict = "approved-then-changed"
	// Dismissed: the approval was taken back before the merge, by the rules or by the one who gave it.
	Dismissed Verdict = "approval-dismissed"
	// AfterMerge: it was approved, too late.
	AfterMerge Verdict = "approved-after-merge"
	// ByRobot: a robot approved it, or a robot made it, and no person approved.
	ByRobot Verdict = "robot"
	// IsEmergency: it is labelled so, and another person, who is known to have no part in it, approved it within
	// EmergencyWithin after the merge.
	IsEmergency Verdict = "emergency"
	// Bypassed: the rules were gone around, and nobody else approved.
	Bypassed Verdict = "bypassed"
	// Unreviewed: nobody approved it.
	Unreviewed Verdict = "unreviewed"
	// NotMerged: it is open, or was closed.
	NotMerged Verdict = "not-merged"
	// Unknown: what was collected does not tell.
	Unknown Verdict = "unknown"
)

// EmergencyWithin is how soon after its merge an emergency must be approved to be called one.
const EmergencyWithin = 24 * time.Hour

// Judgement is a verdict with what decided.
type Judgement struct {
	Verdict Verdict
	// Why is one sentence for people.
	Why string
	// Approvers are those whose approval counts; At is when the first of them gave it, zero when not known.
	Approvers []Actor
	At        time.Time
	// Needs are the parts that could not be collected and would decide; only for an unknown verdict.
	Needs []Unseen
}

// standing is how one approval stands.
type standing struct {
	verdict Verdict // IsApproved when it counts
	why     string
	needs   []Part
}

// failing are the verdicts of approvals that do not count, the one that comes nearest to an approval first.
var failing = [...]Verdict{ThenChanged, Dismissed, AfterMerge, SelfApproved, ByRobot}

// Judge says whether another person approved the change before it was merged. An approval counts when it was given to the
// head, or to a commit after which nothing but merges of the branch came that the provider itself made; before the merge; by
// a person who wrote no part of the change; and was not taken back before the merge.
func (c Change) Judge() Judgement {
	if u, unseen := c.Unseen[PartMerge]; unseen {
		return Judgement{Verdict: Unknown, Why: "whether it was merged could not be collected", Needs: []Unseen{u}}
	}
	if c.MergedAt.IsZero() {
		return Judgement{Verdict: NotMerged, Why: "it is not merged"}
	}
	if u, unseen := c.Unseen[PartReviews]; unseen {
		return Judgement{Verdict: Unknown, Why: "its reviews could not be collected", Needs: []Unseen{u}}
	}
	out := Judgement{Verdict: Unreviewed, Why: "nobody approved it"}
	stands := map[Verdict]standing{}
	for i, r := range c.Reviews {
		if r.State != Approved && r.State != Withdrawn {
			continue
		}
		s := c.weigh(i)
		if s.verdict == IsApproved {
			out.Approvers = append(out.Approvers, r.By)
			if out.At.IsZero() || r.At.Before(out.At) {
				out.At = r.At
			}
		}
		if _, have := stands[s.verdict]; !have {
			stands[s.verdict] = s
		}
	}
	if s, ok := stands[IsApproved]; ok {
		out.Verdict, out.Why = IsApproved, s.why
		return out
	}
	if s, ok := stands[Unknown]; ok {
		out.Verdict, out.Why = Unknown, s.why
		for _, p := range s.needs {
			out.Needs = append(out.Needs, c.Unseen[p])
		}
		return out
	}
	return c.disapproved(out, stands)
}

// disapproved names the way in which a change went without approval.
func (c Change) disapproved(out Judgement, stands map[Verdict]standing) Judgement {
	_, unsure := c.Unseen[PartLabels]
	if by, when, ok := c.reviewedAfter(EmergencyWithin); c.Emergency() && !unsure && ok {
		out.Verdict = IsEmergency
		out.Why = fmt.Sprintf("labelled as an emergency, approved by %s %s after the merge", by.Login, when.Round(time.Minute))
		if u, unseen := c.unseenWriters(); unseen {
			out.Verdict, out.Needs = Unknown, []Unseen{u}
			out.Why += ", and who wrote it could not be collected"
		}
		return out
	}
	if c.Bypass != "" {
		out.Verdict, out.Why = Bypassed, c.Bypass
		return out
	}
	for _, v := range failing {
		if s, ok := stands[v]; ok {
			out.Verdict, out.Why = v, s.why
			return out
		}
	}
	if c.Author.Kind == Robot {
		out.Verdict, out.Why = ByRobot, "made by "+c.Author.Login+", and nobody approved it"
	}
	return out
}

// weigh says how an approval stands: what surely takes it away first, then what could not be told.
func (c Change) weigh(i int) standing {
	r := c.Reviews[i]
	by := "approved by " + r.By.Login
	merges := false
	switch {
	case r.By.Kind == Robot:
		return standing{verdict: ByRobot, why: by + ", which is no person"}
	case r.By.known() && r.By.among(c.authors()):
		return standing{verdict: SelfApproved, why: by + ", who wrote a part of it"}
	case r.At.After(c.MergedAt):
		return standing{verdict: AfterMerge, why: by + " after it was merged"}
	case !r.Until.IsZero() && !r.Until.After(c.MergedAt):
		return standing{verdict: Dismissed, why: by + ", and taken back before the merge"}
	case c.refused(r):
		return standing{verdict: Dismissed, why: by + ", who asked for changes afterwards"}
	}
	if !r.At.IsZero() && r.At.Before(c.Retargeted) {
		return standing{verdict: ThenChanged, why: by + " before it was given another target"}
	}
	if c.Head == "" && r.Commit != "" && r.Commit != Gone && r.Commit != earlier {
		return c.lacks(by+" at "+short(r.Commit)+", and nothing tells which commit was merged", PartHeads)
	}
	if r.Commit != "" && r.Commit != c.Head {
		if _, unseen := c.Unseen[PartCommits]; unseen {
			return c.lacks(by+" at an earlier commit, and its commits could not be collected", PartCommits)
		}
		if !c.onlyMerged(r.Commit) {
			return standing{verdict: ThenChanged, why: by + " at " + short(r.Commit) + ", and " + short(c.Head) + " was merged"}
		}
		merges = true
	}
	switch {
	case r.State == Withdrawn:
		if _, unseen := c.Unseen[PartDismissals]; unseen {
			return c.lacks("a review by "+r.By.Login+" was taken back, and when could not be collected", PartDismissals)
		}
		return standing{verdict: Dismissed, why: "a review by " + r.By.Login + " was taken back"}
	case r.At.IsZero():
		return c.lacks(by+", and nothing tells when", PartApprovals)
	case r.Commit == "":
		return c.lacks(by+", and nothing tells at which commit", PartHeads)
	case !r.By.known():
		return standing{verdict: Unknown, why: "approved by an account that was deleted: nobody can tell whose it was"}
	case r.By.Kind == Unclear:
		return standing{verdict: Unknown, why: by + ", and nothing tells whether that is a person"}
	}
	if _, unseen := c.Unseen[PartAuthor]; unseen {
		return c.lacks(by+", and who opened it could not be collected", PartAuthor)
	}
	if _, unseen := c.Unseen[PartCommits]; unseen {
		return c.lacks(by+", and its commits could not be collected", PartCommits)
	}
	if _, unseen := c.Unseen[PartDismissals]; unseen && c.later(r, Withdrawn) {
		return c.lacks(by+", whose later review was taken back, and what it was could not be collected", PartDismissals)
	}
	if _, unseen := c.Unseen[PartTarget]; unseen {
		return c.lacks(by+", and whether it was given another target afterwards could not be collected", PartTarget)
	}
	if merges {
		by += " before merges of the branch that the provider made"
	}
	return standing{verdict: IsApproved, why: by}
}

// lacks is an approval that cannot be weighed without a part.
func (c Change) lacks(why string, p Part) standing {
	s := standing{verdict: Unknown, why: why}
	if _, unseen := c.Unseen[p]; unseen {
		s.needs = []Part{p}
	}
	return s
}

// refused reports whether the approver asked for changes later on, before the merge. A later approval is weighed on its own.
func (c Change) refused(r Review) bool { return c.later(r, Refused) }

// later reports whether the same person said something else afterwards, before the merge.
func (c Change) later(r Review, s State) bool {
	return !r.At.IsZero() && r.By.known() && slices.ContainsFunc(c.Reviews, func(l Review) bool {
		return l.State == s && l.By.Is(r.By) && l.At.After(r.At) && !l.At.After(c.MergedAt)
	})
}

// ReviewedWithin reports whether another person approved the state that was merged at most so long after the merge, or
// before it. known is false when what was collected does not tell.
func (c Change) ReviewedWithin(d time.Duration) (yes, known bool) {
	switch j := c.Judge(); j.Verdict {
	case IsApproved:
		return true, true
	case Unknown:
		return false, false
	}
	_, _, ok := c.reviewedAfter(d)
	_, unseen := c.unseenWriters()
	return ok, !ok || !unseen
}

// unseenWriters is what would tell who wrote the change and could not be collected.
func (c Change) unseenWriters() (Unseen, bool) {
	for _, p := range [...]Part{PartCommits, PartAuthor} {
		if u, unseen := c.Unseen[p]; unseen {
			return u, true
		}
	}
	return Unseen{}, false
}

// reviewedAfter finds the first approval within d after the merge that would have counted before it.
func (c Change) reviewedAfter(d time.Duration) (by Actor, after time.Duration, ok bool) {
	authors := c.authors()
	for _, r := range c.Reviews {
		late := r.At.Sub(c.MergedAt)
		counts := r.State == Approved && r.Until.IsZero() && r.By.Kind == Person && r.By.known() && !r.By.among(authors) &&
			(r.Commit == c.Head || r.Commit != "" && r.Commit == c.Merge)
		if counts && late > 0 && late <= d && (!ok || late < after) {
			by, after, ok = r.By, late, true
		}
	}
	return by, after, ok
}

// short is a commit's id as people write it.
func short(commit string) string {
	if len(commit) > 12 && !strings.Contains(commit, " ") {
		return commit[:12]
	}
	return commit
}
