package assess

import (
	"fmt"
	"time"

	"exhibit/internal/change"
)

// changesUntil is until when all lists of changes that were had reach; the time of the assessment when there is none.
func (r *run) changesUntil() time.Time {
	until := r.asOf
	for _, a := range r.accounts {
		for _, w := range a.scopes {
			for _, s := range w.snaps {
				if tells := change.Tells(s.Collector); tells == "" || tells == change.TellsBypass || change.Completes(s.Collector) ||
					!s.Listed() {
					continue
				}
				reach := s.Window.From
				if c := s.Completeness.Coverage; c != nil && change.Tells(s.Collector) != change.TellsCommit {
					reach = c.Span.To
				}
				if reach.Before(until) {
					until = reach
				}
			}
		}
	}
	return until.UTC()
}

// short says in what a list falls short of the period. What goes around rules is told for some weeks only, and a list of
// changes is whole without it: it is noted. So is what only completes deployments.
func (l *changeLister) short(w *scopeWork, s Snap, note bool) {
	if note {
		missing := l.out.Missing
		l.out.Missing = nil
		defer func() { l.out.Missing, l.out.Notes = missing, append(l.out.Notes, l.out.Missing...) }()
	}
	second := s.Completeness.SecondCount
	switch {
	case !s.Listed():
		l.miss(w, listGap(s).reason)
		return
	case second != nil && second.Count > s.Completeness.Listed:
		l.miss(w, fmt.Sprintf("the list of %s is not whole: %s counts %d, %d were listed", s.Collector, second.Operation,
			second.Count, s.Completeness.Listed))
	}
	period := l.in.Period
	if c := s.Completeness.Coverage; c != nil {
		known := *c
		if change.Tells(s.Collector) == change.TellsCommit && s.Window.From.After(known.Span.To) {
			known.Span.To = s.Window.From // what stands on a branch is told at once, however late its age lets it come there
		}
		for _, u := range known.Unknown(period) {
			l.miss(w, fmt.Sprintf("%s from %s to %s: %s", s.Collector, u.Window.From.Format(time.RFC3339),
				u.Window.To.Format(time.RFC3339), u.Reason))
		}
	} else if s.Window.From.Before(period.To) {
		l.miss(w, fmt.Sprintf("%s from %s to %s: not collected yet", s.Collector, s.Window.From.Format(time.RFC3339),
			period.To.Format(time.RFC3339)))
	}
}
