package daemon

import (
	"encoding/json"
	"errors"
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
	Kind evidence.Kind `json:"kind"`
	Body []byte        `json:"body"` // canonical, byte for byte
}

func newWaiting(kind evidence.Kind, body any) (waiting, error) {
	canonical, err := evidence.Encode(body)
	return waiting{kind, canonical}, err
}

// enter keeps an entry at once, and commits it as soon as nobody else is writing. Entries are committed in the order in
// which they were entered; their bodies say when that was.
func (a *App) enter(kind evidence.Kind, body any) error {
	w, err := newWaiting(kind, body)
	if err != nil {
		return err
	}
	return a.enterWith(w, map[string][]byte{})
}

// enterWith enters an entry and puts notes with it, all or nothing.
func (a *App) enterWith(w waiting, notes map[string][]byte) error {
	if err := a.putJournal(w, notes); err != nil {
		return fmt.Errorf("enter into the journal: %w", err)
	}
	if !a.turn.writing.TryLock() {
		return nil // whoever writes commits it afterwards
	}
	defer a.turn.writing.Unlock()
	return a.commitJournal()
}

func (a *App) putJournal(w waiting, notes map[string][]byte) error {
	note, err := json.Marshal(w)
	if err != nil {
		return err
	}
	a.turn.mu.Lock()
	defer a.turn.mu.Unlock()
	notes[fmt.Sprintf("%s%020d", journal, a.turn.next)] = note
	a.turn.next++
	return a.Store.PutNotes(notes)
}

// inJournal returns the body with the digest, which waits to be committed.
func inJournal(v *store.View, d evidence.Digest) ([]byte, error) {
	for name, value := range v.Notes(journal) {
		var w waiting
		if err := json.Unmarshal(value, &w); err != nil {
			return nil, fmt.Errorf("note %s: %w", name, err)
		}
		if evidence.Sum(w.Body) == d {
			return w.Body, nil
		}
	}
	return nil, fmt.Errorf("object %s: %w", d, store.ErrUnknown)
}

// errHeld means that somebody else writes the ledger, perhaps for hours.
var errHeld = errors.New("a collection is under way")

// write takes a turn: what waits in the journal is committed, then f writes, then what came meanwhile is committed.
func (a *App) write(f func() error) error {
	a.turn.writing.Lock()
	defer a.turn.writing.Unlock()
	return a.inTurn(f)
}

// tryWrite is write that does not wait for its turn; it is errHeld when that is not now.
func (a *App) tryWrite(f func() error) error {
	if !a.turn.writing.TryLock() {
		return errHeld
	}
	defer a.turn.writing.Unlock()
	return a.inTurn(f)
}

// inTurn is write for who holds a.turn.writing.
func (a *App) inTurn(f func() error) error {
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
