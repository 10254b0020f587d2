package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"sort"
	"sync"
	"time"

	"exhibit/internal/catalog"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// Reassessed is what another catalog would say of stored evidence.
type Reassessed struct {
	AsOf time.Time `json:"as_of"`
	// Before and After are the catalogs; equal digests mean that only the evaluator can differ.
	Before evidence.Digest `json:"catalog_before"`
	After  evidence.Digest `json:"catalog_after"`
	// Same counts observations that stay as they are, facts and all.
	Same    int               `json:"same"`
	Changes []evidence.Change `json:"changes"`
}

// Reassess judges the evidence of the newest assessment by t again, as of the same time, by the catalog given, and returns
// every verdict that would change. It keeps nothing.
func (a *App) Reassess(ctx context.Context, cat *catalog.Catalog, t time.Time) (Reassessed, error) {
	var res Reassessed
	err := a.Store.View(func(v *store.View) error {
		old, err := AssessmentAt(v, t)
		if err != nil {
			return err
		}
		c := &comparison{view: v, old: old.Observations, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{},
			changes: []evidence.Change{}}
		next, err := a.Judge(ctx, cat, v, old.View, old.AsOf, c)
		if err != nil {
			return err
		}
		if err := c.removed(); err != nil {
			return err
		}
		sort.Slice(c.changes, func(i, j int) bool { return changeKey(c.changes[i]) < changeKey(c.changes[j]) })
		res = Reassessed{AsOf: old.AsOf, Before: old.Catalog, After: next.Catalog, Same: c.same, Changes: c.changes}
		return nil
	})
	return res, err
}

func changeKey(c evidence.Change) string { return c.Scope + "|" + c.Check + "|" + c.Subject }

// comparison is an assess.Sink that remembers only what differs from the stored observations. It holds 8 bytes for each
// observation, not the observation.
type comparison struct {
	view *store.View
	old  evidence.ListRef
	seed maphash.Seed

	mu      sync.Mutex
	seen    map[uint64]struct{}
	same    int
	changes []evidence.Change
}

// Observation implements assess.Sink.
func (c *comparison) Observation(key string, object []byte) error {
	before, err := c.view.Get(c.old, key)
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[maphash.String(c.seed, key)] = struct{}{}
	if err == nil && before == evidence.Sum(object) {
		c.same++
		return nil
	}
	var was, is evidence.Observation
	if err := json.Unmarshal(object, &is); err != nil {
		return fmt.Errorf("decode an observation: %w", err)
	}
	if !before.IsZero() {
		raw, err := c.view.Object(before)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &was); err != nil {
			return fmt.Errorf("decode an observation: %w", err)
		}
	}
	if was.Verdict == is.Verdict {
		c.same++ // other facts or reasons, the same verdict
		return nil
	}
	c.add(is, was.Verdict, is.Verdict, is.Reason)
	return nil
}

// Finding implements assess.Sink: findings follow from observations.
func (c *comparison) Finding(string, []byte) error { return nil }

// removed adds the stored observations that would no longer be made.
func (c *comparison) removed() error {
	return c.view.List(c.old, func(key string, d evidence.Digest) error {
		if _, ok := c.seen[maphash.String(c.seed, key)]; ok {
			return nil
		}
		raw, err := c.view.Object(d)
		if err != nil {
			return err
		}
		var was evidence.Observation
		if err := json.Unmarshal(raw, &was); err != nil {
			return fmt.Errorf("decode an observation: %w", err)
		}
		c.add(was, was.Verdict, "", "no longer observed")
		return nil
	})
}

func (c *comparison) add(o evidence.Observation, before, after evidence.Verdict, reason string) {
	c.changes = append(c.changes, evidence.Change{
		What: "verdict", Cause: evidence.CauseRule, Scope: o.Scope, Type: o.Type, Subject: o.Subject, Name: o.Name,
		Control: o.Control, Check: o.Check, Before: string(before), After: string(after), Reason: reason,
	})
}
