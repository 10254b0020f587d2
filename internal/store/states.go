package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"exhibit/internal/evidence"
)

// Rows of states hold up to rowStates intervals of one check in one scope, as one entry wrote them. An interval is known
// by subject and first look; of two that are the same, the one of the later entry counts, and of one entry the one of the
// higher row. The value is
//
//	uvarint intervals, uvarint raw length, packed bytes (of the raw length: not packed)
//
// and unpacked, for each interval in order of subject and first look: uvarint bytes shared with the subject before, texts
// further subject, control, type, name and verdict, times first and last, uvarint number of the observation's object (0: none).
const rowStates = 512

// PutStates stages intervals for the entry that the batch will commit. An interval is known by scope, check, subject and
// First: writing it again, with a later Last, replaces it from that entry on. Its observation must have been added to the
// batch or be in the store.
func (b *Batch) PutStates(states []evidence.State) error {
	sorted := slices.Clone(states)
	slices.SortStableFunc(sorted, compareStates)
	if err := b.sealAll(); err != nil {
		return fmt.Errorf("put states: %w", err)
	}
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && n < rowStates && sorted[n].Scope == sorted[0].Scope && sorted[n].Check == sorted[0].Check {
			n++
		}
		r, err := b.stateRow(sorted[:n])
		if err == nil {
			err = b.putRows([]row{r})
		}
		if err != nil {
			return fmt.Errorf("put states: %w", err)
		}
		sorted = sorted[n:]
	}
	return nil
}

func compareStates(a, b evidence.State) int {
	return cmp.Or(strings.Compare(a.Scope, b.Scope), strings.Compare(a.Check, b.Check), strings.Compare(a.Subject, b.Subject),
		a.First.Compare(b.First))
}

// stateRow encodes intervals of one scope and check.
func (b *Batch) stateRow(states []evidence.State) (row, error) {
	scope, check := states[0].Scope, states[0].Check
	if strings.Contains(scope+check, "\x00") {
		return row{}, fmt.Errorf("a zero byte in %q or %q", scope, check)
	}
	numbers := make([]uint64, len(states))
	err := b.s.View(func(v *View) (err error) {
		f := v.finder()
		for i, s := range states {
			if s.Observation.IsZero() {
				continue
			}
			if numbers[i], err = b.resolve(v, &f, s.Observation); err != nil {
				return fmt.Errorf("observation of %s on %s: %w", s.Check, s.Subject, err)
			}
		}
		return nil
	})
	if err != nil {
		return row{}, err
	}
	raw := appendStates(nil, states, numbers)
	packed, err := b.s.codecs.pack(0, nil, raw)
	if err != nil {
		return row{}, err
	}
	if len(packed) >= len(raw) {
		packed = raw
	}
	value := binary.AppendUvarint(nil, uint64(len(states)))
	value = append(binary.AppendUvarint(value, uint64(len(raw))), packed...)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stateRows++
	key := binary.BigEndian.AppendUint32(seriesPrefix(scope, check), b.stateRows)
	return row{bucketStates, binary.BigEndian.AppendUint64(key, uint64(b.entry)), value}, nil
}

// StateFilter says which intervals are wanted. An empty field wants all. Without a scope, all are read.
type StateFilter struct{ Scope, Check, Subject string }

// States returns the intervals in order of scope, check, subject and time. It ends at the first error. Asking for one
// subject after the other of one scope and check is fast.
func (v *View) States(want StateFilter) iter.Seq2[evidence.State, error] {
	return v.StatesAt(v.size, want)
}

// StatesAt returns the intervals as they were known to the first size entries.
func (v *View) StatesAt(size int64, want StateFilter) iter.Seq2[evidence.State, error] {
	return func(yield func(evidence.State, error) bool) {
		f := v.finder()
		prefix := want.prefix()
		c := v.sts.Cursor()
		for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); {
			scope, check, err := stateGroup(k)
			var group []storedState
			if err == nil && (want.Check == "" || want.Check == check) {
				group, err = v.group(min(size, v.size), scope, check)
			}
			if err != nil {
				yield(evidence.State{}, err)
				return
			}
			if want.Subject != "" {
				group = ofSubject(group, want.Subject)
			}
			for _, s := range group {
				if s.observation != 0 {
					s.Observation, err = f.digest(s.observation)
				}
				if !yield(s.State, err) || err != nil {
					return
				}
			}
			next := seriesPrefix(scope, check)
			next[len(next)-1] = 1 // behind the group
			k, _ = c.Seek(next)
		}
	}
}

func (f StateFilter) prefix() []byte {
	switch {
	case f.Scope == "":
		return nil
	case f.Check == "":
		return seriesPrefix(f.Scope)
	}
	return seriesPrefix(f.Scope, f.Check)
}

func stateGroup(k []byte) (scope, check string, err error) {
	parts := bytes.SplitN(k, []byte{0}, 3)
	if len(parts) != 3 || len(parts[2]) != 4+8 {
		return "", "", fmt.Errorf("%w: row of states %q", ErrDamaged, k)
	}
	return string(parts[0]), string(parts[1]), nil
}

func ofSubject(group []storedState, subject string) []storedState {
	from, _ := slices.BinarySearchFunc(group, subject, func(s storedState, subject string) int { return strings.Compare(s.Subject, subject) })
	to := from
	for to < len(group) && group[to].Subject == subject {
		to++
	}
	return group[from:to]
}

// groupCache keeps the last group that was read.
type groupCache struct {
	mu     sync.Mutex
	size   int64
	scope  string
	check  string
	states []storedState
}

// group returns the intervals of one check in one scope, sorted. The result must not be changed.
func (v *View) group(size int64, scope, check string) ([]storedState, error) {
	c := &v.lastGroup
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states != nil && c.size == size && c.scope == scope && c.check == check {
		return c.states, nil
	}
	var rows []stateRowKey
	prefix := seriesPrefix(scope, check)
	cursor := v.sts.Cursor()
	for k, value := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, value = cursor.Next() {
		if !hasPrefix(k, prefix, 4+8) {
			return nil, fmt.Errorf("%w: row of states %q", ErrDamaged, k)
		}
		if entry := int64(number(k[len(k)-8:])); entry < size {
			rows = append(rows, stateRowKey{entry, number4(k[len(prefix):]), value})
		}
	}
	slices.SortFunc(rows, func(a, b stateRowKey) int { return cmp.Or(cmp.Compare(a.entry, b.entry), cmp.Compare(a.row, b.row)) })
	all := []storedState{}
	for _, r := range rows {
		var err error
		if all, err = v.unpackStates(all, r.value, scope, check); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b storedState) int { return compareStates(a.State, b.State) })
	states := all[:0]
	for _, s := range all { // the last of equals counts
		if n := len(states); n > 0 && compareStates(states[n-1].State, s.State) == 0 {
			states[n-1] = s
		} else {
			states = append(states, s)
		}
	}
	c.size, c.scope, c.check, c.states = size, scope, check, states
	return states, nil
}

type stateRowKey struct {
	entry int64
	row   uint32
	value []byte
}
