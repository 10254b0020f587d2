package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// LogView is a View that reads many objects at once.
type LogView interface {
	View
	// Objects calls fn for every item of a list in order of key; object is valid during the call only.
	Objects(ref evidence.ListRef, fn func(key string, d evidence.Digest, object []byte) error) error
}

// LogOptions say where a log is read.
type LogOptions struct {
	// Snapshots returns the snapshots of populations in an account ("aws:111122223333") that together tell of everything
	// since a time, as far as there are any; for the zero time the newest of each series. Others are passed over.
	Snapshots func(account string, since time.Time) ([]evidence.Snapshot, error)
	// Since is the earliest time that is asked about.
	Since time.Time
	// Check returns the text of a check.
	Check func(id string) evidence.Check
}

// Log is what access logs tell of changes, by which the turns of exposures are narrowed down. It holds one account at a
// time, and of that no more than is asked for.
type Log struct {
	LogOptions
	view    LogView
	effects effects

	account string
	deep    bool      // all since Since is loaded, else the newest snapshots
	reach   time.Time // from when on all of these tell
	acts    map[target][]act
	covers  map[place][]evidence.Coverage
}

// NewLog returns a log over what was committed.
func NewLog(v LogView, o LogOptions) *Log { return &Log{LogOptions: o, view: v, effects: newEffects()} }

// target is what an act changes: a subject by its type and what events call it, in a region or in the whole account.
type target struct{ typ, region, name string }

// act is a successful change. parts are the top-level members of the document that it may change; nil is all of it.
type act struct {
	evidence.Act
	parts []string
}

func (a act) changes(part string) bool { return a.parts == nil || slices.Contains(a.parts, part) }

// maxActs is how many acts a turn names; what stands between the first and the last is left out.
const maxActs = 20

// Turn narrows down when an exposure began or ended: between the looks of w, from what before was judged by to what after
// was. It is nil when the log cannot tell: when what decides did not change, when it changed in a way that no act explains,
// when not every event of the window is known, or when time alone may have decided. It never reaches outside the window.
func (l *Log) Turn(before, after evidence.State, w evidence.Window) (*evidence.Turn, error) {
	if _, kind := targetOf(cause{typ: after.Type}); kind == "" || !w.From.Before(w.To) ||
		timed(l.Check(after.Check)) {
		return nil, nil
	}
	causes, err := l.causes(before, after)
	if err != nil || len(causes) == 0 {
		return nil, err
	}
	if err := l.load(accountOf(after.Scope), w.From); err != nil {
		return nil, err
	}
	var found []evidence.Act
	for _, c := range causes {
		acts, ok := l.explain(c, w)
		if !ok {
			return nil, nil
		}
		for _, a := range acts {
			if !slices.ContainsFunc(found, func(o evidence.Act) bool { return o.ID == a.ID }) {
				found = append(found, a)
			}
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	slices.SortFunc(found, func(a, b evidence.Act) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	t := &evidence.Turn{Window: evidence.Window{From: found[0].At, To: found[len(found)-1].At}, Acts: found}
	if len(found) > maxActs {
		t.Acts = append(slices.Clone(found[:maxActs-1]), found[len(found)-1])
		t.More = len(found) - maxActs
	}
	return t, nil
}

// explain returns the acts of the window that may have changed a subject; ok is false when the log cannot tell.
func (l *Log) explain(c cause, w evidence.Window) (acts []evidence.Act, ok bool) {
	t, kind := targetOf(c)
	if kind == "" || !l.covered(kind, c, w) {
		return nil, false
	}
	if c.parts == nil && (c.reads == nil || !l.effects.tell(c.typ, c.reads)) {
		return nil, false // something that decides may have changed when no act tells of it
	}
	explained := map[string]bool{}
	for _, a := range l.acts[t] {
		if a.At.Before(w.From) || a.At.After(w.To) {
			continue
		}
		relevant := c.parts == nil
		for _, part := range c.parts {
			if a.changes(part) {
				explained[part], relevant = true, true
			}
		}
		if relevant {
			acts = append(acts, a.Act)
		}
	}
	return acts, len(explained) == len(c.parts) && (len(acts) > 0 || !c.came)
}

// covered reports whether every event about a subject is known in the window, wherever it may have been told.
func (l *Log) covered(kind string, c cause, w evidence.Window) bool {
	found := false
	for p, covers := range l.covers {
		if p.typ != kind || c.region != "" && !strings.HasSuffix(p.scope, ":"+c.region) {
			continue
		}
		found = true
		if !slices.ContainsFunc(covers, func(c evidence.Coverage) bool { return len(c.Unknown(w)) == 0 }) {
			return false
		}
	}
	return found
}

// load makes sure that the acts of an account are there from a time on, if anything tells of them.
func (l *Log) load(account string, from time.Time) error {
	if l.account != account {
		if err := l.fill(account, time.Time{}); err != nil {
			return err
		}
		l.account, l.deep = account, false
	}
	if from.Before(l.reach) && !l.deep {
		if err := l.fill(account, l.Since); err != nil {
			return err
		}
		l.deep = true
	}
	return nil
}

func (l *Log) fill(account string, since time.Time) error {
	l.acts, l.covers, l.reach = map[target][]act{}, map[place][]evidence.Coverage{}, time.Time{}
	snaps, err := l.Snapshots(account, since)
	if err != nil {
		return fmt.Errorf("find the events of %s: %w", account, err)
	}
	for _, s := range snaps {
		if !strings.HasPrefix(s.Collector, cloudTrailPrefix) {
			continue
		}
		p := place{s.Collector, s.Scope.ID()}
		if s.Completeness.Coverage == nil && s.Outcome == evidence.OutcomeNotEnabled {
			continue // nothing can happen there
		}
		if s.Completeness.Coverage == nil {
			if _, ok := l.covers[p]; !ok {
				l.covers[p] = nil // nothing is known there
			}
			continue
		}
		l.covers[p] = append(l.covers[p], *s.Completeness.Coverage)
		if from := s.Completeness.Coverage.Span.From; from.After(l.reach) {
			l.reach = from
		}
		if s.Subjects.Count == 0 {
			continue
		}
		err := l.view.Objects(s.Subjects, func(_ string, d evidence.Digest, object []byte) error {
			return l.read(d, object)
		})
		if err != nil {
			return fmt.Errorf("read the events of %s: %w", s.Series(), err)
		}
	}
	return nil
}

// accountOf is the scope without its region.
func accountOf(scope string) string {
	parts := strings.SplitN(scope, ":", 3)
	return strings.Join(parts[:min(len(parts), 2)], ":")
}
