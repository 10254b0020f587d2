package daemon

import (
	"strings"
	"time"

	"exhibit/internal/drift"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// logOf returns what access logs tell of changes since a time, as the first size entries hold it.
func logOf(v *store.View, size int64, text Text, since time.Time) *drift.Log {
	return drift.NewLog(v, drift.LogOptions{
		Since: since,
		Check: func(id string) evidence.Check {
			_, k := text.Check(id)
			return k
		},
		Snapshots: func(account string, since time.Time) ([]evidence.Snapshot, error) {
			return eventSnapshots(v, size, account, since)
		},
	})
}

// eventSnapshots returns, for every population of an account, its newest snapshot and as many older ones as it takes to
// cover all since a time, if anything does. The zero time is for the newest alone.
func eventSnapshots(v *store.View, size int64, account string, since time.Time) ([]evidence.Snapshot, error) {
	newest, err := v.Snapshots(size, "")
	if err != nil {
		return nil, err
	}
	var out []evidence.Snapshot
	for _, s := range newest {
		scope := s.Scope.ID()
		if scope != account && !strings.HasPrefix(scope, account+":") {
			continue
		}
		for {
			out = append(out, s.Snapshot) // that nothing is covered is told too
			if s.Completeness.Coverage == nil || since.IsZero() || !s.Completeness.Coverage.Span.From.After(since) {
				break
			}
			older, ok, err := reachingBack(v, s)
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
			s = older
		}
	}
	return out, nil
}

// reachingBack returns the oldest snapshot of a series whose coverage meets that of a newer one, or the next older one when
// none does.
func reachingBack(v *store.View, newer store.Snapshot) (found store.Snapshot, ok bool, err error) {
	from := newer.Completeness.Coverage.Span.From
	for at := newer.Entry; ; {
		s, more, err := v.Newest(at, newer.Source, newer.Collector, newer.Scope.ID())
		if err != nil || !more {
			return found, ok, err
		}
		at = s.Entry
		c := s.Completeness.Coverage
		switch {
		case c == nil:
			continue
		case ok && c.Span.To.Before(from):
			return found, ok, nil
		}
		found, ok = s, true
		if c.Span.To.Before(from) {
			return found, ok, nil
		}
	}
}
