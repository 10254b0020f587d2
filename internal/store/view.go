package store

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// View is what was committed at one moment. It may be used by several goroutines at once, until the function that it was
// given to returns.
type View struct {
	s                                            *Store
	tx                                           *bbolt.Tx
	size                                         int64
	erased                                       uint64 // how often frames were changed
	disposed                                     bool   // something was disposed of
	lastGroup                                    groupCache
	staged                                       map[evidence.Digest]uint64 // lists that the batch being committed made
	meta, entries, hashes, kinds                 *bbolt.Bucket
	segments, digests, lists, roots, series, sts *bbolt.Bucket
}

// view opens every bucket up front: bbolt opens them without a lock.
func (s *Store) view(tx *bbolt.Tx) (*View, error) {
	v := &View{s: s, tx: tx, meta: tx.Bucket(bucketMeta), entries: tx.Bucket(bucketEntries), hashes: tx.Bucket(bucketHashes),
		kinds: tx.Bucket(bucketKinds), segments: tx.Bucket(bucketSegments), digests: tx.Bucket(bucketDigests),
		lists: tx.Bucket(bucketLists), roots: tx.Bucket(bucketRoots), series: tx.Bucket(bucketSeries), sts: tx.Bucket(bucketStates)}
	if k, _ := v.entries.Cursor().Last(); k != nil {
		v.size = int64(number(k)) + 1
	}
	if b := v.meta.Get(keyErased); len(b) == 8 {
		v.erased = number(b)
	}
	_, v.disposed = v.First(evidence.KindDisposal)
	return v, nil
}

// Size returns how many entries there are.
func (v *View) Size() int64 { return v.size }

// Entry returns entry i and its canonical bytes, which are the leaf of the log.
func (v *View) Entry(i int64) (evidence.Entry, []byte, error) {
	var e evidence.Entry
	if i < 0 || i >= v.size {
		return e, nil, fmt.Errorf("entry %d of %d: %w", i, v.size, ErrUnknown)
	}
	b := v.entries.Get(key8(uint64(i)))
	if err := json.Unmarshal(b, &e); err != nil {
		return e, nil, fmt.Errorf("entry %d: %w: %w", i, ErrDamaged, err)
	}
	return e, append([]byte(nil), b...), nil
}

// Entries returns the entries from (included) to to (excluded), which are cut to what there is, in order. It ends at the
// first error.
func (v *View) Entries(from, to int64) iter.Seq2[evidence.Entry, error] {
	return func(yield func(evidence.Entry, error) bool) {
		for i := max(from, 0); i < min(to, v.size); i++ {
			e, _, err := v.Entry(i)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// EntriesOf returns the indexes of the entries of one kind, newest first.
func (v *View) EntriesOf(kind evidence.Kind) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		prefix := append([]byte(kind), 0)
		c := v.kinds.Cursor()
		for k := seekLast(c, prefix); hasPrefix(k, prefix, 8); k, _ = c.Prev() {
			if !yield(int64(number(k[len(prefix):]))) {
				return
			}
		}
	}
}

// First returns the index of the first entry of a kind, if there is one.
func (v *View) First(kind evidence.Kind) (int64, bool) {
	prefix := append([]byte(kind), 0)
	k, _ := v.kinds.Cursor().Seek(prefix)
	if !hasPrefix(k, prefix, 8) {
		return 0, false
	}
	return int64(number(k[len(prefix):])), true
}

// Assessment is a committed assessment.
type Assessment struct {
	evidence.Assessment
	Digest     evidence.Digest // of its canonical bytes
	Entry      int64
	RecordedAt time.Time
}

// Assessments returns all assessments, newest first, each read when it is asked for. It ends at the first error.
func (v *View) Assessments() iter.Seq2[Assessment, error] {
	return func(yield func(Assessment, error) bool) {
		for i := range v.EntriesOf(evidence.KindAssessment) {
			a := Assessment{Entry: i}
			e, err := v.body(i, &a.Assessment)
			a.Digest, a.RecordedAt = e.Body, e.RecordedAt
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// body decodes the body of entry i into to.
func (v *View) body(i int64, to any) (evidence.Entry, error) {
	e, _, err := v.Entry(i)
	if err != nil {
		return e, err
	}
	b, err := v.Object(e.Body)
	if err != nil {
		return e, fmt.Errorf("body of entry %d: %w", i, err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		return e, fmt.Errorf("body of entry %d, a %s: %w", i, e.Kind, err)
	}
	return e, nil
}

// Checkpoint returns the newest checkpoint as a signed note.
func (v *View) Checkpoint() ([]byte, error) {
	signed := v.meta.Get(keyCheckpoint)
	if signed == nil {
		return nil, fmt.Errorf("%w: no checkpoint", ErrDamaged)
	}
	return append([]byte(nil), signed...), nil
}

// verifyCheckpoint verifies the newest checkpoint's signature, and that it is over the entries there are.
func (v *View) verifyCheckpoint(verifier string) (ledger.Checkpoint, error) {
	signed, err := v.Checkpoint()
	if err != nil {
		return ledger.Checkpoint{}, err
	}
	c, err := ledger.OpenCheckpoint(signed, verifier)
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	root, err := ledger.TreeHash(v.size, v)
	if err == nil && (c.Size != v.size || c.Root != root) {
		err = fmt.Errorf("%w: the checkpoint is not over the %d entries there are", ErrDamaged, v.size)
	}
	return c, err
}

// ReadHashes implements ledger.HashReader.
func (v *View) ReadHashes(indexes []int64) ([]ledger.Hash, error) {
	out := make([]ledger.Hash, len(indexes))
	for i, n := range indexes {
		b := v.hashes.Get(key8(uint64(n)))
		if len(b) != len(out[i]) {
			return nil, fmt.Errorf("%w: log node %d is missing", ErrDamaged, n)
		}
		out[i] = ledger.Hash(b)
	}
	return out, nil
}

// Root returns the root of the log's first size entries.
func (v *View) Root(size int64) (ledger.Hash, error) {
	if size < 0 || size > v.size {
		return ledger.Hash{}, fmt.Errorf("root of %d entries of %d: %w", size, v.size, ErrUnknown)
	}
	return ledger.TreeHash(size, v)
}

// Inclusion returns the proof that entry index is in the log of size entries.
func (v *View) Inclusion(index, size int64) ([]ledger.Hash, error) {
	if size > v.size {
		return nil, fmt.Errorf("prove entry %d in %d entries of %d: %w", index, size, v.size, ErrUnknown)
	}
	return ledger.ProveInclusion(size, index, v)
}

// Consistency returns the proof that the log of size entries starts with that of old entries.
func (v *View) Consistency(old, size int64) ([]ledger.Hash, error) {
	if size > v.size {
		return nil, fmt.Errorf("prove %d entries over %d of %d: %w", size, old, v.size, ErrUnknown)
	}
	return ledger.ProveConsistency(size, old, v)
}

// seekLast moves to the last key that starts with prefix, or else before it.
func seekLast(c *bbolt.Cursor, prefix []byte) []byte {
	after := append([]byte(nil), prefix...)
	after[len(after)-1]++ // prefixes end in a byte below 255
	k, _ := c.Seek(after)
	if k == nil {
		k, _ = c.Last()
		return k
	}
	k, _ = c.Prev()
	return k
}

// hasPrefix reports whether k is prefix and exactly n further bytes.
func hasPrefix(k, prefix []byte, n int) bool {
	return len(k) == len(prefix)+n && string(k[:len(prefix)]) == string(prefix)
}
