package change

import (
	"cmp"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// Index finds the changes that a commit came by, whatever system tells of either. It keeps of each change what identifies
// it and its verdict. Sets tell apart where subjects came from, so that a part can be left out of an answer.
type Index struct {
	changes []Known
	// at are changes by repository and commit; numbered by repository and number.
	at, numbered map[place][]int
	landed       map[place][]landing
	bypasses     map[place][]bypassed
	// releases and calls are by what they are about.
	releases map[string][]released
	calls    map[string][]loggedCall
	// sets are the sets that hold something of a repository.
	sets map[string][]int
}

// Known is a change as an index keeps it.
type Known struct {
	Type, ID string
	// Repository and Target say where it was merged.
	Repository, Target string
	Verdict            Verdict
	MergedAt           time.Time
	// Exact says that the commit which was asked about is the state that was merged: the change's head, or the commit that
	// merged it. Of a commit on the way to it nobody has said anything.
	Exact  bool
	Digest evidence.Digest
	Set    int

	head, merge string
}

// Approved reports whether another person approved the very state that was asked about, by what is known.
func (k Known) Approved() bool { return k.Verdict == IsApproved && k.Exact }

// place is a commit or a change in a repository.
type place struct{ repository, id string }

// landing is a commit on a branch.
type landing struct {
	verdict Verdict
	number  string
	digest  evidence.Digest
	set     int
}

// bypassed is what got past the rules.
type bypassed struct {
	id, why string
	digest  evidence.Digest
	set     int
}

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{at: map[place][]int{}, numbered: map[place][]int{}, landed: map[place][]landing{},
		bypasses: map[place][]bypassed{}, releases: map[string][]released{}, calls: map[string][]loggedCall{}, sets: map[string][]int{}}
}

// Add takes up a subject of one set. A subject that cannot be read is an error, and a deployment is left out.
func (x *Index) Add(set int, s evidence.Subject, d evidence.Digest) error {
	switch Tells(s.Type) {
	case TellsBypass:
		b, err := BypassOf(s)
		if err != nil {
			return err
		}
		at := place{b.Repository, b.Commit}
		x.bypasses[at] = append(x.bypasses[at], bypassed{b.ID, b.Why(), d, set})
	case TellsChange:
		c, err := Of(s)
		if err != nil {
			return err
		}
		x.change(set, c, d)
	case TellsCommit:
		l, err := LandedOf(s)
		if err != nil {
			return err
		}
		v, _, number := l.Judge()
		at := place{l.Repository, l.Commit.ID}
		x.landed[at] = append(x.landed[at], landing{v, number, d, set})
		x.holds(l.Repository, set)
	case TellsRelease:
		r, err := ReleaseOf(s)
		if err != nil {
			return err
		}
		x.releases[r.Name] = append(x.releases[r.Name], released{r, d, set})
	case TellsCall:
		c, err := CallOf(s)
		if err != nil {
			return err
		}
		if c.About == "" {
			return nil
		}
		x.calls[c.About] = append(x.calls[c.About], loggedCall{c, d, set})
	}
	return nil
}

func (x *Index) change(set int, c Change, d evidence.Digest) {
	n := len(x.changes)
	x.changes = append(x.changes, Known{Type: c.Type, ID: c.ID, Repository: c.Repository, Target: c.Target,
		Verdict: c.Judge().Verdict, MergedAt: c.MergedAt, Digest: d, Set: set, head: c.Head, merge: c.Merge})
	for _, commit := range c.Explains() {
		at := place{c.Repository, commit}
		x.at[at] = append(x.at[at], n)
	}
	if c.Number != "" {
		at := place{c.Repository, c.Number}
		x.numbered[at] = append(x.numbered[at], n)
	}
	x.holds(c.Repository, set)
}

func (x *Index) holds(repository string, set int) {
	if !slices.Contains(x.sets[repository], set) {
		x.sets[repository] = append(x.sets[repository], set)
	}
}

// Sets returns the sets that hold something of a repository, sorted.
func (x *Index) Sets(repository string) []int {
	return slices.Sorted(slices.Values(x.sets[RepositoryKey(repository)]))
}

// Bypass tells how rules were gone around when a commit came to its branch, "" when nothing tells of it.
func (x *Index) Bypass(repository, commit string, use func(set int) bool) (why string, read evidence.Digest) {
	var found *bypassed
	for i, b := range x.bypasses[place{repository, commit}] {
		if use(b.set) && (found == nil || b.id < found.id) {
			found = &x.bypasses[place{repository, commit}][i]
		}
	}
	if found == nil {
		return "", evidence.Digest{}
	}
	return found.why, found.digest
}

// Has reports whether the index holds a change of a repository, by its number.
func (x *Index) Has(repository, number string) bool {
	return len(x.numbered[place{repository, number}]) > 0
}

// Found is what an index knows of a commit.
type Found struct {
	// Changes are in order of type and id.
	Changes []Known
	// Read are the commits' own subjects that were looked at.
	Read []evidence.Digest
	// Told says that an empty list is the answer: the commit is known to have come past all changes.
	Told bool
}

// At returns the merged changes that account for a commit of a repository, which may be written in any way. Only sets for
// which use holds are looked at.
func (x *Index) At(repository, commit string, use func(set int) bool) Found {
	at := place{RepositoryKey(repository), commit}
	var out Found
	have := map[int]bool{}
	add := func(list []int) {
		for _, n := range list {
			if k := x.changes[n]; !have[n] && use(k.Set) && k.Verdict != NotMerged {
				have[n] = true
				k.Exact = commit == k.head || commit == k.merge
				out.Changes = append(out.Changes, k)
			}
		}
	}
	add(x.at[at])
	for _, l := range x.landed[at] {
		if !use(l.set) {
			continue
		}
		out.Read = append(out.Read, l.digest)
		if l.number != "" {
			add(x.numbered[place{at.repository, l.number}])
		}
		out.Told = out.Told || l.verdict == DirectPush || l.verdict == FirstCommit
	}
	slices.SortFunc(out.Changes, func(a, b Known) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Set, b.Set))
	})
	out.Changes = slices.CompactFunc(out.Changes, func(a, b Known) bool { return a.Type == b.Type && a.ID == b.ID })
	slices.SortFunc(out.Read, func(a, b evidence.Digest) int { return cmp.Compare(a.String(), b.String()) })
	out.Told = out.Told || len(out.Changes) > 0
	return out
}
