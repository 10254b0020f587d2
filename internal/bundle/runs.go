package bundle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// seriesRefs are the distinct lists of each series, in order of the runs.
type seriesRefs map[string][]evidence.ListRef

// readRuns goes through the snapshots of every run in the bundle: which lists of subjects belong to it, and what could
// not be seen.
func (b *builder) readRuns() error {
	b.subjects = map[string]seriesRefs{}
	days := map[string]bool{}
	for i := range b.runs {
		r := &b.runs[i]
		e, _, err := b.view.Entry(r.index)
		if err != nil {
			return err
		}
		var body evidence.Run
		if err := b.body(e, &body); err != nil {
			return fmt.Errorf("run at entry %d: %w", r.index, err)
		}
		r.snapshots = body.Snapshots
		inside := r.index >= b.manifest.Ledger.Start
		if inside {
			days[day(e.RecordedAt)] = true
			b.scopeOutcomes(body)
		}
		if err := b.readSnapshots(*r, inside); err != nil {
			return fmt.Errorf("run at entry %d: %w", r.index, err)
		}
	}
	b.notSeen(days)
	return nil
}

func (b *builder) readSnapshots(r run, inside bool) error {
	if r.snapshots.Count == 0 {
		return nil
	}
	return b.view.Objects(r.snapshots, func(key string, d evidence.Digest, object []byte) error {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		subjectType := format.SeriesType(key)
		if !b.scope.has(subjectType) {
			if inside {
				b.omissions.add(format.Omission{What: "type", Name: subjectType,
					Reason: "no control of the framework needs it"}, time.Time{})
			}
			return nil
		}
		if !r.whole && !b.opening[d] {
			return nil
		}
		var s evidence.Snapshot
		if err := json.Unmarshal(object, &s); err != nil {
			return fmt.Errorf("snapshot %s: %w", key, err)
		}
		if s.Series() != key {
			return fmt.Errorf("snapshot %s calls itself %s", key, s.Series())
		}
		if inside {
			b.operations(s)
		}
		series := b.subjects[s.Collector]
		if series == nil {
			series = seriesRefs{}
			b.subjects[s.Collector] = series
		}
		refs := series[key]
		if s.Subjects.Count > 0 && (len(refs) == 0 || refs[len(refs)-1] != s.Subjects) {
			refs = append(refs, s.Subjects)
		}
		series[key] = refs
		return nil
	})
}

// snapshotMode says how much of a run's snapshot is shown, by its series.
func (b *builder) snapshotMode(r run) (func(key string) mode, error) {
	if r.whole {
		return func(key string) mode {
			if b.scope.has(format.SeriesType(key)) {
				return show
			}
			return omit
		}, nil
	}
	shown := map[string]bool{}
	err := b.view.List(r.snapshots, func(key string, d evidence.Digest) error {
		shown[key] = b.opening[d]
		return nil
	})
	return func(key string) mode {
		if shown[key] {
			return show
		}
		return omit
	}, err
}

// scopeOutcomes records every scope that was asked for and not seen.
func (b *builder) scopeOutcomes(r evidence.Run) {
	for _, s := range r.Scopes {
		if !s.Outcome.Seen() {
			b.omissions.add(format.Omission{What: "scope", Name: s.Source + "|" + s.Scope.ID(),
				Reason: join(string(s.Outcome), s.Reason)}, r.Window.From)
		}
	}
	if r.Error != "" {
		b.omissions.add(format.Omission{What: "scope", Name: "run", Reason: r.Error}, r.Window.From)
	}
}

// operations records every call of a snapshot that was not answered, and every gap in the events that it covers.
func (b *builder) operations(s evidence.Snapshot) {
	for _, op := range s.Completeness.Operations {
		if op.Outcome.Seen() {
			continue
		}
		reason := string(op.Outcome)
		if op.Permission != "" {
			reason += ", needs " + op.Permission
		}
		b.omissions.add(format.Omission{What: "operation", Name: s.Series() + "|" + op.Name, Reason: reason}, s.Window.From)
	}
	if c := s.Completeness.Coverage; c != nil {
		for _, g := range c.Gaps {
			b.omissions.add(format.Omission{What: "events", Name: s.Series(), Reason: g.Reason}, g.Window.From)
			b.omissions.add(format.Omission{What: "events", Name: s.Series(), Reason: g.Reason}, g.Window.To)
			b.omissions.seen[[3]string{"events", s.Series(), g.Reason}].Count--
		}
	}
}

// notSeen records the days without a run, and what the framework needs and nobody collected.
func (b *builder) notSeen(days map[string]bool) {
	for _, t := range b.scope.types {
		if len(b.subjects[t]) == 0 {
			b.omissions.add(format.Omission{What: "never-collected", Name: t,
				Reason: "the framework's controls need it and no run of the period asked for it"}, time.Time{})
		}
	}
	end := b.request.Period.To
	if b.request.AsOf.Before(end) {
		end = b.request.AsOf
	}
	from := b.request.Period.From.UTC()
	for t := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC); !t.After(end); t = t.AddDate(0, 0, 1) {
		if !days[day(t)] {
			b.omissions.add(format.Omission{What: "day", Name: day(t), Reason: "no run was recorded"}, time.Time{})
		}
	}
	if len(days) == 0 {
		b.omissions.add(format.Omission{What: "evidence", Name: "the whole period",
			Reason: "nothing was collected between " + stamp(b.request.Period.From) + " and " + stamp(end)}, time.Time{})
	}
	for _, r := range b.scope.framework.Requirements {
		switch {
		case r.None != "":
			b.omissions.add(format.Omission{What: "requirement", Name: r.ID, Reason: r.None}, time.Time{})
		case r.Manual != "":
			b.omissions.add(format.Omission{What: "requirement", Name: r.ID, Reason: "by hand: " + r.Manual}, time.Time{})
		}
	}
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + ": " + b
}

// snapshots writes the lists of the runs and the snapshots in them.
func (b *builder) snapshots() error {
	modes := make([]func(string) mode, len(b.runs))
	for i, r := range b.runs {
		var err error
		if modes[i], err = b.snapshotMode(r); err != nil {
			return err
		}
	}
	return b.pair(format.SnapshotList, "each run's list of snapshots, with all its items",
		format.Snapshots, "one snapshot a line: who asked whom, when, how completely, and the root of the list of subjects",
		func(fn func(series string, lists []evidence.ListRef, how func(string) mode) error) error {
			for i, r := range b.runs {
				if err := fn(format.RunSeries(r.index), []evidence.ListRef{r.snapshots}, modes[i]); err != nil {
					return err
				}
			}
			return nil
		}, nil)
}

// subjectFiles writes two files for each subject type.
func (b *builder) subjectFiles() error {
	b.redactions = map[format.Redaction]int{}
	for _, t := range slices.Sorted(maps.Keys(b.subjects)) {
		series := b.subjects[t]
		err := b.pair(format.SubjectList(t), "the lists of "+t+" in each snapshot",
			format.Subjects(t), "every version of every "+t+", one a line, as the provider described it",
			func(fn func(series string, lists []evidence.ListRef, how func(string) mode) error) error {
				for _, key := range slices.Sorted(maps.Keys(series)) {
					if err := fn(key, series[key], all); err != nil {
						return err
					}
				}
				return nil
			}, b.countRedactions)
		if err != nil {
			return err
		}
	}
	return nil
}

func all(string) mode { return show }
