package change

import (
	"regexp"
	"slices"
	"time"
)

// Deployment is one attempt to bring a commit to an environment.
type Deployment struct {
	Type, ID string
	// Repository is the RepositoryKey of the code, empty when not known; Commit what was deployed.
	Repository, Commit string
	// Name and Release are what calls and releases call it and what it deploys, where those tell more of it; Alias is what
	// those call it that do not know the release.
	Name, Alias, Release string
	Environment          string
	// Tier is the provider's own word for what the environment is for; empty when it has none.
	Tier string
	// Sources are all repositories that it is made of, with the commit of each, where there may be several.
	Sources []Source
	// CreatedAt is when it was asked for; StartedAt when it began, zero when it did not; EndedAt when it succeeded or failed.
	CreatedAt, StartedAt, EndedAt time.Time
	Outcome                       Outcome
	// StartedBy are all accounts that had a hand in starting it. One that is Unclear may be anybody's.
	StartedBy []Actor
	Approvals []Approval
	// ByChanges says that the provider asks nobody: whether it was approved is told by the changes that its commits came by.
	ByChanges bool
	// Gated says that the provider itself lets it start only once it is approved, so that an approval without a time was
	// given before.
	Gated bool
	// Elsewhere says why the provider tells nothing of approvals, where it has none; empty where it has.
	Elsewhere string
	// Made are the ids of the deployments that it made in another system, whose approval is its own.
	Made []string
	// Back says that the provider itself brought back what was there before.
	Back   bool
	Unseen map[Part]Unseen
}

// Source is a commit of a repository, by its RepositoryKey.
type Source struct {
	Repository string `json:"repository"`
	Commit     string `json:"commit"`
}

// Outcome is how a deployment ended.
type Outcome string

const (
	Succeeded Outcome = "succeeded"
	Failed    Outcome = "failed"
	Running   Outcome = "running" // waiting, queued or at work
	OtherEnd  Outcome = "other"   // stopped, or in a state that says nothing
)

// Approval is one person's word on a deployment.
type Approval struct {
	By    Actor
	State State
	At    time.Time // zero when the provider does not tell
}

// What is said of a deployment besides IsApproved, SelfApproved, ByRobot and Unknown.
const (
	// AfterStart: it was approved, too late.
	AfterStart Verdict = "approved-after-start"
	// Rejected: it was refused, and nobody approved it.
	Rejected Verdict = "refused"
	// Unapproved: nobody approved it.
	Unapproved Verdict = "unapproved"
)

// begins and within find the names that are taken for production; unlike those that say that they are not.
var (
	begins = regexp.MustCompile(`(?i)^(prod|production|live|prd)\d*([-_ /.]|$)`)
	within = regexp.MustCompile(`(?i)[-_ /.](prod|production|live|prd)\d*([-_ /.]|$)`)
	unlike = regexp.MustCompile(`(?i)(^|[-_ /.])(non|not|no|pre|test)[-_ /.]?(prod|production|live|prd)\d*([-_ /.]|$)`)
)

// Production reports whether the environment is one by its tier, and where there is none by its name: prod, prd, production or
// live, alone, with a number, or with something before or after it, but for names such as pre-prod.
func (d Deployment) Production() bool {
	if d.Tier != "" {
		return d.Tier == "production"
	}
	return Production(d.Environment)
}

// Production reports whether a name is that of a production environment.
func Production(name string) bool {
	return begins.MatchString(name) || within.MatchString(name) && !unlike.MatchString(name)
}

// Judge says whether another person approved the deployment before it started.
func (d Deployment) Judge() Judgement {
	if u, unseen := d.Unseen[PartApprovals]; unseen {
		return Judgement{Verdict: Unknown, Why: "its approvals could not be collected", Needs: []Unseen{u}}
	}
	if d.Elsewhere != "" {
		return Judgement{Verdict: Unknown, Why: d.Elsewhere}
	}
	if d.ByChanges {
		return Judgement{Verdict: Unknown, Why: "nobody is asked there: the changes that its commit came by tell"}
	}
	out := Judgement{Verdict: Unapproved, Why: "nobody approved it"}
	stands := map[Verdict]standing{}
	for _, a := range d.Approvals {
		if a.State != Approved {
			if _, have := stands[Rejected]; a.State == Refused && !have {
				stands[Rejected] = standing{verdict: Rejected, why: "refused by " + a.By.Login}
			}
			continue
		}
		s := d.weigh(a)
		if s.verdict == IsApproved {
			out.Approvers = append(out.Approvers, a.By)
			if out.At.IsZero() || a.At.Before(out.At) {
				out.At = a.At
			}
		}
		if _, have := stands[s.verdict]; !have {
			stands[s.verdict] = s
		}
	}
	for _, v := range []Verdict{IsApproved, Unknown, AfterStart, SelfApproved, ByRobot, Rejected} {
		s, ok := stands[v]
		if !ok {
			continue
		}
		out.Verdict, out.Why = v, s.why
		for _, p := range s.needs {
			out.Needs = append(out.Needs, d.Unseen[p])
		}
		break
	}
	return out
}

// weigh says how an approval stands.
func (d Deployment) weigh(a Approval) standing {
	by := "approved by " + a.By.Login
	_, unseen := d.Unseen[PartStart]
	switch {
	case a.By.Kind == Robot:
		return standing{verdict: ByRobot, why: by + ", which is no person"}
	case a.By.known() && a.By.among(d.StartedBy):
		return standing{verdict: SelfApproved, why: by + ", who started it"}
	case !a.At.IsZero() && !d.StartedAt.IsZero() && a.At.After(d.StartedAt) && !d.Gated:
		return standing{verdict: AfterStart, why: by + " after it had started"}
	case unseen:
		return standing{verdict: Unknown, why: by + ", and who started it could not be collected", needs: []Part{PartStart}}
	case !a.By.known():
		return standing{verdict: Unknown, why: "approved by an account that was deleted: nobody can tell whose it was"}
	case a.By.Kind == Unclear:
		return standing{verdict: Unknown, why: by + ", and nothing tells whether that is a person"}
	case !d.Gated && (a.At.IsZero() || d.StartedAt.IsZero()):
		return standing{verdict: Unknown, why: by + ", and nothing tells whether before it started"}
	case slices.ContainsFunc(d.StartedBy, func(s Actor) bool { return s.Kind == Unclear }):
		return standing{verdict: Unknown, why: by + ", and nothing tells who started it"}
	}
	return standing{verdict: IsApproved, why: by}
}

// startedBy adds actors that are known, each once.
func startedBy(list ...Actor) []Actor {
	var out []Actor
	for _, a := range list {
		if a.known() && !slices.ContainsFunc(out, a.Is) {
			out = append(out, a)
		}
	}
	return out
}
