package daemon

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"exhibit/internal/build"
	"exhibit/internal/collect"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// running names the note of a run that is under way. The commit of the run takes it away, so that one which is found when
// the store is opened belongs to a process that ended before its run did.
const running = "running|"

// underWay is what is known of a run before it ends.
type underWay struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Trigger string    `json:"trigger"`
	// Sources are the providers by the name of the source.
	Sources map[string]string `json:"sources"`
}

// begins leaves word of a run.
func (a *App) begins(id string, sources []collect.OpenSource, trigger string) error {
	run := underWay{ID: id, Started: a.Now(), Trigger: trigger, Sources: map[string]string{}}
	for _, s := range sources {
		run.Sources[s.Name] = s.Provider.Name()
	}
	note, err := json.Marshal(run)
	if err != nil {
		return err
	}
	return a.Store.PutNotes(map[string][]byte{running + id: note})
}

// recover commits, for each run that a process left unended, a failed run with every source that it was to ask. Nothing
// stays under way. The caller holds a.turn.writing.
func (a *App) recover() error {
	left := map[string]underWay{}
	err := a.Store.View(func(v *store.View) error {
		for name, value := range v.Notes(running) {
			var run underWay
			if err := json.Unmarshal(value, &run); err != nil {
				return fmt.Errorf("note %s: %w", name, err)
			}
			left[name] = run
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("find runs that did not end: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		if err := a.commitFailed(name, left[name]); err != nil {
			return fmt.Errorf("commit run %s as failed: %w", strings.TrimPrefix(name, running), err)
		}
	}
	return nil
}

func (a *App) commitFailed(note string, left underWay) error {
	const reason = "the process ended before the run did"
	batch, err := a.Store.Begin()
	if err != nil {
		return err
	}
	defer batch.Discard()
	none, err := batch.List("run|snapshots", "snapshot").Close()
	if err != nil {
		return err
	}
	run := evidence.Run{ID: left.ID, Trigger: left.Trigger, Tool: build.Tool(), Error: reason, Snapshots: none,
		Window: evidence.Window{From: left.Started, To: a.Now()}, Outcome: evidence.OutcomeFailed}
	for _, source := range slices.Sorted(maps.Keys(left.Sources)) {
		run.Scopes = append(run.Scopes, evidence.ScopeOutcome{Source: source, Outcome: evidence.OutcomeFailed, Reason: reason,
			Scope: evidence.Scope{Provider: left.Sources[source]}})
	}
	if err := batch.PutNote(note, nil); err != nil {
		return err
	}
	_, err = commit(batch, evidence.KindRun, run, a.Now())
	return err
}
