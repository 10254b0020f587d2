package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// entry checks one entry: its encoding, its body, and all that the body refers to.
func (c *checker) entry(i int64) {
	where := fmt.Sprintf("entry %d", i)
	e, leaf, err := c.v.Entry(i)
	if err == nil {
		err = c.entryBody(i, e, leaf)
	}
	if err != nil {
		c.problem(where, "%v", err)
	}
	c.count(func(r *Report) { r.Entries++ })
}

func (c *checker) entryBody(i int64, e evidence.Entry, leaf []byte) error {
	if again, err := evidence.Encode(e); err != nil || !bytes.Equal(again, leaf) {
		return errors.New("it is not in the canonical encoding")
	}
	if c.v.kinds.Get(append(append([]byte(e.Kind), 0), key8(uint64(i))...)) == nil {
		return fmt.Errorf("it is not found among the entries of kind %s", e.Kind)
	}
	body, err := c.v.Object(e.Body)
	if err != nil {
		return fmt.Errorf("its body: %w", err)
	}
	switch e.Kind {
	case evidence.KindGenesis:
		var g evidence.Genesis
		if err := json.Unmarshal(body, &g); err != nil || i != 0 {
			return fmt.Errorf("it is not a beginning: %w", err)
		}
	case evidence.KindRun:
		var run evidence.Run
		if err := json.Unmarshal(body, &run); err != nil {
			return err
		}
		return c.runRefs(i, run)
	case evidence.KindAssessment:
		var a evidence.Assessment
		if err := json.Unmarshal(body, &a); err != nil {
			return err
		}
		return c.assessmentRefs(i, a)
	case evidence.KindAttestation:
		var a evidence.Attestation
		if err := json.Unmarshal(body, &a); err != nil {
			return err
		}
		for name, d := range a.Attachments {
			if _, err := c.v.Object(d); err != nil {
				return fmt.Errorf("attachment %q: %w", name, err)
			}
		}
	}
	return nil
}

func (c *checker) runRefs(i int64, run evidence.Run) error {
	return c.v.runSnapshots(run, func(s evidence.Snapshot, object uint64) error {
		want, err := c.v.seriesRow(s, object, i)
		if err != nil {
			return err
		}
		if !bytes.Equal(c.v.series.Get(want.key), want.value) {
			return fmt.Errorf("snapshot %q is not in the index of snapshots as it is", s.Series())
		}
		c.count(func(r *Report) { r.Snapshots++ })
		return nil
	})
}

func (c *checker) assessmentRefs(i int64, a evidence.Assessment) error {
	if a.View < 0 || a.View > i {
		return fmt.Errorf("it is over %d entries", a.View)
	}
	for _, ref := range []evidence.ListRef{a.Observations, a.Findings} {
		if _, err := c.v.listNumber(ref); err != nil {
			return err
		}
	}
	if a.Catalog.IsZero() {
		return nil
	}
	// Its content is checked where it stands, once, and not for each assessment that was made with it.
	f := c.v.finder()
	n, err := c.v.number(&f, a.Catalog)
	if err == nil && n == 0 {
		err = fmt.Errorf("object %s: %w", a.Catalog, ErrUnknown)
	}
	if err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	return nil
}

// log rebuilds the Merkle log from its leaves, and checks the stored nodes, the checkpoint and the numbers of rows.
func (c *checker) log() {
	nodes := map[int64]ledger.Hash{}
	read := ledger.HashReaderFunc(func(indexes []int64) ([]ledger.Hash, error) {
		out := make([]ledger.Hash, len(indexes))
		for i, n := range indexes {
			out[i] = nodes[n]
		}
		return out, nil
	})
	for i := int64(0); i < c.v.size; i++ {
		hashes, err := ledger.StoredHashes(i, ledger.LeafHash(c.v.entries.Get(key8(uint64(i)))), read)
		if err != nil {
			c.problem("log", "%v", err)
			return
		}
		for k, h := range hashes {
			n := ledger.StoredIndex(0, i) + int64(k)
			nodes[n] = h
			if stored := c.v.hashes.Get(key8(uint64(n))); !bytes.Equal(stored, h[:]) {
				c.problem(fmt.Sprintf("entry %d", i), "node %d of the log is over something else", n)
			}
		}
	}
	if n := rowCount(c.v.hashes); n != ledger.StoredCount(c.v.size) {
		c.problem("log", "it has %d nodes, not %d", n, ledger.StoredCount(c.v.size))
	}
	if n := rowCount(c.v.entries); n != c.v.size {
		c.problem("log", "there are %d entries, the last is entry %d", n, c.v.size-1)
	}
	if n := rowCount(c.v.kinds); n != c.v.size {
		c.problem("log", "%d entries are found by kind, not %d", n, c.v.size)
	}
	if _, err := c.v.verifyCheckpoint(c.v.s.genesis.Verifier); err != nil {
		c.problem("checkpoint", "%v", err)
	}
	c.seriesRows()
}

// seriesRows checks that the index of snapshots holds nothing that no run committed; every run looked its own up.
func (c *checker) seriesRows() {
	rows := int64(0)
	cur := c.v.series.Cursor()
	for k, b := cur.First(); k != nil; k, b = cur.Next() {
		r, err := parseSeriesRow(k, b)
		if err != nil {
			c.problem("index of snapshots", "%v", err)
		} else if r.entry < c.v.size {
			rows++
		}
	}
	if rows != c.report.Snapshots {
		c.problem("index of snapshots", "it has %d rows, runs committed %d snapshots", rows, c.report.Snapshots)
	}
}

func rowCount(b *bbolt.Bucket) (n int64) {
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		n++
	}
	return n
}

// states checks that every interval can be read, its observation's digest among it.
func (c *checker) states() {
	n := int64(0)
	for s, err := range c.v.States(StateFilter{}) {
		if err != nil {
			c.problem("states", "%v", err)
			break
		}
		n++
		where := fmt.Sprintf("state of %s on %s in %s", s.Check, s.Subject, s.Scope)
		if s.Last.Before(s.First) {
			c.problem(where, "it ends before it begins")
		}
	}
	c.count(func(r *Report) { r.States = n })
}
