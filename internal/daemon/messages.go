package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/store"
)

// Notes of where messages stand, by their keys: those that wait, and those that are over.
const (
	waitingNotes = "outbox|"
	overNotes    = "sent|"
)

// post is the store as the outbox keeps its messages in it. Messages and deliveries are entries of the ledger, which wait in
// the journal while a collection holds it.
type post struct{ app *App }

// Queue implements outbox.Store.
func (p post) Queue(m evidence.Message, s outbox.Stand) error {
	return p.keep(evidence.KindMessage, m, map[string]any{waitingNotes + s.Key: s})
}

// keep enters an entry and puts notes with it, all or nothing; nil takes a note away.
func (p post) keep(kind evidence.Kind, body any, stands map[string]any) error {
	w, err := newWaiting(kind, body)
	if err != nil {
		return err
	}
	notes := map[string][]byte{}
	for name, stand := range stands {
		notes[name] = nil
		if stand == nil {
			continue
		}
		if notes[name], err = json.Marshal(stand); err != nil {
			return err
		}
	}
	return p.app.enterWith(w, notes)
}

// Find implements outbox.Store.
func (p post) Find(key string) (s outbox.Stand, found bool, err error) {
	err = p.app.Store.View(func(v *store.View) error {
		for _, prefix := range []string{waitingNotes, overNotes} {
			if note := v.Note(prefix + key); note != nil {
				found = true
				return json.Unmarshal(note, &s)
			}
		}
		return nil
	})
	return s, found, err
}

// Waiting implements outbox.Store.
func (p post) Waiting() ([]outbox.Stand, error) {
	out, err := p.app.stands(waitingNotes)
	slices.SortStableFunc(out, func(a, b outbox.Stand) int { return a.Created.Compare(b.Created) })
	return out, err
}

// stands reads where messages stand.
func (a *App) stands(prefix string) (out []outbox.Stand, err error) {
	err = a.Store.View(func(v *store.View) error {
		for name, note := range v.Notes(prefix) {
			var s outbox.Stand
			if err := json.Unmarshal(note, &s); err != nil {
				return fmt.Errorf("note %s: %w", name, err)
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

// Message implements outbox.Store.
func (p post) Message(s outbox.Stand) (m evidence.Message, err error) {
	err = p.app.Store.View(func(v *store.View) error {
		raw, err := v.Object(s.Message)
		if errors.Is(err, store.ErrUnknown) {
			raw, err = inJournal(v, s.Message)
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &m)
	})
	return m, err
}

// Mark implements outbox.Store.
func (p post) Mark(s outbox.Stand) error {
	note, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return p.app.Store.PutNotes(map[string][]byte{waitingNotes + s.Key: note})
}

// Settle implements outbox.Store.
func (p post) Settle(s outbox.Stand, d evidence.Delivery) error {
	return p.keep(evidence.KindDelivery, d, map[string]any{waitingNotes + s.Key: nil, overNotes + s.Key: s})
}

// Message returns the message with the key.
func (a *App) Message(key string) (evidence.Message, error) {
	p := post{a}
	s, found, err := p.Find(key)
	if err == nil && !found {
		err = store.ErrUnknown
	}
	if err != nil {
		return evidence.Message{}, err
	}
	return p.Message(s)
}

// Messages returns where the messages stand: those that wait, oldest first, and those that are over, the newest first.
func (a *App) Messages() (waiting, over []outbox.Stand, err error) {
	if waiting, err = (post{a}).Waiting(); err != nil {
		return nil, nil, err
	}
	over, err = a.stands(overNotes)
	slices.SortStableFunc(over, func(a, b outbox.Stand) int { return b.Ended.Compare(a.Ended) })
	return waiting, over, err
}
