package collect

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// Known is one of another collector's subjects, as an inventory knows it.
type Known struct {
	// Names are what it may be called: its id, or the end of it behind a slash or a colon.
	Names []string
	// Since is when what is known of it was written down; zero when that is not told.
	Since time.Time
}

// Agrees reports whether n, which this collector knows of another's subjects, lies between what the other kept and what it
// was told of: of those that it left out nobody can tell whether they are counted. compared is false when there is no
// whole list to hold it against.
func (t *Task) Agrees(collector string, n int) (agrees, compared bool) {
	e := t.lists.of(t.src.name, collector, t.scope)
	if e == nil {
		return false, false
	}
	c := e.snap.Completeness
	return c.Kept <= n && n <= c.Listed, true
}

// Recount states how many subjects of another collector op counts in the scope: a number that Agrees. Where it leaves
// nothing out it is the list's second count.
func (t *Task) Recount(collector, op string, n int) {
	r := evidence.Recount{Collector: collector, Operation: op, Counted: n}
	if e := t.lists.of(t.src.name, collector, t.scope); e != nil {
		r.Scope = e.snap.Scope.ID()
		t.lists.mu.Lock()
		if c := e.snap.Completeness; c.Kept == c.Listed {
			e.op = op
		}
		t.lists.mu.Unlock()
	}
	t.recounted(r)
}

func (t *Task) recounted(r evidence.Recount) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.recounts = append(t.recounts, r)
	slices.SortFunc(t.recounts, func(a, b evidence.Recount) int { return cmp.Compare(a.Collector, b.Collector) })
}

// Differences that are more than followed are none of an inventory that is late, and shown is how many ids are named.
const (
	followed = 100
	shown    = 10
)

// Compare holds all that op knows of another collector's subjects in the scope against its list, thing by thing. What
// differs is explained where the inventory is only late: what was written down after the list was begun, what the list
// before still held, and what has not differed for longer than lag, when the inventory does not say since when it knows.
// What is known and not explained makes the list no longer whole, as does, in its own scope, what is listed and has not
// been known for longer than lag.
func (t *Task) Compare(collector, op string, known []Known, lag time.Duration) error {
	e := t.lists.of(t.src.name, collector, t.scope)
	if e == nil {
		t.Recount(collector, op, len(known))
		return nil
	}
	c := comparison{task: t, list: e, lag: lag, now: t.run.now(), since: map[string]time.Time{}}
	var err error
	if c.noted, err = t.noted(collector); err != nil {
		return &batchError{err}
	}
	if c.held, err = t.run.held(e.snap); err != nil {
		return &batchError{err}
	}
	r := evidence.Recount{Collector: collector, Scope: e.snap.Scope.ID(), Operation: op, Counted: len(known)}
	t.lists.mu.Lock()
	missed, beyond := c.differences(known)
	if len(c.since) > followed {
		c.strict, c.late, c.since = true, 0, nil
		missed, beyond = c.differences(known)
	}
	t.lists.mu.Unlock()
	if left := e.snap.Completeness.Listed - e.snap.Completeness.Kept; len(missed) <= left {
		c.late += len(missed) // they may be those that the list leaves out
		missed = nil
	}
	r.Missed, r.Beyond, r.Late = len(missed), len(beyond), c.late
	r.IDs = append(slices.Clone(missed), beyond...)
	r.IDs = r.IDs[:min(len(r.IDs), shown)]
	r.Since = c.since
	t.lists.mu.Lock()
	if len(missed) > 0 || r.Scope == t.scope.ID() { // the things of one region are no count of the account's
		e.op = op
	}
	for _, id := range missed {
		e.missed[id] = struct{}{}
	}
	e.beyond += len(beyond)
	t.lists.mu.Unlock()
	t.recounted(r)
	return nil
}

// comparison is what is needed to tell a difference from an inventory that is late.
type comparison struct {
	task  *Task
	list  *ended
	held  index                // what the list before held
	noted map[string]time.Time // what differed before, since when
	since map[string]time.Time // what differs now
	now   time.Time
	lag   time.Duration
	late  int
	// strict explains nothing by what was the case before: there is too much to follow.
	strict bool
}

// differences returns the ids of what is known and not listed, and of what is listed and not known, unless it is explained.
// The mutex of the lists is held.
func (c *comparison) differences(known []Known) (missed, beyond []string) {
	seen := map[string]bool{}
	for _, k := range known {
		if id, ok := c.list.index.find(k.Names); ok {
			seen[id] = true
			continue
		}
		name := k.Names[0]
		if c.explained(name, k) {
			c.late++
		} else {
			missed = append(missed, name)
		}
	}
	if c.list.snap.Scope.ID() != c.task.scope.ID() {
		return missed, nil // the list has the things of other regions too
	}
	for _, id := range slices.Sorted(maps.Keys(c.list.index.ids)) {
		if seen[id] {
			continue
		}
		if !c.strict && c.now.Sub(c.first(id)) <= c.lag {
			c.late++
		} else {
			beyond = append(beyond, id)
		}
	}
	return missed, beyond
}

// first notes that something differs, and returns since when.
func (c *comparison) first(id string) time.Time {
	since, ok := c.noted[id]
	if !ok {
		since = c.now
	}
	c.since[id] = since
	return since
}

// explained reports whether what is known and not listed is so because it came or went while one of both looked.
func (c *comparison) explained(name string, k Known) bool {
	switch began := c.list.snap.Window.From; {
	case k.Since.After(began):
		return true
	case c.strict:
		return false
	case k.Since.IsZero():
		return !c.first(name).Before(began) // it may have come since the list was made
	}
	_, held := c.held.find(k.Names)
	since, before := c.noted[name]
	if held || before && c.now.Sub(since) <= c.lag {
		c.first(name)
		return true
	}
	return false
}

// noted returns since when the collector's snapshot before this run saw what differs from another's list.
func (t *Task) noted(collector string) (map[string]time.Time, error) {
	if t.run.Past == nil {
		return nil, nil
	}
	past, _, err := t.run.Past.Newest(t.src.name, t.col.Type(), t.scope.ID())
	if err != nil {
		return nil, err
	}
	for _, r := range past.Completeness.Recounts {
		if r.Collector == collector {
			return r.Since, nil
		}
	}
	return nil, nil
}

// held returns what the newest snapshot before this run held in a list's series.
func (r *run) held(snap evidence.Snapshot) (index, error) {
	ids := map[string]struct{}{}
	if r.Past == nil {
		return index{}, nil
	}
	past, ok, err := r.Past.Newest(snap.Source, snap.Collector, snap.Scope.ID())
	if err != nil || !ok || past.Subjects.Count == 0 {
		return index{}, err
	}
	err = r.Past.Subjects(past.Subjects, func(key string, _ evidence.Digest, _ []byte) error {
		ids[key] = struct{}{}
		return nil
	})
	return index{ids: ids}, err
}

// index finds subjects by their ids and by the ends of them.
type index struct {
	ids   map[string]struct{}
	tails map[string]string // made when first asked for
}

// find returns the id that an inventory calls one of names: the whole of it, or its end.
func (x *index) find(names []string) (string, bool) {
	for _, name := range names {
		if _, ok := x.ids[name]; ok {
			return name, true
		}
	}
	if x.tails == nil {
		x.tails = map[string]string{}
		for _, id := range slices.Sorted(maps.Keys(x.ids)) {
			for i := range len(id) {
				if id[i] == '/' || id[i] == ':' {
					x.tails[id[i+1:]] = id
				}
			}
		}
	}
	for _, name := range names {
		if id, ok := x.tails[name]; ok && name != "" {
			return id, true
		}
	}
	return "", false
}
