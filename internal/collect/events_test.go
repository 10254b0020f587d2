package collect_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

const day = 24 * time.Hour

// happening is an event that the provider tells of a while after it happened.
type happening struct {
	id    string
	at    time.Time
	shown time.Time
}

// history is a provider's log of events and the runs that read it.
type history struct {
	events    collect.Events
	log       []happening
	now       time.Time
	fails     bool // after it told of the first event
	unentered bool // the scope cannot be tried
	version   int
	config    string        // what the source's configuration says
	waits     time.Duration // how long after its source was opened the task begins
	since     time.Time     // what the last run asked from
	earlier   []string      // what it was told that earlier runs held
	batch     *collecttest.Memory
}

// fataler is a test, or one case of a property.
type fataler interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func newHistory() *history {
	return &history{
		events:  collect.Events{View: 30 * day, Retention: 20 * day, Settling: time.Hour, When: "at"},
		version: 1, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func (h *history) happens(id string, at time.Time, delay time.Duration) {
	h.log = append(h.log, happening{id, at, at.Add(delay)})
}

// run collects once, after what was committed before.
func (h *history) run(t fataler) (evidence.Snapshot, []string) {
	batch := collecttest.NewMemory()
	var late atomic.Int64
	cfg := collect.Config{RedactionKey: []byte("k"), Trigger: "manual", Tool: "test", Transport: answering{},
		Limits: collect.Limits{Pace: math.Inf(1)}, Now: func() time.Time { return h.now.Add(time.Duration(late.Load())) }}
	if h.batch != nil {
		batch, cfg.Past = h.batch.Follow(), h.batch
	}
	c := lister("log", false, h.list)
	c.Version, c.Events = h.version, &h.events
	f := &fake{collectors: []collect.Collector{c}}
	plan := collect.ScopePlan{Scope: evidence.Scope{Provider: "fake", Account: "1"}, Outcome: evidence.OutcomeOK, Session: f}
	if h.unentered {
		plan.Outcome, plan.Reason = evidence.OutcomeDenied, "may not be entered"
	}
	account := collect.Ready(plan)
	f.accounts = []collect.Account{{Scope: account.Scope, Plan: func(ctx context.Context, tk *collect.Task) ([]collect.ScopePlan, error) {
		late.Store(int64(h.waits))
		return account.Plan(ctx, tk)
	}}}
	cfg.Batch = batch
	cfg.Sources = []collect.OpenSource{{Name: "src", Provider: f, Decode: func(any) error { return nil },
		ConfigDigest: evidence.Sum([]byte(h.config))}}
	if _, err := collect.Run(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	snaps, subjects, err := batch.Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	h.batch = batch
	var ids []string
	for id := range subjects[0] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if snaps[0].Subjects.Count != len(ids) || snaps[0].Completeness.Kept+snaps[0].Completeness.Carried != len(ids) {
		t.Fatalf("%d events, but %+v", len(ids), snaps[0].Completeness)
	}
	return snaps[0], ids
}

func (h *history) list(ctx context.Context, tk *collect.Task) error {
	h.since, h.earlier = tk.Since(), nil
	err := tk.Earlier(func(s evidence.Subject) error {
		h.earlier = append(h.earlier, s.ID)
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range h.log {
		forgotten := h.events.Retention > 0 && e.at.Before(h.now.Add(-h.events.Retention))
		if e.at.Before(h.since) || forgotten || e.shown.After(h.now) {
			continue
		}
		tk.Listed(1)
		doc := fmt.Appendf(nil, `{"at":%q,"version":%d}`, e.at.Format(time.RFC3339Nano), h.version)
		if err := tk.Emit(ctx, evidence.Subject{ID: e.id, Doc: doc}); err != nil {
			return err
		}
		if h.fails {
			return tk.Call(ctx, "svc:List", failing(errDenied))
		}
	}
	if h.fails {
		return tk.Call(ctx, "svc:List", failing(errDenied))
	}
	return tk.Call(ctx, "svc:List", nothing)
}

// told is a coverage in days from the start, "0-30 but 0-10 before the first collection".
func (h *history) told(c *evidence.Coverage) string {
	if c == nil {
		return "none"
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	span := func(w evidence.Window) string {
		return fmt.Sprintf("%g-%g", w.From.Sub(start).Hours(), w.To.Sub(start).Hours())
	}
	out := span(c.Span)
	for _, g := range c.Gaps {
		out += ", not " + span(g.Window) + " " + g.Reason
	}
	return out
}

// TestEventsByMark goes through what may happen to a series, one run after the other. Times are hours since the start.
func TestEventsByMark(t *testing.T) {
	h := newHistory()
	start := h.now
	at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	h.happens("forgotten", at(-25*24), 0)
	h.happens("old", at(-19*24), 0)
	h.happens("late", at(-2), 0)
	h.happens("later", at(-0), time.Hour)
	steps := []struct {
		name    string
		hours   int
		change  func()
		outcome evidence.Outcome
		since   int
		ids     string
		covers  string
	}{
		{"the first asks as far back as the provider knows", 0, nil, evidence.OutcomeOK, -480, "late old",
			"-720--1, not -720--480 before the first collection"},
		{"the next goes on where the events had settled and finds what came late", 24, func() { h.happens("new", at(20), 0) },
			evidence.OutcomeOK, -1, "late later new old", "-696-23, not -696--480 before the first collection"},
		{"nothing new is no empty list", 48, nil, evidence.OutcomeOK, 23, "late later new old",
			"-672-47, not -672--480 before the first collection"},
		{"one that fails leaves the mark and loses nothing", 72, func() { h.fails = true; h.happens("seen", at(60), 0) },
			evidence.OutcomeDenied, 47, "late later new old seen", "-648-47, not -648--480 before the first collection"},
		{"nor does one that cannot be tried", 96, func() { h.fails, h.unentered = false, true },
			evidence.OutcomeDenied, 47, "late later new old seen", "-624-47, not -624--480 before the first collection"},
		{"after which the next asks from the old mark", 120, func() { h.unentered = false; h.happens("during", at(90), 0) },
			evidence.OutcomeOK, 47, "during late later new old seen", "-600-119, not -600--480 before the first collection"},
		{"the view passes events and gaps by", 300, nil, evidence.OutcomeOK, 119, "during late later new seen", "-420-299"},
		{"what the provider forgot is a gap", 300 + 25*24, func() { h.happens("lost", at(350), 0); h.happens("last", at(800), 0) },
			evidence.OutcomeOK, 900 - 480, "last", "180-899, not 299-420 no collection succeeded before the provider forgot"},
		{"which stays as long as it is in view", 910, nil, evidence.OutcomeOK, 899, "last",
			"190-909, not 299-420 no collection succeeded before the provider forgot"},
		{"another version asks for all anew", 920, func() { h.version = 2 }, evidence.OutcomeOK, 440, "last",
			"200-919, not 200-440 before the first collection"},
		{"and has no mark when it fails", 930, func() { h.version = 3; h.fails = true }, evidence.OutcomeDenied, 450, "last", "none"},
	}
	for _, step := range steps {
		if h.now = at(step.hours); step.change != nil {
			step.change()
		}
		snap, ids := h.run(t)
		if got := strings.Join(ids, " "); got != step.ids || snap.Outcome != step.outcome {
			t.Errorf("%s: %s with %q, want %s with %q", step.name, snap.Outcome, got, step.outcome, step.ids)
		}
		if !h.since.Equal(at(step.since)) {
			t.Errorf("%s: asked from %v, want %d", step.name, h.since.Sub(start).Hours(), step.since)
		}
		if got := h.told(snap.Completeness.Coverage); got != step.covers {
			t.Errorf("%s: covers %s, want %s", step.name, got, step.covers)
		}
	}
}

// TestAnotherVersionCarriesNothing holds that what another version kept of an event is not carried over, which may be more than
// this one would keep: not when all is asked anew, and not when that fails.
func TestAnotherVersionCarriesNothing(t *testing.T) {
	for _, fails := range []bool{false, true} {
		h := newHistory()
		h.happens("old", h.now.Add(-15*day), 0)
		h.happens("new", h.now.Add(-time.Hour), 0)
		if _, ids := h.run(t); len(ids) != 2 {
			t.Fatalf("the first run has %v", ids)
		}
		h.now = h.now.Add(10 * day) // the old one is in view, and the provider knows of it no more
		h.version, h.fails = 2, fails
		snap, ids := h.run(t)
		if strings.Join(ids, " ") != "new" || snap.Completeness.Carried != 0 {
			t.Errorf("fails %v: %v, %d carried over", fails, ids, snap.Completeness.Carried)
		}
		h.now, h.fails = h.now.Add(time.Hour), false
		snap, ids = h.run(t)
		if strings.Join(ids, " ") != "new" || !strings.Contains(h.told(snap.Completeness.Coverage), "before the first collection") {
			t.Errorf("fails %v: then %v, covers %s", fails, ids, h.told(snap.Completeness.Coverage))
		}
	}
}

// TestCoverageHoldsWhatItSays holds, whatever happens and however runs end, that no event of a covered span is missing.
func TestCoverageHoldsWhatItSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHistory()
		for i := range rapid.IntRange(0, 60).Draw(rt, "events") {
			at := h.now.Add(time.Duration(rapid.IntRange(-40*24, 60*24).Draw(rt, "hour")) * time.Hour)
			h.happens(fmt.Sprint(i), at, time.Duration(rapid.IntRange(0, 60).Draw(rt, "minutes"))*time.Minute)
		}
		ever := map[string]bool{}
		for range rapid.IntRange(1, 12).Draw(rt, "runs") {
			h.now = h.now.Add(time.Duration(rapid.IntRange(0, 12*24).Draw(rt, "pause")) * time.Hour)
			h.fails = rapid.IntRange(0, 2).Draw(rt, "fails") == 0
			h.unentered = rapid.IntRange(0, 5).Draw(rt, "unentered") == 0
			snap, ids := h.run(rt)
			held := map[string]bool{}
			for _, id := range ids {
				held[id], ever[id] = true, true
			}
			for _, e := range h.log {
				if e.at.Before(h.now.Add(-h.events.View)) {
					continue
				}
				if ever[e.id] && !held[e.id] {
					rt.Fatalf("event %s was seen, is in view, and is lost", e.id)
				}
				c := snap.Completeness.Coverage
				if c == nil || held[e.id] {
					continue
				}
				if len(c.Unknown(evidence.Window{From: e.at, To: e.at.Add(1)})) == 0 {
					rt.Fatalf("event %s of %s is missing from %+v", e.id, e.at, *c)
				}
			}
		}
	})
}
