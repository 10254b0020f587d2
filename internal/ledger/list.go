package ledger

import (
	"crypto/sha256"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// ListLeaf returns the leaf hash of a list's item: the key, a zero byte and the digest.
func ListLeaf(key string, digest [sha256.Size]byte) Hash {
	var small [256]byte
	b := append(small[:0], 0) // RFC 6962 leaf prefix
	b = append(b, key...)
	b = append(b, 0)
	b = append(b, digest[:]...)
	return sha256.Sum256(b)
}

// ListRoot returns the root of a list from the leaf hashes of its items in order of their keys.
func ListRoot(leaves []Hash) Hash {
	var r Roots
	for _, l := range leaves {
		r.Add(l)
	}
	return r.Root()
}

// ProveItem returns the proof that item i is in the list with these leaves.
func ProveItem(leaves []Hash, i int) ([]Hash, error) {
	if i < 0 || i >= len(leaves) {
		return nil, fmt.Errorf("prove item %d of %d: there is none", i, len(leaves))
	}
	var proof []Hash
	for len(leaves) > 1 {
		k := split(len(leaves))
		if i < k {
			proof = append(proof, ListRoot(leaves[k:]))
			leaves = leaves[:k]
		} else {
			proof = append(proof, ListRoot(leaves[:k]))
			leaves, i = leaves[k:], i-k
		}
	}
	for a, b := 0, len(proof)-1; a < b; a, b = a+1, b-1 {
		proof[a], proof[b] = proof[b], proof[a]
	}
	return proof, nil
}

// CheckItem verifies that the list of count items with root holds leaf as item i.
func CheckItem(proof []Hash, count int, root Hash, i int, leaf Hash) error {
	return CheckInclusion(proof, int64(count), root, int64(i), leaf)
}

// split returns the largest power of two smaller than n, which is at least 2.
func split(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}

func sha256Empty() Hash { return tlog.Hash(sha256.Sum256(nil)) }
