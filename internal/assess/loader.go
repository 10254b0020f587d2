package assess

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// relatedLoader parses the subjects of an account that checks relate to, each type once.
type relatedLoader struct {
	run     *run
	account *account
	parsed  map[string][]*record // by type and scope
}

// load returns the subjects of a type that belong to a scope: those of the scope itself and of the account as a
// whole; for the account as a whole, those of all its scopes. oldest is when the oldest of the snapshots was taken.
func (l *relatedLoader) load(w *scopeWork, typ string, freshness evidence.Duration) (*relatedSet, time.Time, error) {
	set := &relatedSet{}
	var oldest time.Time
	found := false
	for _, other := range l.account.scopes {
		if w.scope.Region != "" && other != w && other.scope.Region != "" {
			continue
		}
		s := other.snap(typ)
		if s == nil {
			if l.run.mayLack(other, typ) {
				set.gaps = append(set.gaps, gap{reason: other.lostReason()})
			}
			continue
		}
		found = true
		if oldest.IsZero() || s.Window.From.Before(oldest) {
			oldest = s.Window.From
		}
		c := &control{def: evidence.Control{Freshness: freshness}}
		switch {
		case !s.Listed():
			set.gaps = append(set.gaps, listGap(*s))
		case l.run.staleness(*s, c) != "":
			set.gaps = append(set.gaps, gap{reason: l.run.staleness(*s, c)})
			continue
		case unseen(*s) != "":
			set.gaps = append(set.gaps, gap{reason: unseen(*s)})
		}
		recs, err := l.records(other, *s)
		if err != nil {
			return nil, oldest, err
		}
		set.recs = append(set.recs, recs...)
		for _, rec := range recs {
			set.size += rec.size
		}
	}
	if !found {
		set.never = true
		set.gaps = append(set.gaps, gap{reason: typ + " was never collected here"})
	}
	slices.SortStableFunc(set.gaps, func(a, b gap) int { return strings.Compare(a.reason, b.reason) })
	return set, oldest, nil
}

func (l *relatedLoader) records(w *scopeWork, s Snap) ([]*record, error) {
	key := s.Collector + "|" + w.scope.id
	if recs, ok := l.parsed[key]; ok {
		return recs, nil
	}
	if s.Subjects.Count == 0 {
		return nil, nil
	}
	var recs []*record
	err := l.run.view.Subjects(s.Subjects, func(_ string, d evidence.Digest, object []byte) error {
		rec, err := parseRecord(&fastjson.Parser{}, l.run.eval.subjects[s.Collector], w.scope, d, object)
		if err == nil {
			rec.freeze()
			recs = append(recs, rec)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", s.Collector, w.scope.id, err)
	}
	slices.SortFunc(recs, func(a, b *record) int { return strings.Compare(a.id, b.id) })
	l.parsed[key] = recs
	return recs, nil
}
