package ledger

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// memoryLog keeps a log's nodes in memory.
type memoryLog struct {
	nodes []Hash
	size  int64
}

func (l *memoryLog) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, n := range indexes {
		if n < 0 || n >= int64(len(l.nodes)) {
			return nil, fmt.Errorf("no node %d", n)
		}
		out[i] = l.nodes[n]
	}
	return out, nil
}

func (l *memoryLog) append(t testing.TB, leaf Hash) {
	t.Helper()
	hashes, err := StoredHashes(l.size, leaf, l)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(l.nodes)) != StoredIndex(0, l.size) {
		t.Fatalf("leaf %d belongs at node %d, the log has %d", l.size, StoredIndex(0, l.size), len(l.nodes))
	}
	l.nodes = append(l.nodes, hashes...)
	l.size++
}

func (l *memoryLog) root(t testing.TB, size int64) Hash {
	t.Helper()
	h, err := TreeHash(size, l)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func leaves(n int) []Hash {
	out := make([]Hash, n)
	for i := range out {
		out[i] = LeafHash(fmt.Append(nil, "entry ", i))
	}
	return out
}

// slowRoot is RFC 6962's definition, word for word.
func slowRoot(leaves []Hash) Hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := split(len(leaves))
	return tlog.NodeHash(slowRoot(leaves[:k]), slowRoot(leaves[k:]))
}

func TestRoots(t *testing.T) {
	all := leaves(200)
	var log memoryLog
	var r Roots
	for n := range len(all) + 1 {
		want := slowRoot(all[:n])
		if got := ListRoot(all[:n]); got != want {
			t.Fatalf("list root of %d leaves: %s, want %s", n, got, want)
		}
		if got := r.Root(); got != want || r.Count() != int64(n) {
			t.Fatalf("running root of %d leaves: %s, want %s", n, got, want)
		}
		if got := log.root(t, int64(n)); got != want {
			t.Fatalf("log root of %d leaves: %s, want %s", n, got, want)
		}
		if n < len(all) {
			r.Add(all[n])
			log.append(t, all[n])
		}
	}
	if int64(len(log.nodes)) != StoredCount(log.size) {
		t.Errorf("%d nodes stored, want %d", len(log.nodes), StoredCount(log.size))
	}
	if EmptyRoot() != sha256.Sum256(nil) {
		t.Error("the empty tree's root is not SHA-256 of nothing")
	}
}

// TestListLeaf pins the leaf's encoding to the fixed shape: RFC 6962 over key, zero byte, digest.
func TestListLeaf(t *testing.T) {
	digest := sha256.Sum256([]byte("object"))
	for _, key := range []string{"", "arn:aws:s3:::b", string(make([]byte, 300))} {
		want := LeafHash(append(append([]byte(key), 0), digest[:]...))
		if got := ListLeaf(key, digest); got != want {
			t.Errorf("leaf of %q is %s, want %s", key, got, want)
		}
	}
}

func TestProofs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "size")
		i := rapid.IntRange(0, n-1).Draw(t, "index")
		old := rapid.IntRange(0, n).Draw(t, "old")
		all := leaves(n)
		var log memoryLog
		for _, l := range all {
			hashes, err := StoredHashes(log.size, l, &log)
			if err != nil {
				t.Fatal(err)
			}
			log.nodes = append(log.nodes, hashes...)
			log.size++
		}
		size := int64(n)
		root := slowRoot(all)

		p, err := ProveInclusion(size, int64(i), &log)
		if err != nil {
			t.Fatal(err)
		}
		item, err := ProveItem(all, i)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p, item) {
			t.Fatalf("the log proves leaf %d of %d by %v, the list by %v", i, n, p, item)
		}
		if err := CheckItem(item, n, root, i, all[i]); err != nil {
			t.Fatal(err)
		}
		// No other leaf, index, size, root or proof passes.
		refused := func(what string, err error) {
			if err == nil {
				t.Fatalf("leaf %d of %d: proved with %s", i, n, what)
			}
		}
		refused("another leaf", CheckInclusion(p, size, root, int64(i), LeafHash([]byte("forged"))))
		refused("another root", CheckInclusion(p, size, slowRoot(leaves(n+1)), int64(i), all[i]))
		refused("a hash too many", CheckInclusion(append(slices.Clone(p), root), size, root, int64(i), all[i]))
		if n > 1 {
			j := (i + 1 + rapid.IntRange(0, n-2).Draw(t, "other")) % n
			refused("another index", CheckInclusion(p, size, root, int64(j), all[i]))
			k := rapid.IntRange(0, len(p)-1).Draw(t, "hash")
			bad := slices.Clone(p)
			bad[k][rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			refused("a flipped bit", CheckInclusion(bad, size, root, int64(i), all[i]))
			refused("a hash less", CheckInclusion(p[1:], size, root, int64(i), all[i]))
		}

		oldRoot := slowRoot(all[:old])
		c, err := ProveConsistency(size, int64(old), &log)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckConsistency(c, size, root, int64(old), oldRoot); err != nil {
			t.Fatalf("%d over %d: %v", n, old, err)
		}
		if err := CheckConsistency(c, size, root, int64(old), LeafHash([]byte("fork"))); err == nil {
			t.Fatalf("%d over %d: a fork passes", n, old)
		}
		if len(c) > 0 {
			bad := slices.Clone(c)
			bad[rapid.IntRange(0, len(c)-1).Draw(t, "hash")][0] ^= 1
			if err := CheckConsistency(bad, size, root, int64(old), oldRoot); err == nil {
				t.Fatalf("%d over %d: a flipped bit passes", n, old)
			}
		}
	})
}

func TestProofErrors(t *testing.T) {
	all := leaves(3)
	var log memoryLog
	for _, l := range all {
		log.append(t, l)
	}
	root := slowRoot(all)
	long := make([]Hash, 127)
	tests := map[string]error{
		"item before the first":      second(ProveItem(all, -1)),
		"item behind the last":       second(ProveItem(all, 3)),
		"leaf behind the last":       second(ProveInclusion(3, 3, &log)),
		"older tree is larger":       second(ProveConsistency(3, 4, &log)),
		"negative size":              second(ProveConsistency(-1, 0, &log)),
		"inclusion in nothing":       CheckInclusion(nil, 0, EmptyRoot(), 0, all[0]),
		"negative index":             CheckInclusion(nil, 3, root, -1, all[0]),
		"inclusion proof too long":   CheckInclusion(long, 1<<62, root, 0, all[0]),
		"consistency proof too long": CheckConsistency(long, 1<<62, root, 1, all[0]),
		"proof over the empty tree":  CheckConsistency(all, 3, root, 0, EmptyRoot()),
		"empty tree with a root":     CheckConsistency(nil, 3, root, 0, root),
		"empty over empty":           CheckConsistency(nil, 0, root, 0, EmptyRoot()),
	}
	for name, err := range tests {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[V any](_ V, err error) error { return err }

func FuzzCheckInclusion(f *testing.F) {
	f.Add([]byte{}, int64(1), int64(0))
	f.Add(make([]byte, 64), int64(4), int64(2))
	f.Fuzz(func(t *testing.T, b []byte, size, index int64) {
		var proof []Hash
		for ; len(b) >= 32; b = b[32:] {
			proof = append(proof, Hash(b[:32]))
		}
		var root Hash
		if CheckInclusion(proof, size, root, index, LeafHash([]byte("x"))) == nil {
			t.Error("a root of zeros was proved")
		}
		_ = CheckConsistency(proof, size, root, index, root)
	})
}

func BenchmarkListRoot(b *testing.B) {
	digest := sha256.Sum256([]byte("x"))
	keys := make([]string, 20_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("arn:aws:ec2:eu-central-1:111122223333:security-group/sg-%017d", i)
	}
	for b.Loop() {
		var r Roots
		for _, k := range keys {
			r.Add(ListLeaf(k, digest))
		}
		_ = r.Root()
	}
}
