package change

import (
	"cmp"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// Population is every change, every commit that no change accounts for and every deployment of a period, as the evidence of
// one view shows them. The same evidence gives the same bytes.
type Population struct {
	AsOf time.Time `json:"as_of"`
	// View is how many ledger entries the view holds.
	View      int64           `json:"view"`
	Evaluator string          `json:"evaluator"`
	Simulated bool            `json:"simulated,omitempty"`
	Period    evidence.Window `json:"period"`
	// Repository is the only one that was looked at, as a RepositoryKey; empty for all.
	Repository string `json:"repository,omitempty"`
	// Lists are the lists that it rests on.
	Lists []List `json:"lists"`
	// Missing says what could not be seen. The population is whole only when it is empty.
	Missing []string `json:"missing,omitempty"`
	// Excluded counts what was read and is no part of it.
	Excluded []evidence.Excluded `json:"excluded,omitempty"`
	// Commits counts the commits on default branches another way than by changes.
	Commits Commits `json:"commits"`
	// Digest identifies the changes by id and evidence; see Sum.
	Digest      evidence.Digest `json:"digest"`
	Changes     []Row           `json:"changes"`
	Unexplained []Push          `json:"unexplained"`
	// Bypasses are pushes and merges that got past the rules of a branch; Notes say of which time they are not known.
	Bypasses    []Around   `json:"bypasses"`
	Notes       []string   `json:"notes,omitempty"`
	Deployments []Deployed `json:"deployments"`
	Metrics     Metrics    `json:"metrics"`
}

// Whole reports whether nothing could be missing.
func (p Population) Whole() bool { return len(p.Missing) == 0 && p.Commits.Unknown == 0 }

// List is a list of subjects that a population rests on.
type List struct {
	Scope       string           `json:"scope"`
	Type        string           `json:"type"`
	Source      string           `json:"source"`
	Outcome     evidence.Outcome `json:"outcome"`
	CollectedAt time.Time        `json:"collected_at"`
	Subjects    evidence.ListRef `json:"subjects"`
}

// Commits is the second count: the commits on default branches in the period, by how they came there.
type Commits struct {
	All       int `json:"all"`
	Explained int `json:"explained"` // by a change, or by being the first
	Direct    int `json:"direct"`
	Unknown   int `json:"unknown"`
}

// Row is one change.
type Row struct {
	Type       string    `json:"type"`
	ID         string    `json:"id"`
	Name       string    `json:"name,omitempty"`
	Scope      string    `json:"scope"`
	Repository string    `json:"repository"`
	Target     string    `json:"target"`
	Author     string    `json:"author"`
	AuthorKind Kind      `json:"author_kind"`
	MergedBy   string    `json:"merged_by"`
	CreatedAt  time.Time `json:"created_at,omitzero"`
	MergedAt   time.Time `json:"merged_at"`
	Head       string    `json:"head"`
	Merge      string    `json:"merge"`
	Strategy   Strategy  `json:"strategy"`
	Verdict    Verdict   `json:"verdict"`
	Why        string    `json:"why"`
	Approvers  []string  `json:"approvers"`
	ApprovedAt time.Time `json:"approved_at,omitzero"`
	// Deployments are where its commits went, in order of time.
	Deployments []string        `json:"deployments"`
	Evidence    evidence.Digest `json:"evidence"`
}

// Push is a commit on a default branch that no change accounts for, or of which that is not known.
type Push struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Scope      string          `json:"scope"`
	Repository string          `json:"repository"`
	Commit     string          `json:"commit"`
	Authors    []string        `json:"authors"`
	LandedAt   time.Time       `json:"landed_at"`
	Verdict    Verdict         `json:"verdict"`
	Why        string          `json:"why"`
	Evidence   evidence.Digest `json:"evidence"`
}

// Around is a push or merge that got past the rules of a branch.
type Around struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Scope      string          `json:"scope"`
	Repository string          `json:"repository"`
	Branch     string          `json:"branch"`
	Commit     string          `json:"commit"`
	By         string          `json:"by"`
	At         time.Time       `json:"at"`
	Rules      []string        `json:"rules"`
	Evidence   evidence.Digest `json:"evidence"`
}

// AroundOf is the row of a bypass.
func AroundOf(b Bypass, scope string, d evidence.Digest) Around {
	return Around{Type: b.Type, ID: b.ID, Scope: scope, Repository: b.Repository, Branch: b.Branch, Commit: b.Commit,
		By: b.By.Login, At: b.At, Rules: append([]string{}, b.Rules...), Evidence: d}
}

// Deployed is one deployment.
type Deployed struct {
	Type        string    `json:"type"`
	ID          string    `json:"id"`
	Scope       string    `json:"scope"`
	Repository  string    `json:"repository"`
	Commit      string    `json:"commit"`
	Environment string    `json:"environment"`
	Production  bool      `json:"production"`
	CreatedAt   time.Time `json:"created_at,omitzero"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
	Outcome     Outcome   `json:"outcome"`
	// Sources are the repositories and commits where there may be several; ByChanges says that the verdict is that of the
	// changes.
	Sources   []Source `json:"sources,omitempty"`
	ByChanges bool     `json:"by_changes,omitempty"`
	Verdict   Verdict  `json:"verdict"`
	Why       string   `json:"why"`
	StartedBy []string `json:"started_by"`
	Approvers []string `json:"approvers"`
	// Changes are those that its commit came by; Known is false when that cannot be told.
	Changes  []string `json:"changes"`
	Known    bool     `json:"known"`
	Rollback bool     `json:"rollback"` // to a commit that the environment had before
	// Made are the deployments that it made in another system; Run is the id of the one that made it, whose verdict it has
	// and by which it is counted.
	Made     []string        `json:"made,omitempty"`
	Run      string          `json:"run,omitempty"`
	Evidence evidence.Digest `json:"evidence"`
	// Aftermath is what began to fail after it; nil unless it is one to production that ended and accounts are tied to it.
	Aftermath *Aftermath `json:"aftermath,omitempty"`
}

// RowOf is the row of a change.
func RowOf(c Change, name, scope string, d evidence.Digest) Row {
	j := c.Judge()
	return Row{Type: c.Type, ID: c.ID, Name: name, Scope: scope, Repository: c.Repository, Target: c.Target,
		Author: c.Author.Login, AuthorKind: c.Author.Kind, MergedBy: c.Merger.Login, CreatedAt: c.CreatedAt, MergedAt: c.MergedAt,
		Head: c.Head, Merge: c.Merge, Strategy: c.Strategy(), Verdict: j.Verdict, Why: j.Why, Approvers: Names(j.Approvers),
		ApprovedAt: j.At, Deployments: []string{}, Evidence: d}
}

// PushOf is the row of a commit.
func PushOf(l Landed, scope string, d evidence.Digest) Push {
	v, why, _ := l.Judge()
	return Push{Type: l.Type, ID: l.ID, Scope: scope, Repository: l.Repository, Commit: l.Commit.ID,
		Authors: Names(l.Commit.Authors), LandedAt: l.LandedAt, Verdict: v, Why: why, Evidence: d}
}

// DeployedOf is the row of a deployment.
func DeployedOf(dep Deployment, scope string, d evidence.Digest) Deployed {
	j := dep.Judge()
	return Deployed{Type: dep.Type, ID: dep.ID, Scope: scope, Repository: dep.Repository, Commit: dep.Commit,
		Environment: dep.Environment, Production: dep.Production(), CreatedAt: dep.CreatedAt, StartedAt: dep.StartedAt,
		EndedAt: dep.EndedAt, Outcome: dep.Outcome, Verdict: j.Verdict, Why: j.Why, StartedBy: Names(dep.StartedBy),
		Approvers: Names(j.Approvers), Changes: []string{}, Evidence: d, Sources: dep.Sources, ByChanges: dep.ByChanges,
		Made: dep.Made, Rollback: dep.Back}
}

// at is when a deployment took place: when it ended, or as far as it came.
func (d Deployed) at() time.Time {
	for _, t := range []time.Time{d.EndedAt, d.StartedAt, d.CreatedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// Finish puts the rows in order, drops what two sources tell alike, links deployments with changes, and works out digest
// and metrics. x knows the changes of the whole view, those outside the period among them.
func (p *Population) Finish(x *Index) {
	slices.SortFunc(p.Changes, func(a, b Row) int {
		return cmp.Or(a.MergedAt.Compare(b.MergedAt), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Scope, b.Scope))
	})
	// One thing that two sources tell of has one repository; the same id on two servers has two.
	p.Changes = slices.CompactFunc(p.Changes, func(a, b Row) bool {
		return a.Type == b.Type && a.ID == b.ID && a.Repository == b.Repository
	})
	slices.SortFunc(p.Unexplained, func(a, b Push) int {
		return cmp.Or(a.LandedAt.Compare(b.LandedAt), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Scope, b.Scope))
	})
	slices.SortFunc(p.Bypasses, func(a, b Around) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Scope, b.Scope))
	})
	p.Bypasses = slices.CompactFunc(p.Bypasses, func(a, b Around) bool {
		return a.Type == b.Type && a.ID == b.ID && a.Repository == b.Repository
	})
	slices.SortFunc(p.Deployments, func(a, b Deployed) int {
		return cmp.Or(a.at().Compare(b.at()), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Scope, b.Scope))
	})
	p.Deployments = slices.CompactFunc(p.Deployments, func(a, b Deployed) bool {
		return a.Type == b.Type && a.ID == b.ID && (a.Scope == b.Scope || a.Repository == b.Repository && a.Repository != "")
	})
	p.runs()
	rows := map[[3]string]int{}
	for i, r := range p.Changes {
		rows[[3]string{r.Type, r.ID, r.Repository}] = i
	}
	for i := range p.Deployments {
		d := &p.Deployments[i]
		for _, k := range d.trace(x) {
			if n, ok := rows[[3]string{k.Type, k.ID, k.Repository}]; ok {
				p.Changes[n].Deployments = append(p.Changes[n].Deployments, d.Environment+" "+string(d.Outcome)+" "+d.ID)
			}
		}
	}
	p.rollbacks()
	p.Digest = Sum(p.Changes)
	p.Metrics = p.measure()
}

// trace finds the changes that the deployed commits came by. Where nobody is asked about a deployment, they decide.
func (d *Deployed) trace(x *Index) []Known {
	sources := d.Sources
	if len(sources) == 0 {
		sources = []Source{{d.Repository, d.Commit}}
	}
	var all []Known
	verdict, why := IsApproved, "its changes were approved"
	d.Known = true
	for _, s := range sources {
		found := x.At(s.Repository, s.Commit, func(int) bool { return true })
		d.Known = d.Known && found.Told
		approved := slices.ContainsFunc(found.Changes, func(k Known) bool { return k.Approved() && !k.MergedAt.After(d.at()) })
		unsure := !found.Told || slices.ContainsFunc(found.Changes, func(k Known) bool { return k.Verdict == Unknown })
		switch {
		case approved:
		case unsure && verdict != Unapproved:
			verdict, why = Unknown, "nothing tells whether commit "+short(s.Commit)+" of "+s.Repository+" was approved"
		case !unsure:
			verdict, why = Unapproved, "no approved change brought commit "+short(s.Commit)+" of "+s.Repository
		}
		for _, k := range found.Changes {
			d.Changes = append(d.Changes, k.ID)
		}
		all = append(all, found.Changes...)
	}
	if d.ByChanges {
		d.Verdict, d.Why = verdict, why
	}
	return all
}
