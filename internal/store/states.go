package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"exhibit/internal/evidence"
)

// PutStates stages intervals for the entry that the batch will commit. An interval is known by scope, check, subject and
// First: writing it again, with a later Last, replaces it from that entry on.
func (b *Batch) PutStates(states []evidence.State) error {
	rows := make([]row, 0, min(len(states), stageRows))
	for i, s := range states {
		r, err := stateRow(s, b.entry)
		if err != nil {
			return fmt.Errorf("put state: %w", err)
		}
		rows = append(rows, r)
		if len(rows) == stageRows || i == len(states)-1 {
			if err := b.putRows(rows); err != nil {
				return fmt.Errorf("put states: %w", err)
			}
			rows = rows[:0]
		}
	}
	return nil
}

// stateRow encodes an interval; the value is
//
//	texts control, type, name and verdict, the time of the last look, 32 bytes digest of the first observation
func stateRow(s evidence.State, entry int64) (row, error) {
	if strings.ContainsRune(s.Scope+s.Check+s.Subject, 0) {
		return row{}, fmt.Errorf("a zero byte in %q, %q or %q", s.Scope, s.Check, s.Subject)
	}
	key := appendTimeKey(seriesPrefix(s.Scope, s.Check, s.Subject), s.First)
	key = binary.BigEndian.AppendUint64(key, uint64(entry))
	var value []byte
	for _, text := range []string{s.Control, s.Type, s.Name, string(s.Verdict)} {
		value = appendText(value, text)
	}
	value = appendTime(value, s.Last)
	return row{bucketStates, key, append(value, s.Observation[:]...)}, nil
}

func parseState(key, value []byte) (s evidence.State, entry int64, err error) {
	parts := bytes.SplitN(key, []byte{0}, 4)
	if len(parts) != 4 || len(parts[3]) != timeKeySize+8 {
		return s, 0, fmt.Errorf("%w: row of states %q", ErrDamaged, key)
	}
	r := reader{rest: value}
	s = evidence.State{Scope: string(parts[0]), Check: string(parts[1]), Subject: string(parts[2]), First: timeOfKey(parts[3]),
		Control: r.text(), Type: r.text(), Name: r.text(), Verdict: evidence.Verdict(r.text()), Last: r.time()}
	copy(s.Observation[:], r.take(len(s.Observation)))
	return s, int64(number(parts[3][timeKeySize:])), r.err("row of states")
}

// StateFilter says which intervals are wanted. An empty field wants all; from left to right the fields make it fast.
type StateFilter struct{ Scope, Check, Subject string }

// States returns the intervals in order of scope, check, subject and time. It ends at the first error.
func (v *View) States(want StateFilter) iter.Seq2[evidence.State, error] {
	return v.StatesAt(v.size, want)
}

// StatesAt returns the intervals as they were known to the first size entries.
func (v *View) StatesAt(size int64, want StateFilter) iter.Seq2[evidence.State, error] {
	return func(yield func(evidence.State, error) bool) {
		var pending evidence.State
		var interval []byte // key of pending, without the entry
		c := v.sts.Cursor()
		prefix := want.prefix()
		for k, value := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, value = c.Next() {
			s, entry, err := parseState(k, value)
			if err != nil {
				yield(s, err)
				return
			}
			if entry >= min(size, v.size) || !want.wants(s) {
				continue
			}
			if name := k[:len(k)-8]; !bytes.Equal(name, interval) {
				if interval != nil && !yield(pending, nil) {
					return
				}
				interval = append(interval[:0], name...)
			}
			pending = s
		}
		if interval != nil {
			yield(pending, nil)
		}
	}
}

func (f StateFilter) prefix() []byte {
	switch {
	case f.Scope == "":
		return nil
	case f.Check == "":
		return seriesPrefix(f.Scope)
	case f.Subject == "":
		return seriesPrefix(f.Scope, f.Check)
	}
	return seriesPrefix(f.Scope, f.Check, f.Subject)
}

func (f StateFilter) wants(s evidence.State) bool {
	return (f.Scope == "" || f.Scope == s.Scope) && (f.Check == "" || f.Check == s.Check) &&
		(f.Subject == "" || f.Subject == s.Subject)
}
