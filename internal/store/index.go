package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
)

// The index of objects maps the first bytes of a digest to object numbers. Its entries are 12 bytes, the digest's first six
// and the number's last six, and stand sorted in rows of up to rowEntries; a row's key is its first entry. An entry in a
// row of its own would take more than three times the bytes, and a day's changes would touch as many more pages. Two
// objects whose digests begin alike have an entry each: whoever looks one up compares the whole digest.
const (
	digestPrefix = 6
	entrySize    = digestPrefix + 6
	rowEntries   = 166 // two rows fill a page
	bulkEntries  = 150 // of a row that is made of new neighbours
)

// indexEntry returns the entry of an object.
func indexEntry(d evidence.Digest, n uint64) [entrySize]byte {
	var e [entrySize]byte
	var be [8]byte
	binary.BigEndian.PutUint64(be[:], n)
	copy(e[:], d[:digestPrefix])
	copy(e[digestPrefix:], be[2:])
	return e
}

func entryNumber(e []byte) uint64 {
	var be [8]byte
	copy(be[2:], e[digestPrefix:entrySize])
	return binary.BigEndian.Uint64(be[:])
}

// number returns an object's number, 0 when it is not in the store. Of an object that was disposed of and seen again it is
// the later one.
func (v *View) number(f *finder, d evidence.Digest) (uint64, error) {
	prefix := d[:digestPrefix]
	c := v.digests.Cursor()
	k, row := c.Seek(prefix)
	// The row before may hold the digest, too: its key is only its first entry.
	if before, r := seekBefore(c, k); before != nil {
		k, row = before, r
	}
	found := uint64(0)
	for ; k != nil && bytes.Compare(k[:min(len(k), digestPrefix)], prefix) <= 0; k, row = c.Next() {
		if len(row)%entrySize != 0 {
			return 0, fmt.Errorf("%w: index of objects", ErrDamaged)
		}
		n := len(row) / entrySize
		i := sort.Search(n, func(i int) bool { return bytes.Compare(row[i*entrySize:][:digestPrefix], prefix) >= 0 })
		for ; i < n && bytes.HasPrefix(row[i*entrySize:], prefix); i++ {
			number := entryNumber(row[i*entrySize:])
			got, err := f.digest(number)
			if err != nil {
				return 0, err
			}
			if got == d {
				found = number
			}
		}
	}
	return found, nil
}

// seekBefore moves to the row before the one that was found, or to the last when none was.
func seekBefore(c *bbolt.Cursor, found []byte) (k, row []byte) {
	if found == nil {
		return c.Last()
	}
	if k, row = c.Prev(); k == nil {
		c.First()
	}
	return k, row
}

// putIndex adds entries, which are sorted.
func putIndex(bucket *bbolt.Bucket, entries [][entrySize]byte) error {
	bucket.FillPercent = 0.9
	for len(entries) > 0 {
		c := bucket.Cursor()
		next, value := c.Seek(entries[0][:])
		var key []byte
		if bytes.Equal(next, entries[0][:]) {
			key = next
			next, _ = c.Next()
		} else {
			k, v := seekBefore(c, next)
			key, value = k, v
		}
		n := len(entries)
		if next != nil {
			n = sort.Search(n, func(i int) bool { return bytes.Compare(entries[i][:], next) >= 0 })
		}
		if err := putRows(bucket, bytes.Clone(key), value, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// putRows replaces a row by rows of its entries and further ones, which all belong there.
func putRows(bucket *bbolt.Bucket, key, old []byte, further [][entrySize]byte) error {
	merged := mergeEntries(old, further)
	if key != nil && !bytes.Equal(key, merged[:entrySize]) || len(merged) > rowEntries*entrySize && key != nil {
		if err := bucket.Delete(key); err != nil {
			return err
		}
	}
	size := rowEntries * entrySize
	if len(merged) > size {
		size = bulkEntries * entrySize
		if n := len(merged) / entrySize; n < 2*rowEntries {
			size = (n + 1) / 2 * entrySize
		}
	}
	for part := range slices.Chunk(merged, size) {
		if err := bucket.Put(part[:entrySize], part); err != nil {
			return err
		}
	}
	return nil
}

// mergeEntries merges a row with sorted entries; an entry that is there already stays alone.
func mergeEntries(old []byte, further [][entrySize]byte) []byte {
	out := make([]byte, 0, len(old)+len(further)*entrySize)
	for len(old) >= entrySize || len(further) > 0 {
		order := -1
		if len(old) < entrySize {
			order = 1
		} else if len(further) > 0 {
			order = bytes.Compare(old[:entrySize], further[0][:])
		}
		if order <= 0 {
			out = append(out, old[:entrySize]...)
			old = old[entrySize:]
		}
		if order > 0 {
			out = append(out, further[0][:]...)
		}
		if order >= 0 {
			further = further[1:]
		}
	}
	return out
}
