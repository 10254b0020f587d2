package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"sort"

	"exhibit/internal/evidence"
)

// A segment holds objects that were staged together, numbered on from its key. They are compressed by frames of objects
// of one dictionary, because neighbours of one type have most of their text in common and one object alone is too short
// to compress. Digests stand outside the frames, so that asking what an object is needs no decompression.
//
//	uvarint objects
//	objects × 32 bytes digest
//	uvarint frames
//	frames × { uvarint objects, uvarint dictionary (0: none), uvarint raw length, uvarint packed length }
//	frames × packed bytes
//
// A frame's raw bytes: objects × { uvarint length, uvarint distance to the base's number (0: none) }, then the objects'
// contents; with a base, the content is a delta. A base has no base. An object that was disposed of has its own number as
// distance, and as content the uvarint of the entry that disposed of it; its frame has no dictionary.
type segment struct {
	first   uint64
	objects int
	digests []byte
	rest    []byte // from the number of frames on
}

type frameInfo struct {
	start, count int // objects within the segment
	dict         uint32
	raw          int // length when unpacked
	packed       []byte
}

// gone is the base of an object that was disposed of.
const gone = math.MaxUint64

// Limits that keep a damaged length from being an allocation.
const (
	maxObject = 64 << 20
	maxFrame  = maxObject + 1<<20
)

func parseSegment(first uint64, b []byte) (segment, error) {
	r := reader{rest: b}
	s := segment{first: first, objects: r.count(len(evidence.Digest{}))}
	s.digests = r.take(s.objects * len(evidence.Digest{}))
	s.rest = r.rest
	if r.bad {
		return segment{}, fmt.Errorf("%w: segment %d cannot be read", ErrDamaged, first)
	}
	return s, nil
}

// digest returns the digest of the segment's i'th object.
func (s *segment) digest(i int) evidence.Digest {
	return evidence.Digest(s.digests[i*len(evidence.Digest{}):])
}

// frames reads the table of frames, which hold every object once.
func (s *segment) frames() ([]frameInfo, error) {
	r := reader{rest: s.rest}
	frames := make([]frameInfo, r.count(4))
	sizes := make([]int, len(frames))
	start := 0
	for i := range frames {
		frames[i] = frameInfo{start: start, count: r.bounded(s.objects - start), dict: uint32(r.bounded(1<<32 - 1)),
			raw: r.bounded(maxFrame)}
		sizes[i] = r.bounded(len(s.rest))
		start += frames[i].count
	}
	for i, n := range sizes {
		frames[i].packed = r.take(n)
	}
	if start != s.objects {
		r.bad = true
	}
	return frames, r.err(fmt.Sprintf("segment %d", s.first))
}

// frame returns the frame that holds the segment's i'th object.
func (s *segment) frame(i int) (frameInfo, error) {
	frames, err := s.frames()
	if err != nil {
		return frameInfo{}, err
	}
	return frames[sort.Search(len(frames), func(k int) bool { return frames[k].start+frames[k].count > i })], nil
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
		switch distance := r.uvarint(); {
		case distance == number:
			u.bases[i] = gone
		case distance > number:
			r.bad = true
		case distance != 0:
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
		switch number := first + uint64(i); bases[i] {
		case 0:
		case gone:
			distance = number
		default:
			distance = number - bases[i]
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
	objects := 0
	for _, f := range frames {
		objects += len(f.digests)
	}
	b = binary.AppendUvarint(b, uint64(objects))
	for _, f := range frames {
		for _, d := range f.digests {
			b = append(b, d[:]...)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(frames)))
	for _, f := range frames {
		b = binary.AppendUvarint(b, uint64(len(f.digests)))
		b = binary.AppendUvarint(b, uint64(f.dict))
		b = binary.AppendUvarint(b, uint64(f.raw))
		b = binary.AppendUvarint(b, uint64(len(f.packed)))
	}
	for _, f := range frames {
		b = append(b, f.packed...)
	}
	return b
}
