package assess

import (
	"fmt"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// population emits the observation about a check's population as a whole where there is one: the list could not be had,
// is not whole, or is empty.
func (r *run) population(w *scopeWork, s Snap, k *check, t *tallies) error {
	o := &evidence.Observation{Control: k.control.def.ID, Check: k.def.ID, Type: k.def.Subject, Scope: w.scope.id,
		Verdict: evidence.Unknown}
	stale := r.staleness(s, k.control)
	second := s.Completeness.SecondCount
	switch {
	case !s.Listed():
		g := listGap(s)
		o.Reason, o.Missing = g.reason, g.missing
	case second != nil && second.Count > s.Completeness.Listed:
		o.Reason = fmt.Sprintf("the list of %s is not whole: %s counts %d, %d were listed", s.Collector, second.Operation,
			second.Count, s.Completeness.Listed)
	case unseen(s) != "":
		o.Reason = unseen(s)
	case s.Subjects.Count > 0:
		return nil
	case stale != "":
		o.Reason = stale
	case s.Outcome == evidence.OutcomeNotEnabled:
		o.Verdict, o.Reason = evidence.NotApplicable, "the service is not enabled here"
	default:
		o.Verdict, o.Reason = k.def.OnEmpty, "there are no subjects"
		if loose := r.params[k.control].loose.of(k); loose != "" && o.Verdict == evidence.Pass {
			o.Verdict, o.Reason = evidence.Fail, loose
		}
	}
	return r.whole(k, o, t)
}

// unseen says which events of a population are not known though the list was had, or "".
func unseen(s Snap) string {
	c := s.Completeness.Coverage
	if c == nil || len(c.Gaps) == 0 {
		return ""
	}
	g := c.Gaps[0]
	span := fmt.Sprintf("from %s to %s", g.Window.From.Format(time.RFC3339), g.Window.To.Format(time.RFC3339))
	if g.Window.From.Equal(c.Span.From) { // which moves with the view
		span = "up to " + g.Window.To.Format(time.RFC3339)
	}
	reason := fmt.Sprintf("events of %s are not known %s: %s", s.Collector, span, g.Reason)
	if n := len(c.Gaps) - 1; n > 0 {
		reason += fmt.Sprintf("; and in %d further gaps", n)
	}
	return reason
}

// mayLack reports whether subjects of the type could be in a scope that was asked for and could not be reached.
func (r *run) mayLack(w *scopeWork, typ string) bool {
	if len(w.lost) == 0 || providerOf(typ) != w.scope.Provider {
		return false
	}
	// A type that is collected per region is not to be found where there is no region, nor the other way round.
	seen := r.collected[typ]
	return seen == nil || seen[w.scope.Region != ""]
}

// lostReason says why the scope could not be reached.
func (w *scopeWork) lostReason() string {
	worst := w.lost[0]
	for _, l := range w.lost {
		graver := evidence.Worse(worst.Outcome, l.Outcome) != worst.Outcome
		if graver || l.Outcome == worst.Outcome && l.Reason < worst.Reason {
			worst = l
		}
	}
	reason := "the scope could not be collected: " + string(worst.Outcome)
	if worst.Reason != "" {
		reason += ", " + worst.Reason
	}
	return reason
}

// lost emits the observation of a check whose scope was asked for and could not be reached.
func (r *run) lost(w *scopeWork, k *check, t *tallies) error {
	asked := func(o evidence.ScopeOutcome) bool { return k.looksAt(o.Source) }
	if !slices.ContainsFunc(w.lost, asked) || !r.mayLack(w, k.def.Subject) {
		return nil
	}
	return r.whole(k, &evidence.Observation{Control: k.control.def.ID, Check: k.def.ID, Type: k.def.Subject,
		Scope: w.scope.id, Verdict: evidence.Unknown, Reason: w.lostReason()}, t)
}

// whole counts and emits an observation about a population.
func (r *run) whole(k *check, o *evidence.Observation, t *tallies) error {
	t.at(k.control, o.Scope).count(k, o)
	var parts subjectParts
	quoteSubject(&parts, evidence.Digest{}, o)
	return r.sink.Observation(o.Key(), appendObservation(nil, k.parts, &parts, o))
}

// listGap says why a list could not be had.
func listGap(s Snap) gap {
	g := gap{reason: fmt.Sprintf("%s could not be listed: %s", s.Collector, s.Outcome)}
	for _, op := range s.Completeness.Operations {
		if op.Outcome.Seen() {
			continue
		}
		m := evidence.Missing{Operation: op.Name, Outcome: op.Outcome, Permission: op.Permission}
		g.missing = append(g.missing, m)
		if op.Outcome == s.Outcome {
			g.reason = missingReason(s.Collector, m)
		}
	}
	if len(g.missing) == 0 {
		g.missing = []evidence.Missing{{Operation: s.Collector, Outcome: s.Outcome}}
	}
	return g
}
