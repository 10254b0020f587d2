package store

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"
)

// Packed is what Pack did.
type Packed struct {
	Segments int64 `json:"segments"` // that were joined
	Into     int64 `json:"into"`     // so many
	Bytes    int64 `json:"bytes"`    // by which their records became shorter
}

// packRaw is how much joined objects come to, and half of it the most that a segment to be joined holds.
const packRaw = frameBytes

// Pack joins small neighbouring segments: what single runs left behind, which compresses badly alone and takes a page each.
// Objects keep their numbers and content. It may be broken off at any time. The file keeps its length and uses the room for
// what comes.
func (s *Store) Pack(ctx context.Context, progress func(done, total int64)) (p Packed, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("pack: %w", err)
		}
	}()
	if s.key == nil || s.db.IsReadOnly() {
		return p, ErrReadOnly
	}
	if err := s.claim(); err != nil {
		return p, err
	}
	defer s.release()
	var groups [][]uint64
	if err := s.View(func(v *View) (err error) { groups, err = v.joinable(ctx); return err }); err != nil {
		return p, err
	}
	for i, group := range groups {
		if err := ctx.Err(); err != nil {
			return p, err
		}
		saved, err := s.join(group)
		if err != nil {
			return p, err
		}
		p.Segments, p.Into, p.Bytes = p.Segments+int64(len(group)), p.Into+1, p.Bytes+int64(saved)
		if progress != nil {
			progress(int64(i+1), int64(len(groups)))
		}
	}
	return p, nil
}

// joinable groups the small segments whose numbers follow each other, two at least in a group.
func (v *View) joinable(ctx context.Context) (groups [][]uint64, err error) {
	var group []uint64
	next, sum := uint64(0), 0
	end := func() {
		if len(group) > 1 {
			groups = append(groups, group)
		}
		group, sum = nil, 0
	}
	c := v.segments.Cursor()
	for k, b := c.First(); k != nil; k, b = c.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		seg, err := parseSegment(number(k), b)
		if err != nil {
			return nil, err
		}
		frames, err := seg.frames()
		if err != nil {
			return nil, err
		}
		raw := 0
		for _, f := range frames {
			raw += f.raw
		}
		if seg.first != next || sum+raw > packRaw || raw > packRaw/2 {
			end()
		}
		if next = seg.first + uint64(seg.objects); raw <= packRaw/2 {
			group, sum = append(group, seg.first), sum+raw
		}
	}
	end()
	return groups, nil
}

// join writes segments as one, in one frame when that is shorter, and returns by how much the record is.
func (s *Store) join(group []uint64) (saved int, err error) {
	var record []byte
	err = s.View(func(v *View) error {
		var frames []*sealed
		whole := &sealed{first: group[0]}
		var contents [][]byte
		var bases []uint64
		packed := 0
		for _, first := range group {
			b := v.segments.Get(key8(first))
			seg, err := parseSegment(first, b)
			if err != nil {
				return err
			}
			infos, err := seg.frames()
			if err != nil {
				return err
			}
			saved += len(b)
			for _, info := range infos {
				u, err := v.unpack(&seg, info)
				if err != nil {
					return err
				}
				f := seg.sealed(info)
				frames, packed = append(frames, f), packed+len(f.packed)
				whole.digests = append(whole.digests, f.digests...)
				contents, bases = append(contents, u.contents...), append(bases, u.bases...)
			}
		}
		raw := packFrame(whole.first, contents, bases)
		whole.raw = len(raw)
		if whole.packed, err = s.codecs.pack(0, nil, raw); err != nil {
			return err
		}
		if len(whole.packed) < packed {
			frames = []*sealed{whole}
		}
		record = appendSegment(nil, frames)
		saved -= len(record)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return saved, s.update("pack", func(tx *bbolt.Tx) error {
		segments := tx.Bucket(bucketSegments)
		for _, first := range group[1:] {
			if err := segments.Delete(key8(first)); err != nil {
				return err
			}
		}
		if err := framesChanged(tx); err != nil {
			return err
		}
		return segments.Put(key8(group[0]), record)
	})
}

// sealed returns a frame of the segment as it is.
func (s *segment) sealed(info frameInfo) *sealed {
	f := &sealed{first: s.first + uint64(info.start), dict: info.dict, raw: info.raw, packed: info.packed}
	for i := range info.count {
		f.digests = append(f.digests, s.digest(info.start+i))
	}
	return f
}

// framesChanged makes views from this transaction on unpack frames anew.
func framesChanged(tx *bbolt.Tx) error {
	meta := tx.Bucket(bucketMeta)
	times := uint64(0)
	if b := meta.Get(keyErased); len(b) == 8 {
		times = number(b)
	}
	return meta.Put(keyErased, key8(times+1))
}
