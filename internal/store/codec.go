package store

import (
	"encoding/binary"
	"fmt"
	"time"
)

// reader takes values off the front of a record. bad is set once something is missing or out of bounds, and stays; what
// is returned after that is zero. Records are read from a file that may be damaged, so nothing is trusted.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads a number of things that take at least size bytes each of what is left, so that it bounds an allocation.
func (r *reader) count(size int) int {
	v := r.uvarint()
	if v > uint64(len(r.rest)/size) {
		r.bad, r.rest = true, nil
		return 0
	}
	return int(v)
}

// bounded reads a number not above limit.
func (r *reader) bounded(limit int) int {
	v := r.uvarint()
	if v > uint64(limit) {
		r.bad, r.rest = true, nil
		return 0
	}
	return int(v)
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.bad, r.rest = true, nil
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// text reads a length and that many bytes.
func (r *reader) text() string { return string(r.take(r.count(1))) }

func (r *reader) err(what string) error {
	if r.bad || len(r.rest) != 0 {
		return fmt.Errorf("%w: %s cannot be read", ErrDamaged, what)
	}
	return nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// key8 is a number as a key, in order.
func key8(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func number(key []byte) uint64 { return binary.BigEndian.Uint64(key) }

func key4(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func number4(key []byte) uint32 { return binary.BigEndian.Uint32(key) }

// appendTime writes any time.Time to the nanosecond; read it back with reader.time.
func appendTime(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, t.Unix()), uint64(t.Nanosecond()))
}

func (r *reader) time() time.Time {
	sec := r.varint()
	return time.Unix(sec, int64(r.bounded(999_999_999))).UTC()
}
