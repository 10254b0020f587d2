package drift

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// View is what was committed.
type View interface {
	// Object returns the canonical bytes under a digest.
	Object(d evidence.Digest) ([]byte, error)
	// List calls fn for every item of a list in order of key.
	List(ref evidence.ListRef, fn func(key string, d evidence.Digest) error) error
	// Diff calls fn in order of key for every key whose object differs; the zero digest stands for none.
	Diff(before, after evidence.ListRef, fn func(key string, before, after evidence.Digest) error) error
}

// Side is the estate and its judgement as they were known at one time.
type Side struct {
	// Snapshots are the newest of each series.
	Snapshots []evidence.Snapshot
	// Whole are the newest snapshots that hold their whole list, of series whose newest one does not. They may be left out;
	// then nothing is said about what came and went in those series.
	Whole []evidence.Snapshot
	// Populations are the subject types whose subjects are events: one that leaves the list is not gone.
	Populations map[string]bool
	// Scopes are the outcomes of the newest run of each source; nil when they are not known.
	Scopes []evidence.ScopeOutcome
	// Assessment is the judgement over these snapshots; its zero value is none.
	Assessment evidence.Assessment
	// Controls and Frameworks are the text that the assessment judged by.
	Controls   []evidence.Control
	Frameworks []evidence.Framework
}

// place is where a check looks: one subject type in one scope.
type place struct{ typ, scope string }

// places groups a side's newest snapshots by what checks read them as. Two sources may see the same place.
func places(snaps []evidence.Snapshot) map[place][]evidence.Snapshot {
	out := map[place][]evidence.Snapshot{}
	for _, s := range snaps {
		p := place{s.Collector, s.Scope.ID()}
		out[p] = append(out[p], s)
	}
	return out
}

func sortedPlaces(by map[place][]evidence.Snapshot) []place {
	out := slices.Collect(maps.Keys(by))
	slices.SortFunc(out, func(a, b place) int {
		return cmp.Or(strings.Compare(a.typ, b.typ), strings.Compare(a.scope, b.scope))
	})
	return out
}

// listed reports whether every source of a place saw its whole list.
func listed(snaps []evidence.Snapshot) bool {
	for _, s := range snaps {
		if !s.Listed() {
			return false
		}
	}
	return len(snaps) > 0
}

// worst returns the gravest outcome; no snapshot at all is OutcomeSkipped.
func worst(snaps []evidence.Snapshot) evidence.Outcome {
	if len(snaps) == 0 {
		return evidence.OutcomeSkipped
	}
	var o evidence.Outcome
	for _, s := range snaps {
		o = evidence.Worse(o, s.Outcome)
	}
	return o
}

// look returns when a place was last looked at, the zero window when never.
func look(snaps []evidence.Snapshot) evidence.Window {
	var w evidence.Window
	for _, s := range snaps {
		if s.Window.To.After(w.To) {
			w = s.Window
		}
	}
	return w
}

// between bounds what happened between two looks.
func between(before, after []evidence.Snapshot) evidence.Window {
	var w evidence.Window
	for i, s := range before {
		if i == 0 || s.Window.From.Before(w.From) {
			w.From = s.Window.From
		}
	}
	w.To = look(after).To
	return w
}

// series sorts snapshots by series and keeps the newest of each.
func series(snaps []evidence.Snapshot) (names []string, by map[string]evidence.Snapshot) {
	by = map[string]evidence.Snapshot{}
	for _, s := range snaps {
		name := s.Series()
		old, ok := by[name]
		if !ok {
			names = append(names, name)
		}
		if !ok || s.Window.To.After(old.Window.To) {
			by[name] = s
		}
	}
	slices.Sort(names)
	return names, by
}

// lossCause says who is to blame when something could not be seen.
func lossCause(o evidence.Outcome) evidence.Cause {
	switch o {
	case evidence.OutcomeDenied, evidence.OutcomeExpired:
		return evidence.CausePermission
	case evidence.OutcomeNotEnabled:
		return evidence.CauseSubject
	case evidence.OutcomeExcluded:
		return evidence.CauseScope
	}
	return evidence.CauseCollector
}

func decode[T any](v View, d evidence.Digest, what string) (T, error) {
	var out T
	raw, err := v.Object(d)
	if err != nil {
		return out, fmt.Errorf("read %s: %w", what, err)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, fmt.Errorf("read %s %s: %w", what, d.Short(), err)
	}
	return out, nil
}

// compareChanges is the one order of changes.
func compareChanges(a, b evidence.Change) int {
	for _, pair := range [][2]string{
		{a.Scope, b.Scope}, {a.Type, b.Type}, {a.Subject, b.Subject}, {a.Control, b.Control}, {a.Check, b.Check},
		{a.What, b.What}, {a.Name, b.Name},
	} {
		if c := strings.Compare(pair[0], pair[1]); c != 0 {
			return c
		}
	}
	return 0
}
