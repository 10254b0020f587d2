package store

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// Commit ends the batch with an entry of the given kind over body, which must be in the canonical encoding, and returns the
// entry's index. What was staged counts from here on, or not at all: the last transaction writes the entry, the log's nodes,
// the signed checkpoint and the rows of indexes together. When Commit returns without an error, the entry is on the disk.
//
// An error with index -1 means that the entry is not committed, unless it is an ErrBroken of a failed write, after which only
// opening the store again tells. An error with an index means that the entry is committed, but not anchored.
func (b *Batch) Commit(kind evidence.Kind, body []byte, at time.Time) (int64, error) {
	signed, err := b.commit(kind, body, at)
	b.Discard()
	if err != nil {
		return -1, fmt.Errorf("commit %s: %w", kind, err)
	}
	if err := b.s.writeAnchor(signed); err != nil {
		return b.entry, fmt.Errorf("entry %d is committed, but its anchor could not be written: %w", b.entry, err)
	}
	return b.entry, nil
}

func (b *Batch) commit(kind evidence.Kind, body []byte, at time.Time) (signed []byte, err error) {
	digest, err := b.Object(string(kind), body)
	if err != nil {
		return nil, err
	}
	if err := b.sealAll(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	tooMany := len(b.known) > commitIndex || len(b.links) > stageRows
	b.mu.Unlock()
	refers := kind == evidence.KindRun || kind == evidence.KindAssessment
	if refers || tooMany {
		if err := b.stage(); err != nil {
			return nil, err
		}
	}
	if refers {
		if err := b.index(kind, body); err != nil {
			return nil, err
		}
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	if tooMany {
		if err := b.stageIndex(); err != nil {
			return nil, err
		}
	}
	links, err := b.takeLinks()
	if err != nil {
		return nil, err
	}
	p, err := b.take()
	if err != nil {
		return nil, err
	}
	entry, err := evidence.Encode(evidence.Entry{Kind: kind, RecordedAt: at.UTC(), Body: digest})
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	entries := b.indexEntries(b.s.nextObject)
	b.mu.Unlock()
	err = b.s.update("commit", func(tx *bbolt.Tx) error {
		if err := b.put(tx, p, true); err != nil {
			return err
		}
		if err := putIndex(tx.Bucket(bucketDigests), entries); err != nil {
			return err
		}
		if err := putLinks(tx, links); err != nil {
			return err
		}
		if err := putNotes(tx, p.notes); err != nil {
			return err
		}
		signed, err = b.append1(tx, kind, entry)
		return err
	})
	return signed, err
}

// append1 appends the entry to the log.
func (b *Batch) append1(tx *bbolt.Tx, kind evidence.Kind, entry []byte) (signed []byte, err error) {
	v, err := b.s.view(tx)
	if err != nil {
		return nil, err
	}
	if v.size != b.entry {
		return nil, fmt.Errorf("%w: %d entries where %d were", ErrDamaged, v.size, b.entry)
	}
	key := key8(uint64(b.entry))
	v.entries.FillPercent, v.hashes.FillPercent = 1, 1 // only ever appended to
	if err := v.entries.Put(key, entry); err != nil {
		return nil, err
	}
	nodes, err := ledger.StoredHashes(b.entry, ledger.LeafHash(entry), v)
	if err != nil {
		return nil, err
	}
	for i, h := range nodes {
		if err := v.hashes.Put(key8(uint64(ledger.StoredIndex(0, b.entry)+int64(i))), h[:]); err != nil {
			return nil, err
		}
	}
	v.kinds.FillPercent = 0.9 // appended to in as many places as there are kinds
	if err := v.kinds.Put(append(append([]byte(kind), 0), key...), nil); err != nil {
		return nil, err
	}
	root, err := ledger.TreeHash(b.entry+1, v)
	if err != nil {
		return nil, err
	}
	signed, err = ledger.Checkpoint{Origin: b.s.genesis.Origin, Size: b.entry + 1, Root: root}.Sign(b.s.key)
	if err != nil {
		return nil, err
	}
	if err := v.meta.Delete(keyStaged); err != nil {
		return nil, err
	}
	return signed, v.meta.Put(keyCheckpoint, signed)
}

// index verifies that what a body refers to is there, and adds the rows by which it is found.
func (b *Batch) index(kind evidence.Kind, body []byte) error {
	var run evidence.Run
	var a evidence.Assessment
	into := any(&run)
	if kind == evidence.KindAssessment {
		into = &a
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("its body: %w", err)
	}
	var rows []row
	err := b.s.View(func(v *View) (err error) {
		b.mu.Lock()
		v.staged = b.roots // nothing is added any more
		b.mu.Unlock()
		if kind == evidence.KindAssessment {
			return b.assessmentRefs(v, a)
		}
		return v.runSnapshots(run, func(snapshot evidence.Snapshot, object uint64) error {
			r, err := v.seriesRow(snapshot, object, b.entry)
			rows = append(rows, r)
			return err
		})
	})
	if err != nil {
		return err
	}
	return b.putRows(rows)
}

func (b *Batch) assessmentRefs(v *View, a evidence.Assessment) error {
	if a.View < 0 || a.View > b.entry {
		return fmt.Errorf("it is over %d entries of %d", a.View, b.entry)
	}
	if _, err := v.listNumber(a.Observations); err != nil {
		return fmt.Errorf("observations: %w", err)
	}
	if _, err := v.listNumber(a.Findings); err != nil {
		return fmt.Errorf("findings: %w", err)
	}
	if a.Catalog.IsZero() {
		return nil
	}
	f := v.finder()
	if _, err := b.resolve(v, &f, a.Catalog); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	return nil
}

// putRows stages rows, a transaction's worth at a time.
func (b *Batch) putRows(rows []row) error {
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return ErrBatchOver
	}
	b.staged.rows = append(b.staged.rows, rows...)
	for _, r := range rows {
		b.staged.raw += len(r.key) + len(r.value)
	}
	full := b.full()
	b.mu.Unlock()
	if full {
		return b.stage()
	}
	return nil
}
