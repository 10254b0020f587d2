package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// branchKnown is what earlier collections hold of a branch.
type branchKnown struct {
	commits map[string]bool       // that need not be listed again
	heads   map[string]branchHead // the commits at which it was found to stand
	head    string                // the last of them
}

func newBranchKnown() *branchKnown {
	return &branchKnown{commits: map[string]bool{}, heads: map[string]branchHead{}}
}

// branchName is a default branch of a repository.
type branchName struct{ repository, branch string }

// walked leaves those commits known that a head reaches: only a walk that came to its end leaves a head, and of one that
// broke off nobody listed what is below.
func (b *branchKnown) walked(parents map[string][]string) {
	reached := map[string]bool{}
	for next := slices.Collect(maps.Keys(b.heads)); len(next) > 0; {
		at := next[len(next)-1]
		next = next[:len(next)-1]
		if !reached[at] {
			reached[at] = true
			next = append(next, parents[at]...)
		}
	}
	maps.DeleteFunc(b.commits, func(oid string, _ bool) bool { return !reached[oid] })
}

// knownCommits reads what earlier collections hold. A commit that no pull request explained a moment after it was made is
// none that is known, for GitHub may not have told yet; nor is one of a walk that broke off.
func knownCommits(t *collect.Task) (map[branchName]*branchKnown, error) {
	all, parents := map[branchName]*branchKnown{}, map[branchName]map[string][]string{}
	err := t.Earlier(func(s evidence.Subject) error {
		var doc struct {
			OID                    string
			CommittedDate          time.Time
			Parents                []string
			AssociatedPullRequests []json.RawMessage
			Repository             graphRepository
			Head                   *branchHead
		}
		if err := json.Unmarshal(s.Doc, &doc); err != nil {
			return fmt.Errorf("read %s of an earlier collection: %w", s.ID, err)
		}
		name := branchName{doc.Repository.NameWithOwner, doc.Repository.DefaultBranchRef.Name}
		if all[name] == nil {
			all[name], parents[name] = newBranchKnown(), map[string][]string{}
		}
		b := all[name]
		parents[name][doc.OID] = doc.Parents
		fresh := len(doc.AssociatedPullRequests) == 0 && !doc.CommittedDate.Before(t.Since())
		b.commits[doc.OID] = !fresh && len(s.Missing) == 0
		if doc.Head == nil {
			return nil
		}
		b.heads[doc.OID] = *doc.Head
		if last, ok := b.heads[b.head]; !ok || doc.Head.SeenAt.After(last.SeenAt) {
			b.head = doc.OID
		}
		return nil
	})
	for name, b := range all {
		b.walked(parents[name])
	}
	return all, err
}

// walk goes down a branch from where it stands now to what is known of it.
type walk struct {
	known  *branchKnown
	head   string
	seen   map[string]bool // commits that were listed
	open   map[string]bool // parents of new commits that neither were listed nor are known
	met    bool            // the old head is in the history of the new one
	listed *listedCommit   // the new head, which waits for the end of the walk
	page   page            // on which it is
}

// listedCommit is a commit of a page.
type listedCommit struct {
	oid    string
	at     time.Time
	doc    map[string]any
	faults []fault
	short  []string // keys of lists that are not whole
}

// walks are the walks of one collection.
type walks struct {
	known map[branchName]*branchKnown

	mu  sync.Mutex
	all map[string]*walk // by repository
}

// of returns the walk that a page belongs to; nil for a repository without commits.
func (w *walks) of(p page) (*walk, error) {
	branch, _ := p.owner["branch"].(map[string]any)
	if branch == nil {
		return nil, nil
	}
	target, _ := branch["target"].(map[string]any)
	head, _ := target["oid"].(string)
	if head == "" {
		return nil, fmt.Errorf("read the commits of %s: its branch stands nowhere", p.repo.FullName)
	}
	delete(p.owner, "branch")
	w.mu.Lock()
	defer w.mu.Unlock()
	if walk, ok := w.all[p.repo.FullName]; ok {
		return walk, nil
	}
	full, _ := p.owner["nameWithOwner"].(string)
	ref, _ := p.owner["defaultBranchRef"].(map[string]any)
	name, _ := ref["name"].(string)
	known := w.known[branchName{full, name}]
	if known == nil {
		known = newBranchKnown()
	}
	walk := &walk{known: known, head: head, seen: map[string]bool{}, open: map[string]bool{}, met: known.head == ""}
	w.all[p.repo.FullName] = walk
	return walk, nil
}

// read takes in a page and returns its commits that are not known, less the new head, with the number of those that are. It goes on while something new came of a commit that was
// not seen, and while the old head was not met: history is listed newest first, but a merge brings old commits with it.
func (w *walk) read(p page) (fresh []listedCommit, old int, more bool, err error) {
	for i, node := range p.nodes {
		c := listedCommit{doc: node, faults: p.faults[i]}
		if c.oid, _ = node["oid"].(string); c.oid == "" {
			return nil, 0, false, errors.New("a commit has no hash")
		}
		if c.at, err = timeOf(node, "committedDate"); err != nil {
			return nil, 0, false, err
		}
		if c.short, err = plainCommit(node); err != nil {
			return nil, 0, false, err
		}
		w.seen[c.oid] = true
		delete(w.open, c.oid)
		w.met = w.met || c.oid == w.known.head
		parents, _ := node["parents"].([]any)
		known := w.known.commits[c.oid]
		for _, v := range parents {
			parent, _ := v.(string)
			w.met = w.met || parent == w.known.head
			if !known && !w.seen[parent] && !w.known.commits[parent] {
				w.open[parent] = true
			}
		}
		switch {
		case c.oid == w.head && (!known || w.head != w.known.head):
			w.listed, w.page = &c, p
		case !known:
			if head, ok := w.known.heads[c.oid]; ok {
				node["Head"] = head
			}
			fresh = append(fresh, c)
		default:
			old++
		}
	}
	return fresh, old, len(w.open) > 0 || !w.met, nil
}

// found is what the collection finds of the branch at its head.
func (w *walk) found(now time.Time) branchHead {
	if w.head == w.known.head {
		return w.known.heads[w.head]
	}
	return branchHead{SeenAt: now, Before: w.known.head, Rewritten: !w.met}
}
