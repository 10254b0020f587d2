package collect_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/collect/collecttest"
	"exhibit/internal/evidence"
)

// counted is a provider whose things are listed by one collector and known to another.
type counted struct {
	now    time.Time
	listed []string
	left   int // of the listed that are left out beside
	known  []collect.Known
	lag    time.Duration
	global bool // the list is of the account
	batch  *collecttest.Memory
}

func (c *counted) run(t *testing.T) (list, inventory evidence.Snapshot) {
	t.Helper()
	things := lister("thing", !c.global, func(ctx context.Context, t *collect.Task) error {
		t.Listed(len(c.listed) + c.left)
		if c.left > 0 {
			t.Exclude("not ours", c.left)
		}
		for _, id := range c.listed {
			if err := t.Emit(ctx, subject(id)); err != nil {
				return err
			}
		}
		return nil
	})
	other := lister("inventory", true, func(_ context.Context, t *collect.Task) error {
		if agrees, compared := t.Agrees("thing", len(c.known)); agrees || !compared {
			t.Recount("thing", "svc:List", len(c.known))
			return nil
		}
		return t.Compare("thing", "svc:List", c.known, c.lag)
	})
	other.Last = true
	f := &fake{collectors: []collect.Collector{other, things}} // the order of the list is not that of the work
	var plans []collect.ScopePlan
	for _, region := range []string{"", "r1"} {
		plans = append(plans, collect.ScopePlan{Scope: evidence.Scope{Provider: "fake", Account: "1", Region: region},
			Outcome: evidence.OutcomeOK, Session: f})
	}
	f.accounts = []collect.Account{collect.Ready(plans...)}
	batch := collecttest.NewMemory()
	cfg := collect.Config{RedactionKey: []byte("k"), Trigger: "manual", Tool: "test", Transport: answering{},
		Limits: collect.Limits{Pace: math.Inf(1)}, Now: func() time.Time { return c.now },
		Sources: []collect.OpenSource{{Name: "src", Provider: f, Decode: func(any) error { return nil }}}}
	if c.batch != nil {
		batch, cfg.Past = c.batch.Follow(), c.batch
	}
	cfg.Batch = batch
	if _, err := collect.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	snaps, _, err := batch.Snapshots()
	if err != nil || len(snaps) != 2 {
		t.Fatalf("%d snapshots, %v", len(snaps), err)
	}
	c.batch = batch
	if snaps[0].Collector == "inventory" {
		return snaps[1], snaps[0]
	}
	return snaps[0], snaps[1]
}

func known(since time.Time, ids ...string) []collect.Known {
	var out []collect.Known
	for _, id := range ids {
		out = append(out, collect.Known{Names: []string{id}, Since: since})
	}
	return out
}

// TestRecount holds that a list is proven whole, or not, by what an inventory knows, whatever is late in it.
func TestRecount(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	old := now.Add(-90 * day)
	second := func(n int) *evidence.SecondCount { return &evidence.SecondCount{Operation: "svc:List", Count: n} }
	for name, c := range map[string]struct {
		counted
		second *evidence.SecondCount
		want   evidence.Recount // less what is always the same
	}{
		"the same":             {counted{listed: []string{"a/x", "b"}, known: known(old, "b", "x")}, second(2), evidence.Recount{}},
		"one is in no list":    {counted{listed: []string{"a"}, known: known(old, "a", "b")}, second(2), evidence.Recount{Missed: 1, IDs: []string{"b"}}},
		"one came meanwhile":   {counted{listed: []string{"a"}, known: append(known(old, "a"), known(now.Add(1), "b")...)}, second(1), evidence.Recount{Late: 1}},
		"it may be left out":   {counted{listed: []string{"a", "c"}, left: 1, known: known(old, "a", "b", "c", "d")}, second(5), evidence.Recount{Missed: 2, IDs: []string{"b", "d"}}},
		"nobody knows if":      {counted{listed: []string{"a"}, left: 1, known: known(old, "a", "b")}, nil, evidence.Recount{}},
		"it is not known yet":  {counted{listed: []string{"a", "b"}, known: known(old, "a"), lag: time.Hour}, second(2), evidence.Recount{Late: 1}},
		"nothing tells since":  {counted{listed: []string{"a"}, known: known(time.Time{}, "a", "b")}, second(1), evidence.Recount{Late: 1}},
		"of the account":       {counted{listed: []string{"a", "b", "c"}, known: known(old, "a"), global: true}, nil, evidence.Recount{}},
		"not in the account's": {counted{listed: []string{"a", "b", "c"}, known: known(old, "d"), global: true}, second(4), evidence.Recount{Missed: 1, IDs: []string{"d"}}},
	} {
		t.Run(name, func(t *testing.T) {
			c.now = now
			list, inventory := c.run(t)
			if !reflect.DeepEqual(list.Completeness.SecondCount, c.second) {
				t.Errorf("second count %+v, want %+v", list.Completeness.SecondCount, c.second)
			}
			c.want.Collector, c.want.Operation, c.want.Counted, c.want.Scope = "thing", "svc:List", len(c.known), list.Scope.ID()
			got := inventory.Completeness.Recounts
			if len(got) != 1 {
				t.Fatalf("%+v", got)
			}
			got[0].Since = nil
			if !reflect.DeepEqual(got[0], c.want) {
				t.Errorf("got  %+v\nwant %+v", got[0], c.want)
			}
		})
	}
}

// TestRecountLater holds for how long an inventory may be late: of what went away and of what came, and that a difference
// that lasts is one.
func TestRecountLater(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	old := now.Add(-90 * day)
	differs := func(c *counted, at time.Duration) (missed, beyond, late int) {
		c.now = now.Add(at)
		_, inventory := c.run(t)
		r := inventory.Completeness.Recounts[0]
		return r.Missed, r.Beyond, r.Late
	}
	for name, c := range map[string]struct {
		counted
		change func(*counted)
		after  map[time.Duration][3]int
	}{
		"it went away": {counted{listed: []string{"a", "b"}, known: known(old, "a", "b"), lag: 36 * time.Hour},
			func(c *counted) { c.listed = []string{"a"} },
			map[time.Duration][3]int{time.Hour: {0, 0, 1}, 30 * time.Hour: {0, 0, 1}, 40 * time.Hour: {1, 0, 0}, 50 * time.Hour: {1, 0, 0}}},
		"it came": {counted{listed: []string{"a"}, known: known(old, "a"), lag: 36 * time.Hour},
			func(c *counted) { c.listed = []string{"a", "b"} },
			map[time.Duration][3]int{time.Hour: {0, 0, 1}, 30 * time.Hour: {0, 0, 1}, 40 * time.Hour: {0, 1, 0}, 50 * time.Hour: {0, 1, 0}}},
		"nothing tells since when": {counted{listed: []string{"a"}, known: known(time.Time{}, "a")},
			func(c *counted) { c.known = known(time.Time{}, "a", "b") },
			map[time.Duration][3]int{time.Hour: {0, 0, 1}, 2 * time.Hour: {1, 0, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			if m, b, l := differs(&c.counted, 0); m+b+l != 0 {
				t.Fatalf("%d missed, %d beyond, %d late", m, b, l)
			}
			c.change(&c.counted)
			for _, at := range []time.Duration{time.Hour, 2 * time.Hour, 30 * time.Hour, 40 * time.Hour, 50 * time.Hour} {
				want, ok := c.after[at]
				if !ok {
					continue
				}
				if m, b, l := differs(&c.counted, at); [3]int{m, b, l} != want {
					t.Errorf("after %v: %d missed, %d beyond, %d late, want %v", at, m, b, l, want)
				}
			}
		})
	}
}

// TestRecountTooMany holds that an inventory that knows next to nothing is not taken for one that is late.
func TestRecountTooMany(t *testing.T) {
	c := counted{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), lag: time.Hour}
	for i := range 200 {
		c.listed = append(c.listed, fmt.Sprint("thing/", i))
	}
	list, inventory := c.run(t)
	r := inventory.Completeness.Recounts[0]
	if r.Beyond != 200 || r.Late != 0 || len(r.IDs) != 10 || len(r.Since) != 0 || list.Completeness.SecondCount.Count != 0 {
		t.Errorf("%+v, second count %+v", r, list.Completeness.SecondCount)
	}
}
