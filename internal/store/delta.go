package store

import (
	"encoding/binary"
	"fmt"
)

// A delta rebuilds a new version from an old one: it repeats (uvarint n, n new bytes, uvarint length, varint distance),
// where length bytes are copied from distance behind the end of the previous copy; a length of 0 ends it. Documents of
// successive days differ in a few values, so a delta is a few dozen bytes. Codecs that take the old version as a dictionary
// are as small, but build tables for every version.
const (
	deltaGram = 8 // bytes that must match before a copy is tried
	deltaBits = 11
	// deltaAround is by how much a value's length may change so that what stands behind it is found at once.
	deltaAround = 16
)

// makeDelta appends to dst what turns base into target, and stops with ok=false as soon as that is longer than limit.
func makeDelta(dst, base, target []byte, limit int) (delta []byte, ok bool) {
	start := len(dst)
	prefix := 0
	for prefix < len(base) && prefix < len(target) && base[prefix] == target[prefix] {
		prefix++
	}
	suffix := 0
	for suffix < len(base)-prefix && suffix < len(target)-prefix &&
		base[len(base)-1-suffix] == target[len(target)-1-suffix] {
		suffix++
	}
	e := deltaEncoder{out: dst}
	e.add(nil, 0, prefix)
	middle := target[:len(target)-suffix]
	e.index(base)
	literal, at := prefix, prefix
	for at+deltaGram <= len(middle) {
		from, n := e.match(base, middle, at, at-literal)
		if n < deltaGram {
			at++
			continue
		}
		e.add(middle[literal:at], from, n)
		at += n
		literal = at
		if len(e.out)-start > limit {
			return dst, false
		}
	}
	e.add(middle[literal:], len(base)-suffix, suffix)
	if suffix != 0 {
		e.add(nil, 0, 0)
	}
	return e.out, len(e.out)-start <= limit
}

type deltaEncoder struct {
	out   []byte
	end   int                    // of the last copy, in the base
	table [1 << deltaBits]uint32 // last position of a gram, plus one
}

func (e *deltaEncoder) index(base []byte) {
	for i := 0; i+deltaGram <= len(base); i++ {
		e.table[gramHash(base[i:])] = uint32(i + 1)
	}
}

// match finds base[from:from+n] at middle[at:]. Besides where the gram was last seen, it looks around where the base goes on
// after the last copy and as many bytes as are new since: texts that repeat themselves would lead astray else.
func (e *deltaEncoder) match(base, middle []byte, at, since int) (from, n int) {
	if from = int(e.table[gramHash(middle[at:])]) - 1; from >= 0 {
		n = common(base[from:], middle[at:])
	}
	gram := binary.LittleEndian.Uint64(middle[at:])
	for on := max(0, e.end+since-deltaAround); on <= e.end+since+deltaAround && on+deltaGram <= len(base); on++ {
		if binary.LittleEndian.Uint64(base[on:]) != gram {
			continue
		}
		if m := common(base[on:], middle[at:]); m >= n {
			from, n = on, m
		}
	}
	return from, n
}

func (e *deltaEncoder) add(literal []byte, from, n int) {
	e.out = binary.AppendUvarint(e.out, uint64(len(literal)))
	e.out = append(e.out, literal...)
	e.out = binary.AppendUvarint(e.out, uint64(n))
	if n != 0 {
		e.out = binary.AppendVarint(e.out, int64(from-e.end))
		e.end = from + n
	}
}

func gramHash(b []byte) uint64 {
	return binary.LittleEndian.Uint64(b) * 0x9E3779B97F4A7C15 >> (64 - deltaBits)
}

func common(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// applyDelta rebuilds the new version, which may be at most limit bytes long.
func applyDelta(base, delta []byte, limit int) ([]byte, error) {
	r := reader{rest: delta}
	out := make([]byte, 0, len(base)+len(delta))
	end := int64(0)
	for first := true; ; first = false {
		out = append(out, r.take(r.count(1))...)
		if len(out) > limit {
			return nil, fmt.Errorf("%w: a delta makes more than there can be", ErrDamaged)
		}
		n := r.uvarint()
		if n == 0 && !first || r.bad {
			break
		}
		if n == 0 {
			continue // nothing in common at the front
		}
		from := end + r.varint()
		if from < 0 || from > int64(len(base)) || n > uint64(len(base))-uint64(from) || len(out)+int(n) > limit {
			return nil, fmt.Errorf("%w: a delta reaches outside its base", ErrDamaged)
		}
		end = from + int64(n)
		out = append(out, base[from:end]...)
	}
	if err := r.err("delta"); err != nil {
		return nil, err
	}
	return out, nil
}
