package store

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// hooks stand around every write, for tests of what happens when one fails: before returning an error loses the write,
// after returning one reports a failure although it persisted.
type hooks struct {
	before, after func(write string) error
}

func (h hooks) run(write string, do func() error) error {
	if h.before != nil {
		if err := h.before(write); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	if h.after != nil {
		return h.after(write)
	}
	return nil
}

// update runs fn in a write transaction. An error of fn leaves the store as it was. An error of the commit leaves open
// what is on the disk, so the store refuses to write from then on.
func (s *Store) update(write string, fn func(tx *bbolt.Tx) error) (err error) {
	s.mu.Lock()
	broken := s.broken
	s.mu.Unlock()
	if broken != nil {
		return fmt.Errorf("%w: %w", ErrBroken, broken)
	}
	if s.db.IsReadOnly() {
		return ErrReadOnly
	}
	defer guard(&err)()
	var refused error // of fn
	err = s.hooks.run(write, func() error {
		tx, err := s.db.Begin(true)
		if err != nil {
			return fmt.Errorf("begin: %w", err)
		}
		defer func() { _ = tx.Rollback() }() // without effect after Commit
		s.db.AllocSize = int(min(max(tx.Size()/8, allocSize), maxAllocSize))
		if refused = fn(tx); refused != nil {
			return refused
		}
		return tx.Commit()
	})
	if err == nil || refused != nil {
		return refused
	}
	err = diskFull(err)
	s.mu.Lock()
	s.broken = err
	s.mu.Unlock()
	return fmt.Errorf("write: %w", err)
}

// View calls fn with a view of what is committed now; later commits do not show in it. A view must not outlive fn. Keep
// it short: pages that it can see are not used again while it is open. fn may add to a batch, as long as the file does not
// outgrow the mapped size, which is 64 GB where address space is free.
func (s *Store) View(fn func(v *View) error) (err error) {
	defer guard(&err)()
	return s.db.View(func(tx *bbolt.Tx) error {
		v, err := s.view(tx)
		if err != nil {
			return fmt.Errorf("view store %s: %w", s.path, err)
		}
		return fn(v)
	})
}
