package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"exhibit/internal/evidence"
)

// Compact writes to dst, which must not exist, a store with all that was committed to src, and nothing that was only
// staged. Numbers, entries and the checkpoint stay as they are. Dictionaries are kept. dst gets an anchor of its own.
func Compact(ctx context.Context, src, dst string) (st Stats, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("compact %s to %s: %w", src, dst, err)
		}
	}()
	s, err := Open(src, Options{ReadOnly: true})
	if err != nil {
		return st, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	db, err := openFile(dst, os.O_CREATE|os.O_EXCL, false)
	if err != nil {
		return st, err
	}
	to := newStore(dst, db, nil, hooks{})
	err = s.View(func(v *View) error {
		if err := copyLive(ctx, v, to); err != nil {
			return err
		}
		signed, err := v.Checkpoint()
		if err != nil {
			return err
		}
		return to.writeAnchor(signed)
	})
	if err == nil {
		err = to.load()
	}
	if err == nil {
		st, err = to.Stats()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return st, errors.Join(err, os.Remove(dst))
	}
	return st, nil
}

// live is what entries and states refer to.
type live struct {
	v       *View
	objects map[uint64]bool
	lists   map[uint64]bool
}

func copyLive(ctx context.Context, v *View, to *Store) error {
	l := live{v: v, objects: map[uint64]bool{}, lists: map[uint64]bool{}}
	if err := l.mark(ctx); err != nil {
		return err
	}
	segments, err := l.segments()
	if err != nil {
		return err
	}
	keep := func(bucket string, k, value []byte) bool {
		switch bucket {
		case string(bucketSegments):
			return segments[number(k)]
		case string(bucketLists):
			return l.lists[number(k)]
		case string(bucketRoots), string(bucketHeads):
			return l.lists[number(value)]
		case string(bucketSeries), string(bucketStates):
			return int64(number(k[len(k)-8:])) < v.size
		}
		return true
	}
	w := rowWriter{to: to, ctx: ctx}
	names := buckets()
	for _, name := range append(names[1:], bucketMeta) { // meta last: without it the file is no store
		if err := w.bucket(name); err != nil {
			return err
		}
		if bytes.Equal(name, bucketDigests) {
			if err := w.digests(v, segments); err != nil {
				return err
			}
			continue
		}
		c := v.tx.Bucket(name).Cursor()
		for k, value := c.First(); k != nil; k, value = c.Next() {
			if bytes.Equal(name, bucketMeta) && bytes.Equal(k, keyStaged) || !keep(string(name), k, value) {
				continue
			}
			if err := w.put(row{name, k, value}); err != nil {
				return err
			}
		}
	}
	return w.flush()
}

// mark finds what is live.
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
		if err := l.list(run.Snapshots); err != nil {
			return err
		}
		return l.v.runSnapshots(run, func(s evidence.Snapshot, _ uint64) error { return l.list(s.Subjects) })
	case evidence.KindAssessment:
		var a evidence.Assessment
		if _, err := l.v.body(i, &a); err != nil {
			return err
		}
		return errors.Join(l.list(a.Observations), l.list(a.Findings), l.object(a.Catalog))
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
	l.objects[n] = true
	return err
}

// list marks a list, those that it is written against, and the objects that any of them names.
func (l *live) list(ref evidence.ListRef) error {
	n, err := l.v.listNumber(ref)
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

// segments returns the segments that hold live objects or their bases.
func (l *live) segments() (map[uint64]bool, error) {
	keep := map[uint64]bool{}
	f := l.v.finder()
	delete(l.objects, 0) // removals
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
				if base != 0 {
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
