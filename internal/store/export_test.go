package store

import (
	"time"

	"exhibit/internal/evidence"
)

// Hooks stand around every write of a store that a test opens.
type Hooks struct{ Before, After func(write string) error }

func (h Hooks) inner() hooks { return hooks{before: h.Before, after: h.After} }

// CreateHooked is Create with hooks.
func CreateHooked(path string, o CreateOptions, h Hooks) (*Store, error) {
	return create(path, o, h.inner())
}

// OpenHooked is Open with hooks.
func OpenHooked(path string, o Options, h Hooks) (*Store, error) {
	o.hooks = h.inner()
	return Open(path, o)
}

// TxSlow calls fn with how long every write transaction took, from its first change to its last sync.
func (s *Store) TxSlow(fn func(write string, took time.Duration)) {
	var start time.Time
	s.hooks = hooks{
		before: func(string) error { start = time.Now(); return nil },
		after:  func(write string) error { fn(write, time.Since(start)); return nil },
	}
}

// ChainLength is how many records must be read for a list.
func (v *View) ChainLength(ref evidence.ListRef) (length int, err error) {
	n, err := v.listNumber(ref)
	for ; n != 0 && err == nil; length++ {
		var l listRecord
		l, err = v.listRecord(n)
		n = l.base
	}
	return length, err
}

// EraseKept erases an object that is to be kept, as no Erase does.
func EraseKept(s *Store, d evidence.Digest) error {
	p := eraser{s: s, doomed: map[uint64]bool{}}
	err := s.View(func(v *View) error {
		gone, err := v.Disposed()
		if err != nil {
			return err
		}
		f := v.finder()
		n, err := v.number(&f, d)
		if err != nil {
			return err
		}
		if _, err := f.find(n); err != nil {
			return err
		}
		p.entry, p.doomed[n], p.affected = gone.Entry, true, []uint64{f.seg.first}
		return nil
	})
	if err != nil {
		return err
	}
	return p.segment(p.affected[0], p.tombstone)
}
