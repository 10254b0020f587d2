package store

import (
	"encoding/binary"
	"fmt"
	"sort"

	"exhibit/internal/evidence"
)

// A list record is a Merkle list's items by key, or what changed against an earlier list of its series.
//
//	32 bytes root
//	uvarint items, uvarint base (number of the earlier list; 0: none), uvarint weight (changes since the last whole list)
//	uvarint chunks
//	chunks × { first key, uvarint changes, uvarint raw length, uvarint packed length (0: not packed) }
//	chunks × packed bytes
//
// A chunk's raw bytes, columns of changes in order of key: { uvarint bytes shared with the key before, uvarint further
// bytes × 2 + 1 if removed }, the further bytes, { varint object number less the one before } of those not removed.
type listRecord struct {
	number uint64
	root   evidence.Digest
	count  int
	base   uint64
	weight int
	chunks []chunkInfo
	data   []byte
}

type chunkInfo struct {
	first       string
	changes     int
	raw, packed int
	off         int
}

// change sets the item of a key to an object, or removes it when object is 0.
type change struct {
	key    string
	object uint64
}

const (
	chunkChanges = 512
	maxChunk     = 64 << 20
)

func parseList(number uint64, b []byte) (listRecord, error) {
	r := reader{rest: b}
	l := listRecord{number: number}
	copy(l.root[:], r.take(len(l.root)))
	l.count = r.bounded(1 << 40)
	l.base = r.uvarint()
	l.weight = r.bounded(1 << 40)
	l.chunks = make([]chunkInfo, r.count(4))
	off := 0
	for i := range l.chunks {
		c := chunkInfo{first: r.text(), changes: r.bounded(maxChunk), raw: r.bounded(maxChunk), packed: r.bounded(len(b)), off: off}
		off += c.size()
		l.chunks[i] = c
		if off > len(b) {
			r.bad = true
			break
		}
	}
	l.data = r.take(off)
	if l.base >= number && number != 0 {
		r.bad = true
	}
	return l, r.err(fmt.Sprintf("list %d", number))
}

func (c chunkInfo) size() int {
	if c.packed == 0 {
		return c.raw
	}
	return c.packed
}

// chunk returns the index of the chunk in which key would be, or -1.
func (l *listRecord) chunk(key string) int {
	return sort.Search(len(l.chunks), func(i int) bool { return l.chunks[i].first > key }) - 1
}

// appendChunk encodes changes, which are sorted.
func appendChunk(b []byte, changes []change) []byte {
	prev := ""
	for _, c := range changes {
		shared := 0
		for shared < len(prev) && shared < len(c.key) && prev[shared] == c.key[shared] {
			shared++
		}
		b = binary.AppendUvarint(b, uint64(shared))
		further := uint64(len(c.key)-shared) << 1
		if c.object == 0 {
			further |= 1
		}
		b = binary.AppendUvarint(b, further)
		prev = c.key
	}
	prev = ""
	for _, c := range changes {
		shared := 0
		for shared < len(prev) && shared < len(c.key) && prev[shared] == c.key[shared] {
			shared++
		}
		b = append(b, c.key[shared:]...)
		prev = c.key
	}
	last := uint64(0)
	for _, c := range changes {
		if c.object != 0 {
			b = binary.AppendVarint(b, int64(c.object-last))
			last = c.object
		}
	}
	return b
}

// readChunk appends the n changes of a chunk to dst. Keys must rise.
func readChunk(dst []change, raw []byte, n int) ([]change, error) {
	if n > len(raw)/2 { // two columns of a byte at least
		return nil, fmt.Errorf("%w: list chunk cannot be read", ErrDamaged)
	}
	r := reader{rest: raw}
	type shape struct {
		shared, further int
		removed         bool
	}
	shapes := make([]shape, n)
	total, length := 0, 0
	for i := range shapes {
		shared, further := r.bounded(length), r.uvarint()
		if further>>1 > uint64(len(raw)) {
			r.bad = true
			break
		}
		shapes[i] = shape{shared, int(further >> 1), further&1 != 0}
		length = shared + shapes[i].further
		if total += length; total > maxChunk {
			r.bad = true
			break
		}
	}
	if r.bad {
		return nil, r.err("list chunk")
	}
	keys := make([]byte, 0, total)
	prev := 0
	for _, s := range shapes {
		start := len(keys)
		keys = append(keys, keys[prev:prev+s.shared]...)
		keys = append(keys, r.take(s.further)...)
		prev = start
	}
	if r.bad {
		return nil, r.err("list chunk")
	}
	text, at, last := string(keys), 0, uint64(0)
	before := len(dst)
	for _, s := range shapes {
		c := change{key: text[at : at+s.shared+s.further]}
		at += len(c.key)
		if !s.removed {
			last += uint64(r.varint())
			if c.object = last; last == 0 {
				r.bad = true
			}
		}
		if len(dst) > before && dst[len(dst)-1].key >= c.key {
			r.bad = true
		}
		dst = append(dst, c)
	}
	return dst, r.err("list chunk")
}

// compare calls fn for every key whose object differs, 0 standing for none. Both lists are sorted.
func compare(before, after []change, fn func(key string, before, after uint64) error) error {
	for len(before) > 0 || len(after) > 0 {
		var err error
		switch {
		case len(before) == 0 || len(after) > 0 && after[0].key < before[0].key:
			err = fn(after[0].key, 0, after[0].object)
			after = after[1:]
		case len(after) == 0 || before[0].key < after[0].key:
			err = fn(before[0].key, before[0].object, 0)
			before = before[1:]
		default:
			if before[0].object != after[0].object {
				err = fn(before[0].key, before[0].object, after[0].object)
			}
			before, after = before[1:], after[1:]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// overlay returns the changes of under with those of over on top. Removals are kept unless whole is true, when under is a
// list from nothing.
func overlay(under, over []change, whole bool) []change {
	out := make([]change, 0, len(under)+len(over))
	for len(under) > 0 || len(over) > 0 {
		var c change
		if len(over) == 0 || len(under) > 0 && under[0].key < over[0].key {
			c, under = under[0], under[1:]
		} else {
			if len(under) > 0 && under[0].key == over[0].key {
				under = under[1:]
			}
			c, over = over[0], over[1:]
		}
		if c.object != 0 || !whole {
			out = append(out, c)
		}
	}
	return out
}
