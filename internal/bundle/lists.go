package bundle

import (
	"bufio"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// maxChanges bounds the changes between lists that are held at a time; a block of lists ends before there are more.
const maxChanges = 100_000

// mode says how much of an item the bundle shows.
type mode int

const (
	show mode = iota // key and objects
	omit             // key and digests
	hide             // leaf hashes
)

// change is one key's new object in list number list of a block; zero for gone.
type change struct {
	key    string
	list   int
	object evidence.Digest
}

// block is some lists of a series that succeed each other, as the first of them and the changes after it.
type block struct {
	lists   []evidence.ListRef
	changes []change // by key, then list
}

// blocks cuts lists into blocks and hands them over in order. It cuts the same way each time.
func (b *builder) blocks(lists []evidence.ListRef, fn func(block) error) error {
	if len(lists) == 0 {
		return nil
	}
	cur := block{lists: lists[:1]}
	start := 0
	flush := func() error {
		slices.SortFunc(cur.changes, func(x, y change) int {
			if c := strings.Compare(x.key, y.key); c != 0 {
				return c
			}
			return x.list - y.list
		})
		return fn(cur)
	}
	for i := 1; i < len(lists); i++ {
		before := len(cur.changes)
		full := len(cur.lists) == format.MaxLists
		if !full {
			err := b.diff(lists[i-1], lists[i], func(key string, _, after evidence.Digest) error {
				if len(cur.changes) == b.blockChanges {
					return errFull
				}
				cur.changes = append(cur.changes, change{key, i - start, after})
				return nil
			})
			if err != nil && !errors.Is(err, errFull) {
				return err
			}
			full = err != nil
		}
		if full {
			cur.changes = cur.changes[:before]
			if err := flush(); err != nil {
				return err
			}
			cur, start = block{lists: lists[i : i+1]}, i
			continue
		}
		cur.lists = lists[start : i+1]
	}
	return flush()
}

var errFull = errors.New("too many changes for one block")

// diff is View.Diff for lists that may be empty or may never have been.
func (b *builder) diff(before, after evidence.ListRef, fn func(key string, before, after evidence.Digest) error) error {
	var none evidence.Digest
	switch {
	case before == after, before.Count == 0 && after.Count == 0:
		return nil
	case before.Count == 0:
		return b.view.List(after, func(key string, d evidence.Digest) error { return fn(key, none, d) })
	case after.Count == 0:
		return b.view.List(before, func(key string, d evidence.Digest) error { return fn(key, d, none) })
	}
	return b.view.Diff(before, after, fn)
}

// items hands over every item of the block in order of key. With objects, first is the bytes of the object that the
// item had in the block's first list, and nil when it had none there.
func (b *builder) items(k block, objects bool, fn func(it format.Item, first []byte) error) error {
	rest, last := k.changes, len(k.lists)-1
	later := func(until string, all bool) error {
		for len(rest) > 0 && (all || rest[0].key < until) {
			n := 1
			for n < len(rest) && rest[n].key == rest[0].key {
				n++
			}
			it := spans(rest[0].key, evidence.Digest{}, rest[:n], last)
			rest = rest[n:]
			if err := fn(it, nil); err != nil {
				return err
			}
		}
		return nil
	}
	each := func(key string, d evidence.Digest, object []byte) error {
		if err := errors.Join(b.ctx.Err(), later(key, false)); err != nil {
			return err
		}
		n := 0
		for n < len(rest) && rest[n].key == key {
			n++
		}
		it := spans(key, d, rest[:n], last)
		rest = rest[n:]
		return fn(it, object)
	}
	var err error
	switch {
	case k.lists[0].Count == 0:
	case objects:
		err = b.view.Objects(k.lists[0], each)
	default:
		err = b.view.List(k.lists[0], func(key string, d evidence.Digest) error { return each(key, d, nil) })
	}
	if err != nil {
		return err
	}
	return later("", true)
}

// spans returns one key's item from its object in list 0 and its changes.
func spans(key string, object evidence.Digest, changes []change, last int) format.Item {
	it := format.Item{Key: key}
	from := 0
	for _, c := range changes {
		if !object.IsZero() && c.list > from {
			it.Spans = append(it.Spans, format.Span{From: from, To: c.list - 1, Object: object})
		}
		object, from = c.object, c.list
	}
	if !object.IsZero() {
		it.Spans = append(it.Spans, format.Span{From: from, To: last, Object: object})
	}
	return it
}

// listLines writes the manifest of a series.
func (b *builder) listLines(w *bufio.Writer, series string, lists []evidence.ListRef, how func(key string) mode) error {
	return b.blocks(lists, func(k block) error {
		if err := line(w, format.Head{Series: series, Lists: k.lists}); err != nil {
			return err
		}
		return b.items(k, false, func(it format.Item, _ []byte) error {
			switch how(it.Key) {
			case omit:
				it.Omitted = true
			case hide:
				for i, s := range it.Spans {
					leaf := ledger.ListLeaf(it.Key, s.Object)
					it.Spans[i] = format.Span{From: s.From, To: s.To, Leaf: base64.StdEncoding.EncodeToString(leaf[:])}
				}
				it.Key = ""
			}
			return line(w, it)
		})
	})
}

// listObjects writes the objects that listLines names, and hands each to seen.
func (b *builder) listObjects(
	w *bufio.Writer, lists []evidence.ListRef, how func(key string) mode, seen func(object []byte) error,
) error {
	return b.blocks(lists, func(k block) error {
		return b.items(k, true, func(it format.Item, first []byte) error {
			if how(it.Key) != show {
				return nil
			}
			var done []evidence.Digest
			for _, s := range it.Spans {
				if slices.Contains(done, s.Object) {
					continue
				}
				object := first
				if s.From > 0 || first == nil {
					var err error
					if object, err = b.view.Object(s.Object); err != nil {
						return err
					}
				}
				done = append(done, s.Object)
				if err := raw(w, object); err != nil {
					return err
				}
				if err := seen(object); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
