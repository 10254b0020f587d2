package collect_test

import (
	"strings"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// TestEventsOfAConfiguredView goes through what a source's configuration may do to a series whose provider forgets nothing.
// Times are hours since the start.
func TestEventsOfAConfiguredView(t *testing.T) {
	h := newHistory()
	start := h.now
	at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	begin := -240
	h.events = collect.Events{Settling: time.Hour, When: "at", Begin: func(session any, now time.Time) time.Time {
		if _, ok := session.(*fake); !ok {
			t.Errorf("the view is asked of %T", session)
		}
		return at(begin)
	}}
	h.happens("ancient", at(-400), 0)
	h.happens("old", at(-200), 0)
	for _, step := range []struct {
		name    string
		hours   int
		change  func()
		outcome evidence.Outcome
		since   int
		earlier string
		ids     string
		covers  string
	}{
		{"the first asks for all that is in view", 0, nil, evidence.OutcomeOK, -240, "", "old", "-240--1"},
		{"the next goes on", 24, func() { h.happens("new", at(20), 0) }, evidence.OutcomeOK, -1, "old", "new old", "-240-23"},
		{"what was not entered loses nothing", 48, func() { h.unentered = true }, evidence.OutcomeDenied, -1, "old", "new old",
			"-240-23"},
		{"a view that grows asks for all anew, and covers no more when it fails", 72,
			func() { h.unentered, h.fails, begin = false, true, -480 }, evidence.OutcomeDenied, -480, "new old",
			"ancient new old", "-240-23"},
		{"and then does", 96, func() { h.fails = false }, evidence.OutcomeOK, -480, "ancient new old", "ancient new old", "-480-95"},
		{"a view that shrinks passes by", 120, func() { begin = -100 }, evidence.OutcomeOK, 95, "new", "new", "-100-119"},
		{"another version carries nothing over", 144, func() { h.version, h.log = 2, h.log[:2]; begin = -300 }, evidence.OutcomeOK,
			-300, "", "old", "-300-143"},
		{"a configuration that asks of more finds what was before", 150, func() { h.config = "more"; h.happens("elsewhere", at(100), 0) },
			evidence.OutcomeOK, -300, "old", "elsewhere old", "-300-149"},
		{"and says nothing of it while that fails", 152, func() { h.config, h.fails = "most", true }, evidence.OutcomeDenied, -300,
			"elsewhere old", "elsewhere old", "none"},
		{"but then", 154, func() { h.fails = false }, evidence.OutcomeOK, -300, "elsewhere old", "elsewhere old", "-300-153"},
		{"a task that waits covers what there was when its source was opened", 156, func() { h.waits = 5 * time.Hour },
			evidence.OutcomeOK, 153, "elsewhere old", "elsewhere old", "-300-155"},
		{"a view shorter than events take to settle covers nothing yet", 168, func() { h.waits, h.events.Settling, begin = 0, 24*time.Hour, 160 },
			evidence.OutcomeEmpty, 160, "", "", "160-160"},
	} {
		if h.now = at(step.hours); step.change != nil {
			step.change()
		}
		snap, ids := h.run(t)
		if got := strings.Join(ids, " "); got != step.ids || snap.Outcome != step.outcome {
			t.Errorf("%s: %s with %q, want %s with %q", step.name, snap.Outcome, got, step.outcome, step.ids)
		}
		if !h.unentered && !h.since.Equal(at(step.since)) {
			t.Errorf("%s: asked from %v, want %d", step.name, h.since.Sub(start).Hours(), step.since)
		}
		if got := strings.Join(h.earlier, " "); !h.unentered && got != step.earlier {
			t.Errorf("%s: earlier are %q, want %q", step.name, got, step.earlier)
		}
		if got := h.told(snap.Completeness.Coverage); got != step.covers {
			t.Errorf("%s: covers %s, want %s", step.name, got, step.covers)
		}
	}
}
