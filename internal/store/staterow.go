package store

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
)

func appendStates(raw []byte, states []evidence.State, numbers []uint64) []byte {
	prev := ""
	for i, s := range states {
		shared := 0
		for shared < len(prev) && shared < len(s.Subject) && prev[shared] == s.Subject[shared] {
			shared++
		}
		raw = binary.AppendUvarint(raw, uint64(shared))
		for _, text := range []string{s.Subject[shared:], s.Control, s.Type, s.Name, string(s.Verdict)} {
			raw = appendText(raw, text)
		}
		raw = appendTime(appendTime(raw, s.First), s.Last)
		raw = binary.AppendUvarint(raw, numbers[i])
		prev = s.Subject
	}
	return raw
}

// storedState is an interval with the number of its observation.
type storedState struct {
	evidence.State
	observation uint64
}

// readStates reads n intervals.
func readStates(dst []storedState, raw []byte, n int, scope, check string) ([]storedState, error) {
	r := reader{rest: raw}
	prev := ""
	for range n {
		s := storedState{State: evidence.State{Scope: scope, Check: check}}
		s.Subject = prev[:r.bounded(len(prev))] + r.text()
		s.Control, s.Type, s.Name, s.Verdict = r.text(), r.text(), r.text(), evidence.Verdict(r.text())
		s.First, s.Last = r.time(), r.time()
		s.observation = r.uvarint()
		if r.bad || len(s.Subject) > maxChunk {
			break
		}
		dst, prev = append(dst, s), s.Subject
	}
	return dst, r.err("row of states")
}

func (v *View) unpackStates(dst []storedState, value []byte, scope, check string) ([]storedState, error) {
	r := reader{rest: value}
	n, size := r.bounded(rowStates), r.bounded(maxChunk)
	if r.bad {
		return nil, r.err("row of states")
	}
	raw := r.rest
	if len(raw) != size {
		var err error
		if raw, err = v.s.codecs.unpack(v.tx, 0, raw, size); err != nil {
			return nil, fmt.Errorf("row of states: %w", err)
		}
	}
	return readStates(dst, raw, n, scope, check)
}

// stateCount returns how many intervals the rows of states hold, those that were replaced among them.
func stateCount(tx *bbolt.Tx) (n int64) {
	c := tx.Bucket(bucketStates).Cursor()
	for k, value := c.First(); k != nil; k, value = c.Next() {
		r := reader{rest: value}
		n += int64(r.bounded(rowStates))
	}
	return n
}
