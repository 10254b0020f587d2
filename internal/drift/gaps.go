package drift

import (
	"iter"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// covered returns how much of w the windows cover together.
func covered(windows []evidence.Window, w evidence.Window) time.Duration {
	sorted := slices.Clone(windows)
	slices.SortFunc(sorted, func(a, b evidence.Window) int { return a.From.Compare(b.From) })
	var sum time.Duration
	at := w.From
	for _, x := range sorted {
		x = clip(x, evidence.Window{From: at, To: w.To})
		if x.To.After(x.From) {
			sum += x.To.Sub(x.From)
			at = x.To
		}
	}
	return sum
}

// Gaps returns the intervals of the period, as known at asOf, in which a series has no whole list that is younger than its
// freshness, in order of series and time. Snapshots may come in any order; give the newest from before the period, too.
// freshness returns the shortest time that a control grants evidence of a subject type; 0 means that none reads it. Of a
// population that is collected by high-water mark it returns the gaps of its coverage: what a missed look would have told,
// the next one tells.
//
// BUG: a series of which no snapshot was ever committed is not known here; the scopes of a run tell about those.
func Gaps(snapshots iter.Seq2[evidence.Snapshot, error], freshness func(subjectType string) evidence.Duration,
	period evidence.Window, asOf time.Time,
) ([]evidence.Gap, error) {
	by := map[string][]evidence.Snapshot{}
	for s, err := range snapshots {
		if err != nil {
			return nil, err
		}
		if !s.Window.To.After(asOf) {
			by[s.Series()] = append(by[s.Series()], s)
		}
	}
	var out []evidence.Gap
	for _, name := range sortedKeys(by) {
		snaps := by[name]
		slices.SortStableFunc(snaps, func(a, b evidence.Snapshot) int { return a.Window.To.Compare(b.Window.To) })
		fresh := time.Duration(freshness(snaps[0].Collector))
		switch {
		case fresh <= 0:
		case snaps[len(snaps)-1].Completeness.Coverage != nil:
			out = append(out, eventGaps(name, snaps, fresh, period, asOf)...)
		default:
			out = append(out, seriesGaps(name, snaps, fresh, period, asOf)...)
		}
	}
	return out, nil
}

// eventGaps returns the gaps in what the snapshots cover together, the newest first asked, and since the last of them.
func eventGaps(name string, snaps []evidence.Snapshot, fresh time.Duration, period evidence.Window, asOf time.Time) []evidence.Gap {
	var out []evidence.Gap
	add := func(w evidence.Window, reason evidence.Outcome) {
		if w = clip(w, period); w.To.After(w.From) {
			out = append(out, evidence.Gap{Series: name, Window: w, Reason: reason})
		}
	}
	last := snaps[len(snaps)-1]
	if to := last.Completeness.Coverage.Span.To; asOf.Sub(to) > fresh {
		var tried evidence.Outcome
		if !last.Listed() {
			tried = last.Outcome
		}
		add(evidence.Window{From: to, To: asOf}, tried)
	}
	known := asOf // what lies behind it was told by a newer snapshot
	for _, s := range slices.Backward(snaps) {
		c := s.Completeness.Coverage
		if c == nil || !c.Span.From.Before(known) {
			continue
		}
		for _, g := range c.Gaps {
			w := g.Window
			if w.To.After(known) {
				w.To = known
			}
			add(w, evidence.OutcomeSkipped)
		}
		known = c.Span.From
	}
	slices.SortFunc(out, func(a, b evidence.Gap) int { return a.Window.From.Compare(b.Window.From) })
	return out
}

func seriesGaps(name string, snaps []evidence.Snapshot, fresh time.Duration, period evidence.Window, asOf time.Time) []evidence.Gap {
	var out []evidence.Gap
	at := period.From // the last look, or where the question begins
	var tried evidence.Outcome
	add := func(to time.Time) {
		from := at
		if to.Sub(from) <= fresh {
			return
		}
		w := clip(evidence.Window{From: from, To: to}, period)
		if w.To.After(w.From) {
			out = append(out, evidence.Gap{Series: name, Window: w, Reason: tried})
		}
	}
	for _, s := range snaps {
		if !s.Listed() {
			tried = evidence.Worse(tried, s.Outcome)
			continue
		}
		if s.Window.From.After(period.From) {
			add(s.Window.From)
		}
		at, tried = s.Window.To, ""
	}
	add(asOf)
	return out
}
