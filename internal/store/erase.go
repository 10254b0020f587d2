package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"
)

// Erased is what Erase removed.
type Erased struct {
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"` // of their content, as it was stored
}

// Erase removes the content of what disposal entries dispose of: documents and observations that nothing else holds. Their
// digests stay, and with them every list. It may be broken off at any time, and goes on where it was when it is called
// again. The file keeps its length and uses the room for what comes; Compact makes it shorter.
//
// The dictionary of a kind of objects is not changed: up to 16 KiB of the first of them are part of how the others are
// compressed.
func (s *Store) Erase(ctx context.Context, progress func(done, total int64)) (e Erased, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("erase what is disposed of: %w", err)
		}
	}()
	if s.key == nil || s.db.IsReadOnly() {
		return e, ErrReadOnly
	}
	if err := s.claim(); err != nil {
		return e, err
	}
	defer s.release()
	plan := eraser{s: s}
	if err := s.View(func(v *View) error { return plan.plan(ctx, v) }); err != nil || len(plan.doomed) == 0 {
		return e, err
	}
	// What is a delta on a doomed object is made whole first: whenever this ends, everything else can be read.
	done, total := int64(0), int64(len(plan.segments)+len(plan.affected))
	for _, pass := range []struct {
		segments []uint64
		change   func(*View, *frame, int) (bool, error)
	}{{plan.segments, plan.whole}, {plan.affected, plan.tombstone}} {
		for _, first := range pass.segments {
			if err := ctx.Err(); err != nil {
				return plan.erased, err
			}
			if err := plan.segment(first, pass.change); err != nil {
				return plan.erased, err
			}
			if done++; progress != nil {
				progress(done, total)
			}
		}
	}
	return plan.erased, nil
}

type eraser struct {
	s        *Store
	entry    int64
	doomed   map[uint64]bool
	segments []uint64 // all
	affected []uint64 // those that hold what is doomed
	erased   Erased
}

// plan finds what is doomed: what lists name and nothing keeps.
func (p *eraser) plan(ctx context.Context, v *View) error {
	if !v.disposed {
		return nil
	}
	l, err := v.live(ctx)
	if err != nil {
		return err
	}
	p.entry, p.doomed = l.gone.Entry, map[uint64]bool{}
	for n := range l.objects {
		if l.content[n] {
			continue
		}
		if n, err = v.again(n); err != nil {
			return err
		}
		lost, err := v.lost(n)
		if err != nil {
			return err
		}
		if !lost && !l.content[n] {
			p.doomed[n] = true
		}
	}
	c := v.segments.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		p.segments = append(p.segments, number(k))
	}
	affected := map[uint64]bool{}
	f := v.finder()
	for n := range p.doomed {
		if _, err := f.find(n); err != nil {
			return err
		}
		affected[f.seg.first] = true
	}
	p.affected = slices.Sorted(maps.Keys(affected))
	return nil
}

// whole turns a delta that stays, on an object that goes, into the object itself.
func (p *eraser) whole(v *View, u *frame, i int) (bool, error) {
	if u.bases[i] == 0 || !p.doomed[u.bases[i]] || p.doomed[u.first+uint64(i)] {
		return false, nil
	}
	content, err := v.rebuild(u.bases[i], u.contents[i])
	u.contents[i], u.bases[i] = content, 0
	return true, err
}

// tombstone leaves of a doomed object the entry that disposed of it.
func (p *eraser) tombstone(_ *View, u *frame, i int) (bool, error) {
	if !p.doomed[u.first+uint64(i)] || u.bases[i] == gone {
		return false, nil
	}
	p.erased.Objects++
	p.erased.Bytes += int64(len(u.contents[i]))
	u.contents[i], u.bases[i] = binary.AppendUvarint(nil, uint64(p.entry)), gone
	return true, nil
}

// segment writes a segment anew when change changes any of its objects. Its frames keep their objects.
func (p *eraser) segment(first uint64, change func(*View, *frame, int) (bool, error)) error {
	var record []byte
	err := p.s.View(func(v *View) error {
		seg, err := parseSegment(first, v.segments.Get(key8(first)))
		if err != nil {
			return err
		}
		infos, err := seg.frames()
		if err != nil {
			return err
		}
		changed := false
		frames := make([]*sealed, len(infos))
		for k, info := range infos {
			f := seg.sealed(info)
			frames[k] = f
			again, err := p.frame(v, &seg, info, f, change)
			if err != nil {
				return err
			}
			changed = changed || again
		}
		if changed {
			record = appendSegment(nil, frames)
		}
		return nil
	})
	if err != nil || record == nil {
		return err
	}
	return p.s.update("erase", func(tx *bbolt.Tx) error {
		if err := framesChanged(tx); err != nil {
			return err
		}
		return tx.Bucket(bucketSegments).Put(key8(first), record)
	})
}

// frame packs a frame anew when any of its objects changed, and reports whether.
func (p *eraser) frame(v *View, seg *segment, info frameInfo, f *sealed,
	change func(*View, *frame, int) (bool, error),
) (bool, error) {
	u, err := v.unpack(seg, info)
	if err != nil {
		return false, err
	}
	changed := false
	for i := range u.contents {
		again, err := change(v, u, i)
		if err != nil {
			return false, fmt.Errorf("object %s: %w", f.digests[i], err)
		}
		changed = changed || again
	}
	if !changed {
		return false, nil
	}
	raw := packFrame(f.first, u.contents, u.bases)
	f.dict, f.raw = 0, len(raw)
	f.packed, err = p.s.codecs.pack(0, nil, raw)
	return true, err
}
