package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
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

func copyLive(ctx context.Context, v *View, to *Store) error {
	l, err := v.live(ctx)
	if err != nil {
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
