package daemon

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// journal is where entries wait that must be on the disk at once, while a collection holds the ledger for hours. It is a
// note for each entry, taken away by the commit of the entry, so that a crash neither loses nor doubles one.
const journal = "journal|"

// turn lets one writer of the ledger at a time go on. Every App over one store has the same.
type turn struct {
	writing sync.Mutex // held for the whole of a collection or an assessment

	mu   sync.Mutex
	next uint64 // number of the next note of the journal
}

// waiting is an entry in the journal.
type waiting struct {
	Kind evidence.Kind   `json:"kind"`
	Body json.RawMessage `json:"body"`
}

// enter keeps an entry at once, and commits it as soon as nobody else is writing. Entries are committed in the order in
// which they were entered; their bodies say when that was.
func (a *App) enter(kind evidence.Kind, body any) error {
	canonical, err := evidence.Encode(body)
	if err != nil {
		return err
	}
	note, err := json.Marshal(waiting{kind, canonical})
	if err != nil {
		return err
	}
	a.turn.mu.Lock()
	name := fmt.Sprintf("%s%020d", journal, a.turn.next)
	a.turn.next++
	err = a.Store.PutNotes(map[string][]byte{name: note})
	a.turn.mu.Unlock()
	if err != nil {
		return fmt.Errorf("enter %s: %w", kind, err)
	}
	if !a.turn.writing.TryLock() {
		return nil // whoever writes commits it afterwards
	}
	defer a.turn.writing.Unlock()
	return a.commitJournal()
}

// write takes a turn: what waits in the journal is committed, then f writes, then what came meanwhile is committed.
func (a *App) write(f func() error) error {
	a.turn.writing.Lock()
	defer a.turn.writing.Unlock()
	if err := a.commitJournal(); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return a.commitJournal()
}

// commitJournal commits what waits. The caller holds a.turn.writing.
func (a *App) commitJournal() error {
	var names []string
	var notes []waiting
	err := a.Store.View(func(v *store.View) error {
		for name, value := range v.Notes(journal) {
			var w waiting
			if err := json.Unmarshal(value, &w); err != nil {
				return fmt.Errorf("note %s: %w", name, err)
			}
			names, notes = append(names, name), append(notes, w)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	for i, w := range notes {
		if err := a.commitNote(names[i], w); err != nil {
			return fmt.Errorf("commit from the journal: %w", err)
		}
	}
	return nil
}

func (a *App) commitNote(name string, w waiting) error {
	batch, err := a.Store.Begin()
	if err != nil {
		return err
	}
	defer batch.Discard()
	if err := batch.PutNote(name, nil); err != nil {
		return err
	}
	_, err = batch.Commit(w.Kind, w.Body, a.Now())
	return err
}

// openJournal finds the number to go on from.
func (a *App) openJournal() error {
	return a.Store.View(func(v *store.View) error {
		var last string
		for name := range v.Notes(journal) {
			last = name
		}
		if last == "" {
			return nil
		}
		n, err := strconv.ParseUint(strings.TrimPrefix(last, journal), 10, 64)
		a.turn.next = n + 1
		return err
	})
}

// Act records what somebody did.
func (a *App) Act(who, what string, failed error, detail ...string) error {
	action := evidence.Action{At: a.Now(), Who: who, What: what}
	for pair := range slices.Chunk(detail, 2) {
		if action.Detail == nil {
			action.Detail = map[string]string{}
		}
		action.Detail[pair[0]] = pair[1]
	}
	if failed != nil {
		action.Error = failed.Error()
	}
	return a.enter(evidence.KindAction, action)
}
