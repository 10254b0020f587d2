package collect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"exhibit/internal/evidence"
)

// Events says how the events of a population are collected: each collection asks from where the last one that succeeded
// ended, and what it held is carried over for as long as it is in view. Nothing is asked twice but for the overlap in which
// events may still have been on their way, and an event that was seen is never lost to a later failure, unless another version
// of the collector saw it.
type Events struct {
	// View is how long an event stays in the manifest.
	View time.Duration
	// Begin says in place of View from when on events are in view, where the source's configuration decides it. session is
	// the one that Collect gets.
	Begin func(session any, now time.Time) time.Time
	// Retention is how far back the provider can be asked; zero is as far as there is anything. Then all that is in view is
	// asked for anew when the view grows or the collector's version changes, and nothing is carried over from the other
	// version.
	Retention time.Duration
	// Settling is how long it may take until the provider tells of an event. The mark stays that far behind.
	Settling time.Duration
	// When is the document's top-level member that says when the event happened, in RFC 3339.
	When string
}

// The reasons of gaps in a coverage.
const (
	beforeFirst = "before the first collection"
	keptNoMore  = "no collection succeeded before the provider forgot"
)

// mark is what a task knows of the collections before it.
type mark struct {
	events Events
	// begin is where the view begins, since from when the provider is asked, until how far events have settled.
	begin, since, until time.Time
	gaps                []evidence.Unknowable // of the new coverage
	past                evidence.Snapshot     // whose events are carried over; without subjects when there is none
	anew                bool                  // the configuration is another: what is covered is told when all was asked
	source              Past
}

// mark works out from where a series goes on; nil when the collector knows no mark.
func (r *run) mark(src *source, snap evidence.Snapshot, c Collector, session any) (*mark, error) {
	if c.Events == nil {
		return nil, nil
	}
	m := &mark{events: *c.Events, source: r.Past}
	if r.Past != nil {
		past, ok, err := r.Past.Newest(snap.Source, snap.Collector, snap.Scope.ID())
		if err != nil {
			return nil, err
		}
		if ok {
			m.past = past
		}
	}
	if c.Events.Begin != nil {
		m.events.View = m.viewOf(session, snap.Window.From)
	}
	m.place(src, snap.Window.From, c.Version)
	return m, nil
}

// viewOf is how long the view of the session's configuration is. Of a scope that was not entered nothing passes by.
func (m *mark) viewOf(session any, now time.Time) time.Duration {
	known := m.past.Completeness.Coverage
	switch {
	case session != nil:
		return now.Sub(m.events.Begin(session, now))
	case known != nil:
		return now.Sub(known.Span.From)
	}
	return m.events.View
}

// place fills in the times. A collection by another version may have asked for other events, or kept more of them, so that
// all is asked anew and nothing is carried over. Where the configuration decides what is in view, one by another configuration
// may have asked of fewer repositories: all is asked anew beside what is carried over. A task may begin long after its source
// was opened, and rest on what was asked then: what is covered ends as if it had begun there.
func (m *mark) place(src *source, now time.Time, version int) {
	m.begin, m.until = now.Add(-m.events.View), src.opened.Add(-m.events.Settling)
	if m.until.Before(m.begin) { // a view of nothing but what has not settled
		m.until = m.begin
	}
	m.since = now.Add(-m.events.Retention)
	if m.since.Before(m.begin) || m.events.Retention == 0 {
		m.since = m.begin
	}
	if m.past.Origin.CollectorVersion != version {
		m.past = evidence.Snapshot{}
	}
	known := m.past.Completeness.Coverage
	m.anew = m.events.Begin != nil && m.past.Origin.ConfigDigest != src.config
	if known == nil || m.anew || m.events.Retention == 0 && known.Span.From.After(m.begin) {
		m.gap(m.begin, m.since, beforeFirst)
		return
	}
	m.gap(m.begin, known.Span.From, beforeFirst)
	for _, g := range known.Gaps {
		m.gap(g.Window.From, g.Window.To, g.Reason)
	}
	m.gap(known.Span.To, m.since, keptNoMore)
	if known.Span.To.After(m.since) {
		m.since = known.Span.To
	}
	if known.Span.To.After(m.until) {
		m.until = known.Span.To
	}
}

// gap notes a part of the view as not known.
func (m *mark) gap(from, to time.Time, reason string) {
	if from.Before(m.begin) {
		from = m.begin
	}
	if from.Before(to) {
		m.gaps = append(m.gaps, evidence.Unknowable{Window: evidence.Window{From: from, To: to}, Reason: reason})
	}
}

// coverage is what a collection that succeeded covers; one that did not leaves it where it was.
func (m *mark) coverage(succeeded bool) *evidence.Coverage {
	if succeeded {
		return &evidence.Coverage{Span: evidence.Window{From: m.begin, To: m.until}, Gaps: m.gaps}
	}
	known := m.past.Completeness.Coverage
	if known == nil || m.anew {
		return nil
	}
	left := *known
	if m.begin.After(left.Span.From) {
		left.Span.From = m.begin
	}
	if left.Span.To.Before(m.begin) {
		left.Span.From = left.Span.To
	}
	left.Gaps = slices.Clone(m.gaps)
	left.Gaps = slices.DeleteFunc(left.Gaps, func(g evidence.Unknowable) bool { return g.Window.To.After(left.Span.To) })
	return &left
}

// Since returns from when a population's events are to be asked for: from where the collection before ended, or from as far
// back as there is a view to fill and the provider knows. It is the zero time for what is collected without a mark.
func (t *Task) Since() time.Time {
	if t.mark == nil {
		return time.Time{}
	}
	return t.mark.since
}

// Earlier hands over the subjects that the series' newest snapshot holds, from which the collection goes on: those that
// will be carried over while they are in view, unless they are listed again. There are none before the first.
func (t *Task) Earlier(f func(evidence.Subject) error) error {
	if t.mark == nil || t.mark.past.Subjects.Count == 0 {
		return nil
	}
	return t.mark.source.Subjects(t.mark.past.Subjects, func(key string, _ evidence.Digest, object []byte) error {
		if t.mark.passed(object) {
			return nil
		}
		var s evidence.Subject
		if err := json.Unmarshal(object, &s); err != nil {
			return &batchError{fmt.Errorf("read %s of an earlier snapshot: %w", key, err)}
		}
		return f(s)
	})
}

// Gap notes that events of a span are not known and never will be, because the provider forgot them before they were seen.
// Spans of one reason that meet become one. It is for what the numbering of events tells; that no collection succeeded in
// time is noted without it.
func (t *Task) Gap(from, to time.Time, reason string) {
	if t.mark == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark.widen(evidence.Window{From: from, To: to}, reason)
}

// widen is gap for a span that may meet others of its reason.
func (m *mark) widen(w evidence.Window, reason string) {
	if w.From.Before(m.begin) {
		w.From = m.begin
	}
	m.gaps = slices.DeleteFunc(m.gaps, func(g evidence.Unknowable) bool {
		if g.Reason != reason || g.Window.From.After(w.To) || g.Window.To.Before(w.From) {
			return false
		}
		if g.Window.From.Before(w.From) {
			w.From = g.Window.From
		}
		if g.Window.To.After(w.To) {
			w.To = g.Window.To
		}
		return true
	})
	m.gap(w.From, w.To, reason)
	slices.SortFunc(m.gaps, func(a, b evidence.Unknowable) int { // whatever the order in which they were found
		return cmp.Or(a.Window.From.Compare(b.Window.From), a.Window.To.Compare(b.Window.To), cmp.Compare(a.Reason, b.Reason))
	})
}

// carry keeps the events of the series' newest snapshot that are in view and were not listed again, and says what is
// covered. That snapshot may have failed itself: it holds what those before it held, and what it saw.
func (w *work) carry(snap *evidence.Snapshot) error {
	m := w.mark
	if m.past.Subjects.Count > 0 {
		err := m.source.Subjects(m.past.Subjects, func(key string, d evidence.Digest, object []byte) error {
			if _, again := w.ids[key]; again || m.passed(object) {
				return nil
			}
			snap.Completeness.Carried++
			return w.list.Keep(key, d)
		})
		if err != nil {
			return err
		}
	}
	succeeded := snap.Outcome == evidence.OutcomeOK || snap.Outcome == evidence.OutcomeEmpty
	if snap.Outcome == evidence.OutcomeEmpty && snap.Completeness.Carried > 0 {
		snap.Outcome = evidence.OutcomeOK // nothing new is not nothing
	}
	snap.Completeness.Coverage = m.coverage(succeeded)
	return nil
}

// passed reports whether the view has passed an event by. One that does not say when it was is kept.
func (m *mark) passed(object []byte) bool {
	var s struct {
		Doc map[string]json.RawMessage `json:"doc"`
	}
	var at time.Time
	if json.Unmarshal(object, &s) != nil || json.Unmarshal(s.Doc[m.events.When], &at) != nil {
		return false
	}
	return at.Before(m.begin)
}
