package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"exhibit/internal/evidence"
)

// live is what entries and states refer to.
type live struct {
	v       *View
	objects map[uint64]bool // by number, whether their content is kept or was disposed of
	lists   map[uint64]bool
	kept    map[uint64]bool // lists whose objects keep their content
	content map[uint64]bool // objects that keep their content
	gone    Disposed
}

// live finds what is live.
func (v *View) live(ctx context.Context) (*live, error) {
	l := &live{v: v, objects: map[uint64]bool{}, lists: map[uint64]bool{}, kept: map[uint64]bool{},
		content: map[uint64]bool{}}
	var err error
	if l.gone, err = v.Disposed(); err != nil {
		return nil, err
	}
	if err := l.mark(ctx); err != nil {
		return nil, err
	}
	return l, l.contents()
}

// mark finds what entries and states name.
func (l *live) mark(ctx context.Context) error {
	for i := range l.v.size {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, _, err := l.v.Entry(i)
		if err != nil {
			return err
		}
		if err := l.entry(i, e); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	for s, err := range l.v.States(StateFilter{}) {
		if err != nil {
			return err
		}
		if err := l.object(s.Observation); err != nil {
			return err
		}
	}
	return nil
}

func (l *live) entry(i int64, e evidence.Entry) error {
	if err := l.object(e.Body); err != nil {
		return err
	}
	switch e.Kind {
	case evidence.KindRun:
		var run evidence.Run
		if _, err := l.v.body(i, &run); err != nil {
			return err
		}
		if err := l.list(run.Snapshots, true); err != nil {
			return err
		}
		return l.v.runSnapshots(run, func(s evidence.Snapshot, _ uint64) error {
			return l.list(s.Subjects, i >= l.gone.Series[s.Series()])
		})
	case evidence.KindAssessment:
		var a evidence.Assessment
		if _, err := l.v.body(i, &a); err != nil {
			return err
		}
		return errors.Join(l.list(a.Observations, i >= l.gone.Observations), l.list(a.Findings, true), l.object(a.Catalog))
	case evidence.KindAttestation:
		var a evidence.Attestation
		if _, err := l.v.body(i, &a); err != nil {
			return err
		}
		for _, d := range a.Attachments {
			if err := l.object(d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *live) object(d evidence.Digest) error {
	if d.IsZero() {
		return nil
	}
	f := l.v.finder()
	n, err := l.v.number(&f, d)
	if err == nil && n == 0 {
		err = fmt.Errorf("object %s: %w", d, ErrUnknown)
	}
	l.objects[n], l.content[n] = true, true
	return err
}

// list marks a list, those that it is written against, and the objects that any of them names; with keep, its objects keep
// their content.
func (l *live) list(ref evidence.ListRef, keep bool) error {
	n, err := l.v.listNumber(ref)
	if keep && err == nil && n != 0 {
		l.kept[n] = true
	}
	for err == nil && n != 0 && !l.lists[n] {
		l.lists[n] = true
		var record listRecord
		var changes []change
		if record, err = l.v.listRecord(n); err == nil {
			changes, err = l.v.changes(&record)
		}
		for _, c := range changes {
			l.objects[c.object] = true
		}
		n = record.base
	}
	return err
}

// contents marks the objects of kept lists. Of a list that is written against a kept one, only its changes are new.
func (l *live) contents() error {
	for _, n := range slices.Sorted(maps.Keys(l.kept)) {
		record, err := l.v.listRecord(n)
		if err != nil {
			return err
		}
		var items []change
		if l.kept[record.base] {
			items, err = l.v.changes(&record)
		} else {
			items, err = l.v.items(n)
		}
		if err != nil {
			return err
		}
		for _, it := range items {
			l.content[it.object] = true
		}
	}
	delete(l.objects, 0) // removals
	delete(l.content, 0)
	if !l.v.disposed {
		return nil
	}
	// What was disposed of and seen again is kept where it was stored then.
	for _, n := range slices.Sorted(maps.Keys(l.content)) {
		again, err := l.v.again(n)
		if err != nil {
			return err
		}
		l.objects[again], l.content[again] = true, true
	}
	return nil
}

// segments returns the segments that hold live objects or their bases.
func (l *live) segments() (map[uint64]bool, error) {
	keep := map[uint64]bool{}
	f := l.v.finder()
	for n := range l.objects {
		if _, err := f.find(n); err != nil {
			return nil, err
		}
		keep[f.seg.first] = true
	}
	bases := map[uint64]bool{}
	for first := range keep {
		seg, err := parseSegment(first, l.v.segments.Get(key8(first)))
		if err != nil {
			return nil, err
		}
		frames, err := seg.frames()
		if err != nil {
			return nil, err
		}
		for _, info := range frames {
			u, err := l.v.unpack(&seg, info)
			if err != nil {
				return nil, err
			}
			for _, base := range u.bases {
				if base != 0 && base != gone {
					bases[base] = true
				}
			}
		}
	}
	for n := range bases { // a base has no base
		if _, err := f.find(n); err != nil {
			return nil, err
		}
		keep[f.seg.first] = true
	}
	return keep, nil
}
