package collect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"exhibit/internal/evidence"
)

// lists are the snapshots of one account, which are staged when all of them are there: what one collector knows of
// another's things may tell that its list is not whole.
type lists struct {
	keep bool // the ids too, for somebody will ask for them

	mu    sync.Mutex
	ended map[string]*ended // by series
}

// ended is a snapshot that only waits for what others know of it.
type ended struct {
	snap   evidence.Snapshot
	index  index
	op     string              // the operation that recounted it
	missed map[string]struct{} // by some inventory, of a region or of another
	beyond int
}

func newLists(keep bool) *lists { return &lists{keep: keep, ended: map[string]*ended{}} }

func (l *lists) add(snap evidence.Snapshot, ids map[string]struct{}) {
	e := &ended{snap: snap, missed: map[string]struct{}{}}
	if l.keep {
		e.index.ids = ids
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[snap.Series()] = e
}

// of returns the whole list of a collector that answers for a scope: its own, or that of the account.
func (l *lists) of(source, collector string, scope evidence.Scope) *ended {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, region := range []string{scope.Region, ""} {
		scope.Region = region
		place := evidence.Snapshot{Source: source, Collector: collector, Scope: scope}
		if e := l.ended[place.Series()]; e != nil && e.snap.Listed() && e.snap.Outcome != evidence.OutcomeNotEnabled {
			return e
		}
	}
	return nil
}

// recounted gives the snapshot the second count that came of what others know. A count of its own that already differs
// says more.
func (e *ended) recounted() {
	c := &e.snap.Completeness
	if e.op == "" || c.SecondCount != nil && c.SecondCount.Count != c.Listed {
		return
	}
	c.SecondCount = &evidence.SecondCount{Operation: e.op, Count: c.Listed + len(e.missed) - e.beyond}
}

// stage stages the account's snapshots.
func (r *run) stage(ctx context.Context, l *lists) error {
	for _, series := range slices.Sorted(maps.Keys(l.ended)) {
		e := l.ended[series]
		e.recounted()
		object, err := evidence.Encode(e.snap)
		if err != nil {
			return err
		}
		if _, err := r.snapshots.Add(context.WithoutCancel(ctx), series, object); err != nil {
			return fmt.Errorf("stage the snapshot %s: %w", series, err)
		}
	}
	return nil
}
