package verify

import (
	"bytes"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// use says what a file of lists is about. Each func notes problems itself, with f.wrong.
type use struct {
	// head takes the start of a block; false when its lists are of no use.
	head func(f *file, h format.Head) bool
	// item says whether the item may be shown as it is.
	item func(f *file, it format.Item) bool
	// object takes an object that the span names, verified.
	object func(f *file, it format.Item, s format.Span, object []byte)
}

// pair reads a file of lists beside the file of their objects: each object must have the digest that its item names,
// and the roots of all lists, computed as the items go by, must be those that the heads name.
func (v *verifier) pair(lists, objects string, u use) {
	p := &pair{v: v, use: u, lists: v.open(lists), objects: v.open(objects)}
	for p.read() {
	}
	p.endBlock()
	if p.lists.failed || p.objects.failed || p.lost {
		p.lists.end()
		p.objects.end()
		v.broken = true
		return
	}
	p.lists.close()
	p.objects.close()
}

type pair struct {
	v              *verifier
	use            use
	lists, objects *file
	lost           bool // the two files can no longer be told apart

	head  format.Head
	roots []ledger.Roots
	last  string // key
	bad   bool   // the block's roots cannot be right
}

// read takes one line of the lists; false at the end.
func (p *pair) read() bool {
	text, more := p.lists.next()
	if !more {
		return false
	}
	var line format.Line
	if err := decode(text, &line); err != nil {
		return p.lose("neither the start of a block of lists nor an item: %v", err)
	}
	if line.Lists != nil {
		p.endBlock()
		if len(line.Lists) == 0 || len(line.Lists) > format.MaxLists {
			return p.lose("a block of %d lists", len(line.Lists))
		}
		p.head, p.roots, p.last, p.bad = line.Head, make([]ledger.Roots, len(line.Lists)), "", false
		return p.use.head(p.lists, line.Head) || p.lose("the lists of %q belong to nothing in the bundle", line.Series)
	}
	if p.roots == nil {
		return p.lose("an item before any list")
	}
	return p.item(line.Item)
}

func (p *pair) lose(reason string, args ...any) bool {
	p.lists.wrong(reason, args...)
	p.lost, p.roots = true, nil
	return false
}

func (p *pair) item(it format.Item) bool {
	switch {
	case it.Key == "" && it.Omitted:
		return p.lose("an item without a key")
	case it.Key != "" && it.Key <= p.last:
		return p.lose("key %q is not behind the one before it", it.Key)
	case len(it.Spans) == 0:
		return p.lose("an item in no list")
	case !p.use.item(p.lists, it):
		p.bad = true
	}
	if it.Key != "" {
		p.last = it.Key
	}
	next := 0
	done := map[evidence.Digest]bool{}
	for _, s := range it.Spans {
		if s.From < next || s.To < s.From || s.To >= len(p.roots) || s.Object.IsZero() == (s.Leaf == "") ||
			(s.Leaf == "") == (it.Key == "") {
			return p.lose("key %q: spans out of order or without object", it.Key)
		}
		next = s.To + 1
		leaf := ledger.ListLeaf(it.Key, s.Object)
		if s.Leaf != "" {
			var err error
			if leaf, err = leafHash([]byte(s.Leaf)); err != nil {
				return p.lose("a leaf that is no hash")
			}
		} else if !it.Omitted {
			if !done[s.Object] && !p.object(it, s) {
				return false
			}
			done[s.Object] = true
		}
		for i := s.From; i <= s.To; i++ {
			if p.roots[i].Count() >= int64(p.head.Lists[i].Count) {
				return p.lose("list %d of %q has more than its %d items", i, p.head.Series, p.head.Lists[i].Count)
			}
			p.roots[i].Add(leaf)
		}
	}
	return true
}

// object reads the next object and checks that it is the one that the span names.
func (p *pair) object(it format.Item, s format.Span) bool {
	object, more := p.objects.next()
	switch {
	case !more && !p.objects.failed:
		p.objects.fail("the object of %q is missing", it.Key)
		return false
	case !more:
		return false
	case evidence.Sum(object) != s.Object:
		p.objects.wrong("is not the object of %q, or was changed: its digest is not the one in %s", it.Key, p.lists.name)
		p.v.broken = true
		return true
	}
	p.use.object(p.objects, it, s, object)
	return true
}

// endBlock compares the roots.
func (p *pair) endBlock() {
	if p.lists.failed || p.objects.failed || p.lost {
		return
	}
	for i := range p.roots {
		want := p.head.Lists[i]
		p.v.report.Lists++
		root, count := p.roots[i].Root(), p.roots[i].Count()
		empty := want.Count == 0 && want.Root.IsZero() && count == 0
		if !empty && (!bytes.Equal(root[:], want.Root[:]) || count != int64(want.Count)) {
			p.lists.wrong("list %d of %q, ending here, does not have the root that was committed to: "+
				"items were changed, removed, added or moved", i, p.head.Series)
			p.v.broken = true
		}
	}
	p.roots = nil
}
