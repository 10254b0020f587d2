package store

import (
	"encoding/binary"
	"fmt"
	"sort"

	"exhibit/internal/evidence"
)

// A segment holds objects that were staged together, numbered on from its key. They are compressed by frames of objects
// of one dictionary, because neighbours of one type have most of their text in common and one object alone is too short
// to compress. Digests stand outside the frames, so that asking what an object is needs no decompression.
//
//	uvarint frames
//	frames × { uvarint objects, uvarint dictionary (0: none), uvarint raw length, uvarint packed length }
//	objects × 32 bytes digest
//	frames × packed bytes
//
// A frame's raw bytes: objects × { uvarint length, uvarint distance to the base's number (0: none) }, then the objects'
// contents; with a base, the content is a delta. A base has no base.
type segment struct {
	first   uint64
	objects int
	frames  []frameInfo
	digests []byte
	data    []byte
}

type frameInfo struct {
	start, count int // objects within the segment
	dict         uint32
	raw          int
	off, packed  int // within data
}

// Limits that keep a damaged length from being an allocation.
const (
	maxObject = 64 << 20
	maxFrame  = maxObject + 1<<20
)

func parseSegment(first uint64, b []byte) (segment, error) {
	s := segment{first: first}
	r := reader{rest: b}
	n := r.count(4)
	s.frames = make([]frameInfo, n)
	off := 0
	for i := range s.frames {
		f := frameInfo{start: s.objects, count: r.bounded(len(b)), dict: uint32(r.bounded(1<<32 - 1)), raw: r.bounded(maxFrame),
			off: off, packed: r.bounded(len(b))}
		s.frames[i] = f
		s.objects += f.count
		off += f.packed
		if s.objects > len(b) || off > len(b) {
			r.bad = true
			break
		}
	}
	s.digests = r.take(s.objects * len(evidence.Digest{}))
	s.data = r.take(off)
	if err := r.err(fmt.Sprintf("segment %d", first)); err != nil {
		return segment{}, err
	}
	return s, nil
}

// digest returns the digest of the segment's i'th object.
func (s *segment) digest(i int) evidence.Digest {
	return evidence.Digest(s.digests[i*len(evidence.Digest{}):])
}

// frame returns the frame that holds the segment's i'th object.
func (s *segment) frame(i int) frameInfo {
	n := sort.Search(len(s.frames), func(k int) bool { return s.frames[k].start+s.frames[k].count > i })
	return s.frames[n]
}

// frame is an unpacked frame.
type frame struct {
	first    uint64 // number of the first object
	contents [][]byte
	bases    []uint64 // 0: the content is the object itself
	size     int
}

// unpack reads the frame's raw bytes, which the result shares.
func (f frameInfo) unpack(segmentFirst uint64, raw []byte) (*frame, error) {
	u := &frame{first: segmentFirst + uint64(f.start), size: len(raw), contents: make([][]byte, f.count), bases: make([]uint64, f.count)}
	r := reader{rest: raw}
	lengths := make([]int, f.count)
	for i := range lengths {
		lengths[i] = r.bounded(maxObject)
		number := u.first + uint64(i)
		if distance := r.uvarint(); distance != 0 {
			if distance >= number {
				r.bad = true
			}
			u.bases[i] = number - distance
		}
	}
	for i, n := range lengths {
		u.contents[i] = r.take(n)
	}
	return u, r.err(fmt.Sprintf("frame of object %d", u.first))
}

// pack returns the raw bytes of a frame of contents whose first object has number first.
func packFrame(first uint64, contents [][]byte, bases []uint64) []byte {
	size := 0
	for _, c := range contents {
		size += len(c) + 8
	}
	raw := make([]byte, 0, size)
	for i, c := range contents {
		raw = binary.AppendUvarint(raw, uint64(len(c)))
		distance := uint64(0)
		if bases[i] != 0 {
			distance = first + uint64(i) - bases[i]
		}
		raw = binary.AppendUvarint(raw, distance)
	}
	for _, c := range contents {
		raw = append(raw, c...)
	}
	return raw
}

// sealed is a frame that has its numbers; packed is written by whoever sealed it, before done is closed.
type sealed struct {
	first   uint64
	digests []evidence.Digest
	dict    uint32
	raw     int
	packed  []byte
	done    chan struct{}
}

// appendSegment encodes frames with consecutive numbers.
func appendSegment(b []byte, frames []*sealed) []byte {
	b = binary.AppendUvarint(b, uint64(len(frames)))
	for _, f := range frames {
		b = binary.AppendUvarint(b, uint64(len(f.digests)))
		b = binary.AppendUvarint(b, uint64(f.dict))
		b = binary.AppendUvarint(b, uint64(f.raw))
		b = binary.AppendUvarint(b, uint64(len(f.packed)))
	}
	for _, f := range frames {
		for _, d := range f.digests {
			b = append(b, d[:]...)
		}
	}
	for _, f := range frames {
		b = append(b, f.packed...)
	}
	return b
}
