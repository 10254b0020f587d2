package ledger

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a node of a Merkle tree: SHA-256 with the leaf and node prefixes of RFC 6962. Its JSON form is base64.
type Hash = tlog.Hash

// HashReader reads stored tree nodes by their index, see StoredIndex.
type HashReader = tlog.HashReader

// HashReaderFunc is a function as HashReader.
type HashReaderFunc = tlog.HashReaderFunc

// LeafHash returns the hash of a leaf that holds data.
func LeafHash(data []byte) Hash { return tlog.RecordHash(data) }

// EmptyRoot returns the root of the tree without leaves: SHA-256 of nothing.
func EmptyRoot() Hash { return (&Roots{}).Root() }

// StoredIndex returns the index under which the n'th node of a level is stored; leaves are level 0.
func StoredIndex(level int, n int64) int64 { return tlog.StoredHashIndex(level, n) }

// StoredCount returns how many nodes are stored for a tree of size leaves.
func StoredCount(size int64) int64 { return tlog.StoredHashCount(size) }

// StoredHashes returns the nodes to store when leaf n is appended, the first of them at StoredIndex(0, n). It reads older
// nodes from r.
func StoredHashes(n int64, leaf Hash, r HashReader) ([]Hash, error) {
	return tlog.StoredHashesForRecordHash(n, leaf, r)
}

// TreeHash returns the root of the tree of the first size leaves.
func TreeHash(size int64, r HashReader) (Hash, error) { return tlog.TreeHash(size, r) }

// ProveInclusion returns the proof that leaf index is in the tree of size leaves.
func ProveInclusion(size, index int64, r HashReader) ([]Hash, error) {
	p, err := tlog.ProveRecord(size, index, r)
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d of %d: %w", index, size, err)
	}
	return p, nil
}

// CheckInclusion verifies that the tree of size leaves with root holds leaf at index.
func CheckInclusion(proof []Hash, size int64, root Hash, index int64, leaf Hash) error {
	if err := bound(proof); err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, size, root, index, leaf); err != nil {
		return fmt.Errorf("leaf %d of %d: %w", index, size, err)
	}
	return nil
}

// ProveConsistency returns the proof that the tree of size leaves starts with the tree of old leaves. A tree extends the
// empty tree without proof.
func ProveConsistency(size, old int64, r HashReader) ([]Hash, error) {
	if old == 0 && size >= 0 {
		return nil, nil
	}
	p, err := tlog.ProveTree(size, old, r)
	if err != nil {
		return nil, fmt.Errorf("prove that the tree of %d extends that of %d: %w", size, old, err)
	}
	return p, nil
}

// CheckConsistency verifies that the tree of size leaves with root starts with the tree of old leaves with oldRoot.
func CheckConsistency(proof []Hash, size int64, root Hash, old int64, oldRoot Hash) error {
	if err := bound(proof); err != nil {
		return err
	}
	if old == 0 && size >= 0 {
		if len(proof) != 0 || oldRoot != EmptyRoot() || (size == 0 && root != oldRoot) {
			return fmt.Errorf("tree of %d over the empty tree: invalid proof", size)
		}
		return nil
	}
	if err := tlog.CheckTree(proof, size, root, old, oldRoot); err != nil {
		return fmt.Errorf("tree of %d over tree of %d: %w", size, old, err)
	}
	return nil
}

// bound refuses a proof that no tree of 2^63 leaves can need, before anything recurses over it.
func bound(proof []Hash) error {
	if len(proof) > 2*63 {
		return fmt.Errorf("proof of %d hashes is longer than any tree is deep", len(proof))
	}
	return nil
}

// Roots computes the root of a tree from its leaf hashes in order, keeping one node a level. The zero value is the empty
// tree.
type Roots struct {
	stack []Hash // roots of the complete subtrees, largest first
	count int64
}

// Add appends a leaf.
func (r *Roots) Add(leaf Hash) {
	for range bits.TrailingZeros64(uint64(r.count) + 1) {
		leaf = tlog.NodeHash(r.stack[len(r.stack)-1], leaf)
		r.stack = r.stack[:len(r.stack)-1]
	}
	r.stack = append(r.stack, leaf)
	r.count++
}

// Count returns how many leaves were added.
func (r *Roots) Count() int64 { return r.count }

// Root returns the root over the leaves so far; more may be added after.
func (r *Roots) Root() Hash {
	if len(r.stack) == 0 {
		return sha256Empty()
	}
	root := r.stack[len(r.stack)-1]
	for i := len(r.stack) - 2; i >= 0; i-- {
		root = tlog.NodeHash(r.stack[i], root)
	}
	return root
}
