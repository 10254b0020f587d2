package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// pageWalk follows a bbolt file's pages from a root without bbolt, which trusts them: a branch that leads back to itself
// would have it fill the memory. A page starts with its number of 8 bytes, flags and count of 2 each, and the number of
// further pages of 4. A leaf's elements are flags, position, key length and value length of 4 bytes each; a branch's are
// position and key length of 4 and the child's page number of 8. Positions count from the element itself.
type pageWalk struct {
	file  io.ReaderAt
	pages uint64
	seen  []bool
}

const (
	pageHeader  = 16
	elementSize = 16
	flagBranch  = 0x01
	flagLeaf    = 0x02
	flagFree    = 0x10
	flagBucket  = 0x01 // of a leaf's element
)

// walkFile walks all that the newest head of the file leads to. The file must be locked.
func walkFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 2*pageSize)
	if _, err := f.ReadAt(head, 0); err != nil {
		return err
	}
	m, _ := probeMeta(head)
	w := newPageWalk(f, m.pages)
	if err := w.tree(m.root, nil, nil); err != nil {
		return err
	}
	return w.free(m.freelist)
}

func newPageWalk(file io.ReaderAt, pages uint64) *pageWalk {
	return &pageWalk{file: file, pages: pages, seen: make([]bool, pages)}
}

func (w *pageWalk) damaged(id uint64, format string, args ...any) error {
	return fmt.Errorf("%w: page %d %s", ErrDamaged, id, fmt.Sprintf(format, args...))
}

// claim notes that a page is in use, once.
func (w *pageWalk) claim(id uint64) error {
	if id < 2 || id >= w.pages {
		return w.damaged(id, "is not one of %d", w.pages)
	}
	if w.seen[id] {
		return w.damaged(id, "is in use twice")
	}
	w.seen[id] = true
	return nil
}

// node is a page with those that go on behind it, read as far as needed.
type node struct {
	w      *pageWalk
	id     uint64
	flags  uint16
	count  int
	size   int
	header []byte // page header and elements
}

func (w *pageWalk) node(id uint64) (n node, err error) {
	if err := w.claim(id); err != nil {
		return n, err
	}
	n = node{w: w, id: id, size: pageSize, header: make([]byte, pageSize)}
	if _, err := w.file.ReadAt(n.header, int64(id)*pageSize); err != nil {
		return n, fmt.Errorf("page %d: %w", id, err)
	}
	b := n.header
	n.flags, n.count = binary.NativeEndian.Uint16(b[8:]), int(binary.NativeEndian.Uint16(b[10:]))
	further := uint64(binary.NativeEndian.Uint32(b[12:]))
	if binary.NativeEndian.Uint64(b) != id {
		return n, w.damaged(id, "says that it is another")
	}
	if further >= w.pages-id {
		return n, w.damaged(id, "goes on behind the end")
	}
	for i := range further {
		if err := w.claim(id + 1 + i); err != nil {
			return n, err
		}
	}
	n.size += int(further) * pageSize
	if table := pageHeader + n.count*elementSize; table > pageSize && n.flags != flagFree {
		if table > n.size {
			return n, w.damaged(id, "has too many elements")
		}
		n.header = make([]byte, table)
		if _, err := w.file.ReadAt(n.header, int64(id)*pageSize); err != nil {
			return n, fmt.Errorf("page %d: %w", id, err)
		}
	}
	return n, nil
}

// at returns n bytes of the node.
func (n *node) at(off, size uint64) ([]byte, error) {
	if off > uint64(n.size) || size > uint64(n.size)-off {
		return nil, n.w.damaged(n.id, "has an element that reaches outside it")
	}
	if off+size <= uint64(len(n.header)) {
		return n.header[off : off+size], nil
	}
	b := make([]byte, size)
	if _, err := n.w.file.ReadAt(b, int64(n.id)*pageSize+int64(off)); err != nil {
		return nil, fmt.Errorf("page %d: %w", n.id, err)
	}
	return b, nil
}

// tree walks the pages under id, whose keys must be from low (included) to high (excluded); nil bounds nothing.
func (w *pageWalk) tree(id uint64, low, high []byte) error {
	n, err := w.node(id)
	if err != nil {
		return err
	}
	switch {
	case n.flags == flagLeaf:
		return n.leaf(low, high)
	case n.flags == flagBranch && n.count > 0:
		return n.branch(low, high)
	}
	return w.damaged(id, "is no page of a tree")
}

func (n *node) leaf(low, high []byte) error {
	for i := range n.count {
		off := uint64(pageHeader + i*elementSize)
		e := n.header[off : off+elementSize]
		flags, pos := binary.NativeEndian.Uint32(e), uint64(binary.NativeEndian.Uint32(e[4:]))
		ksize, vsize := uint64(binary.NativeEndian.Uint32(e[8:])), uint64(binary.NativeEndian.Uint32(e[12:]))
		if off+pos+ksize+vsize > uint64(n.size) {
			return n.w.damaged(n.id, "has an element that reaches outside it")
		}
		key, err := n.at(off+pos, ksize)
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(low, key) >= 0 || bytes.Compare(low, key) > 0 || high != nil && bytes.Compare(key, high) >= 0 {
			return n.w.damaged(n.id, "has keys out of order")
		}
		low = key
		if flags == 0 {
			continue
		}
		value, err := n.at(off+pos+ksize, vsize)
		if err != nil {
			return err
		}
		if flags != flagBucket || vsize < 16 {
			return n.w.damaged(n.id, "has an element of an unknown kind")
		}
		if root := binary.NativeEndian.Uint64(value); root != 0 {
			err = n.w.tree(root, nil, nil)
		} else {
			err = n.inline(value[16:])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inline walks a bucket so small that it stands in its parent, as a leaf page of its own.
func (n *node) inline(page []byte) error {
	if len(page) < pageHeader {
		return n.w.damaged(n.id, "has a part that is cut short")
	}
	in := node{w: n.w, id: n.id, size: len(page), header: page, count: int(binary.NativeEndian.Uint16(page[10:]))}
	if binary.NativeEndian.Uint16(page[8:]) != flagLeaf || pageHeader+in.count*elementSize > len(page) {
		return n.w.damaged(n.id, "has a part that is no page")
	}
	return in.leaf(nil, nil)
}

func (n *node) branch(low, high []byte) error {
	for i := range n.count {
		key, child, err := n.child(i)
		if err != nil {
			return err
		}
		next := high
		if i+1 < n.count {
			if next, _, err = n.child(i + 1); err != nil {
				return err
			}
		}
		if bytes.Compare(low, key) > 0 || next != nil && bytes.Compare(key, next) >= 0 {
			return n.w.damaged(n.id, "has keys out of order")
		}
		if err := n.w.tree(child, key, next); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) child(i int) (key []byte, page uint64, err error) {
	off := uint64(pageHeader + i*elementSize)
	e := n.header[off : off+elementSize]
	key, err = n.at(off+uint64(binary.NativeEndian.Uint32(e)), uint64(binary.NativeEndian.Uint32(e[4:])))
	return key, binary.NativeEndian.Uint64(e[8:]), err
}

// free checks the list of free pages: none of them may be in use.
func (w *pageWalk) free(id uint64) error {
	n, err := w.node(id)
	if err != nil {
		return err
	}
	if n.flags != flagFree {
		return w.damaged(id, "is no list of free pages")
	}
	off, count := uint64(pageHeader), uint64(n.count)
	if count == 0xFFFF { // the true number is the first element
		b, err := n.at(off, 8)
		if err != nil {
			return err
		}
		count, off = binary.NativeEndian.Uint64(b), off+8
	}
	if count > uint64(n.size)/8 {
		return w.damaged(id, "lists more free pages than it has room for")
	}
	ids, err := n.at(off, count*8)
	if err != nil {
		return err
	}
	for ; len(ids) > 0; ids = ids[8:] {
		if err := w.claim(binary.NativeEndian.Uint64(ids)); err != nil {
			return err
		}
	}
	return nil
}
