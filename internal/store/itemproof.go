package store

import (
	"fmt"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// LeafHashes returns the list's leaves in order, from which any item is proved with ledger.ProveItem.
func (v *View) LeafHashes(ref evidence.ListRef) ([]ledger.Hash, error) {
	leaves := make([]ledger.Hash, 0, ref.Count)
	err := v.List(ref, func(key string, d evidence.Digest) error {
		leaves = append(leaves, ledger.ListLeaf(key, d))
		return nil
	})
	return leaves, err
}

// ItemProof proves that the list holds an item under key: its index, its digest, and the proof for ledger.CheckItem.
func (v *View) ItemProof(ref evidence.ListRef, key string) (index int, d evidence.Digest, proof []ledger.Hash, err error) {
	index = -1
	var leaves []ledger.Hash
	err = v.List(ref, func(k string, digest evidence.Digest) error {
		if k == key {
			index, d = len(leaves), digest
		}
		leaves = append(leaves, ledger.ListLeaf(k, digest))
		return nil
	})
	if err == nil && index < 0 {
		err = fmt.Errorf("%q in list %s: %w", key, ref.Root, ErrUnknown)
	}
	if err != nil {
		return -1, evidence.Digest{}, nil, err
	}
	proof, err = ledger.ProveItem(leaves, index)
	return index, d, proof, err
}
