package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"exhibit/internal/config"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// PruneRequest is one pruning by the configuration's retention.
type PruneRequest struct {
	Who string
	// DryRun only says what would go.
	DryRun   bool
	Progress func(done, total int64) // may be nil
}

// Pruned is what a pruning did.
type Pruned struct {
	// Entry is the disposal's in the ledger, 0 when there is nothing more to dispose of or for a dry run.
	Entry    int64             `json:"entry"`
	Disposal evidence.Disposal `json:"disposal"`
	Erased   store.Erased      `json:"erased"`
	Packed   store.Packed      `json:"packed"`
}

// Prune commits what is to be disposed of, then erases it, and joins what single runs left behind, so that what stays takes
// little room. When it is broken off in between, the next one does the rest. The snapshot that was in force when the kept time began stays, and with it the newest whole one of every series.
func (a *App) Prune(ctx context.Context, req PruneRequest) (res Pruned, err error) {
	plan := func() error {
		return a.Store.View(func(v *store.View) (err error) {
			res.Disposal, err = disposal(v, a.Config.Retention, a.Now())
			res.Disposal.Who = req.Who
			return err
		})
	}
	if req.DryRun {
		return res, plan()
	}
	err = a.write(func() error {
		if err := plan(); err != nil {
			return err
		}
		if len(res.Disposal.Series) > 0 || res.Disposal.Observations != nil {
			batch, err := a.Store.Begin()
			if err != nil {
				return err
			}
			defer batch.Discard()
			if res.Entry, err = commit(batch, evidence.KindDisposal, res.Disposal, a.Now()); err != nil {
				return err
			}
		}
		if res.Erased, err = a.Store.Erase(ctx, req.Progress); err != nil {
			return err
		}
		res.Packed, err = a.Store.Pack(ctx, req.Progress)
		return err
	})
	if err != nil {
		return res, fmt.Errorf("prune: %w", err)
	}
	return res, nil
}

// disposal works out what is newly to be disposed of.
func disposal(v *store.View, r config.Retention, now time.Time) (evidence.Disposal, error) {
	d := evidence.Disposal{At: now.UTC(), Series: []evidence.DisposedSeries{}}
	before, err := v.Disposed()
	if err != nil {
		return d, err
	}
	held := map[string]bool{}
	var looks []store.Look // of one series
	series := func() {
		if len(looks) == 0 {
			return
		}
		s := evidence.DisposedSeries{Series: looks[0].Series, Keep: r.Keep(looks[0].Collector)}
		if s.Keep == 0 {
			return
		}
		times := make([]moment, 0, len(looks))
		for _, l := range looks {
			if l.Whole {
				times = append(times, moment{l.Entry, l.Window.To})
			}
		}
		s.Through = through(times, s.Keep, now, r.HoldsOn(looks[0].Collector), held)
		for _, l := range looks {
			if l.Entry >= before.Series[s.Series] && l.Entry < s.Through {
				s.Snapshots++
			}
		}
		if s.Snapshots > 0 {
			d.Series = append(d.Series, s)
		}
	}
	for l, err := range v.Looks() {
		if err != nil {
			return d, err
		}
		if len(looks) > 0 && looks[0].Series != l.Series {
			series()
			looks = looks[:0]
		}
		looks = append(looks, l)
	}
	series()
	slices.SortFunc(d.Series, func(x, y evidence.DisposedSeries) int { return strings.Compare(x.Series, y.Series) })
	if d.Observations, err = observations(v, r, now, before.Observations, held); err != nil {
		return d, err
	}
	for _, h := range r.Holds {
		if held[h.Name] {
			d.Holds = append(d.Holds, h)
		}
	}
	return d, nil
}

// observations works out which assessments newly lose theirs. Every hold holds them.
func observations(v *store.View, r config.Retention, now time.Time, before int64, held map[string]bool,
) (*evidence.DisposedObservations, error) {
	if r.Observations == 0 {
		return nil, nil
	}
	var times []moment
	for i := range v.EntriesOf(evidence.KindAssessment) {
		e, _, err := v.Entry(i)
		if err != nil {
			return nil, err
		}
		times = append(times, moment{i, e.RecordedAt})
	}
	slices.Reverse(times)
	d := &evidence.DisposedObservations{Keep: r.Observations, Through: through(times, r.Observations, now, r.Holds, held)}
	for _, t := range times {
		if t.entry >= before && t.entry < d.Through {
			d.Assessments++
		}
	}
	if d.Assessments == 0 {
		return nil, nil
	}
	return d, nil
}

// moment is an entry that tells the whole of something, and as of when.
type moment struct {
	entry int64
	at    time.Time
}

// through returns the first entry that stays: of the last moment before the kept time, which was in force when it began. A
// hold that keeps more is noted in held.
func through(times []moment, keep evidence.Duration, now time.Time, holds []evidence.Hold, held map[string]bool) int64 {
	first := func(since time.Time) (entry int64) {
		for _, t := range times {
			if t.at.Before(since) {
				entry = t.entry
			}
		}
		return entry
	}
	stays := first(now.Add(-time.Duration(keep)))
	least := stays
	for _, h := range holds {
		if from := first(h.From); from < stays {
			held[h.Name] = true
			least = min(least, from)
		}
	}
	return least
}
