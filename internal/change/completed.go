package change

import (
	"cmp"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// Release is what deployments bring to their environments, with the commits that it says it was made of.
type Release struct {
	Name    string
	Sources []Source
}

// Did is what a call did.
type Did string

const (
	Made     Did = "made" // a release or a deployment
	Accepted Did = "approved"
	Declined Did = "refused"
	Decided  Did = "decided" // on an approval, without telling how
)

// Call is one call of a log: who did what, and when. One that failed, or that does nothing of this, is about nothing.
type Call struct {
	About string // the Name of a release, or the Name or Alias of a deployment; "" for none
	Did   Did
	// By are who called, and on whose behalf they did.
	By []Actor
	At time.Time
}

type released struct {
	Release
	digest evidence.Digest
	set    int
}

type loggedCall struct {
	Call
	digest evidence.Digest
	set    int
}

// Complete adds to a deployment what its release and the calls of a log tell, of sets for which use holds: its commit, who
// made it and its release, and whose the approval is that it tells of itself. Where no call tells who made one of them, it
// was made by somebody unnamed. read is what was looked at.
func (x *Index) Complete(d Deployment, use func(set int) bool) (out Deployment, read []evidence.Digest) {
	out = d
	for _, r := range x.releases[d.Release] {
		if !use(r.set) {
			continue
		}
		read = append(read, r.digest)
		out.Sources = r.Sources
		if len(r.Sources) > 0 {
			out.Repository, out.Commit = r.Sources[0].Repository, r.Sources[0].Commit
		}
	}
	var by []Actor
	for _, names := range [][]string{{d.Release}, {d.Name, d.Alias}} {
		made := false
		for _, name := range names {
			for _, c := range x.calls[name] {
				if use(c.set) && c.Did == Made {
					read, by, made = append(read, c.digest), append(by, c.By...), true
				}
			}
		}
		if !made {
			by = append(by, unnamed())
		}
	}
	out.StartedBy = startedBy(append(slices.Clone(d.StartedBy), by...)...)
	out.Approvals = nil
	for _, a := range d.Approvals {
		for _, c := range x.calls[d.Name] {
			if use(c.set) && (c.Did == Decided || c.Did == Accepted && a.State == Approved || c.Did == Declined && a.State == Refused) {
				read = append(read, c.digest)
				out.Approvals = append(out.Approvals, approvalsBy(a, c.Call)...)
			}
		}
		if len(out.Approvals) == 0 {
			out.Approvals = []Approval{a}
		}
	}
	sortActors(out.StartedBy)
	slices.SortStableFunc(out.Approvals, func(a, b Approval) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.By.ID, b.By.ID), cmp.Compare(a.By.Login, b.By.Login))
	})
	slices.SortFunc(read, func(a, b evidence.Digest) int { return cmp.Compare(a.String(), b.String()) })
	return out, slices.Compact(read)
}

// approvalsBy gives an approval to the account that called: where a person used the account of a machine, it is the machine's.
func approvalsBy(a Approval, c Call) []Approval {
	if len(c.By) == 0 {
		return nil
	}
	a.By = c.By[0]
	if a.At.IsZero() {
		a.At = c.At
	}
	return []Approval{a}
}

func sortActors(list []Actor) {
	slices.SortStableFunc(list, func(a, b Actor) int {
		return cmp.Or(cmp.Compare(a.Login, b.Login), cmp.Compare(a.ID, b.ID))
	})
}
