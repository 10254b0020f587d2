package store

import (
	"bytes"
	"fmt"
	"sync"

	"exhibit/internal/evidence"
)

// Batch stages objects, lists and states, and commits them as one entry. Objects and lists may be added by several
// goroutines at once. It ends with Commit or Discard; defer Discard, which does nothing after Commit.
type Batch struct {
	s     *Store
	entry int64 // the entry that Commit will write

	writing sync.Mutex // held while staging, so that segments are written in the order of their numbers

	mu     sync.Mutex // guards what follows
	over   bool
	open   map[string]*openFrame
	dicts  map[string]dictionary
	known  map[evidence.Digest]uint64 // objects of this batch that are not indexed yet; 0: still in an open frame
	roots  map[evidence.Digest]uint64 // lists of this batch
	links  []newList                  // the same, to be made known; without their records
	staged pending
	// written is the first number that may not be on the disk yet.
	written uint64
	marked  bool // keyStaged was written
	// stateRows counts the rows of states that were put.
	stateRows uint32
}

// pending is what the next transaction writes.
type pending struct {
	frames  []*sealed
	objects int
	raw     int
	dicts   []newDict
	lists   []newList
	rows    []row
	notes   []row
}

type openFrame struct {
	contents [][]byte
	bases    []uint64
	digests  []evidence.Digest
	raw      int // bytes of all contents
	whole    int // bytes of those that are no deltas
}

type dictionary struct {
	id      uint32
	content []byte
}

type newDict struct {
	name   string
	id     uint32
	packed []byte
}

type newList struct {
	number uint64
	root   evidence.Digest
	series string
	record []byte
}

type row struct{ bucket, key, value []byte }

const (
	frameObjects = 32
	frameBytes   = 64 << 10
	maxDict      = 16 << 10
	stageObjects = 1000
	stageBytes   = 8 << 20
	stageRows    = 2000
	commitIndex  = 2000   // objects that the last transaction may index itself
	stageIndex   = 50_000 // objects after which the index is written before the end
	indexChunk   = 20_000
)

// Begin starts a batch. It first removes index rows that an earlier batch staged and never committed.
func (s *Store) Begin() (*Batch, error) {
	if s.key == nil || s.db.IsReadOnly() {
		return nil, fmt.Errorf("begin batch: %w", ErrReadOnly)
	}
	if err := s.claim(); err != nil {
		return nil, fmt.Errorf("begin batch: %w", err)
	}
	b := &Batch{s: s, open: map[string]*openFrame{}, dicts: map[string]dictionary{}, known: map[evidence.Digest]uint64{},
		roots: map[evidence.Digest]uint64{}, written: s.nextObject}
	var dirty bool
	err := s.View(func(v *View) error {
		b.entry, dirty = v.size, v.meta.Get(keyStaged) != nil
		return nil
	})
	if err == nil && dirty {
		err = s.purge(uint64(b.entry))
	}
	if err != nil {
		b.Discard()
		return nil, fmt.Errorf("begin batch: %w", err)
	}
	return b, nil
}

// claim makes the caller the only one who writes, until release; it is ErrBusy when somebody is already.
func (s *Store) claim() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return ErrBusy
	}
	s.busy = true
	return nil
}

func (s *Store) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
}

// Discard ends the batch without an entry. What was staged stays in the file until Compact, unless a later batch finds it
// useful.
func (b *Batch) Discard() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
}

// end is called with b.mu held.
func (b *Batch) end() {
	if b.over {
		return
	}
	b.over = true
	b.open, b.known, b.roots, b.links, b.staged = nil, nil, nil, nil, pending{}
	b.s.release()
}

// Object stages an object, unless it is in the store already. dict names the objects that it is like; they share a
// dictionary. canonical is not kept.
func (b *Batch) Object(dict string, canonical []byte) (evidence.Digest, error) {
	d := evidence.Sum(canonical)
	if _, err := b.add(dict, d, canonical, 0); err != nil {
		return evidence.Digest{}, fmt.Errorf("stage object: %w", err)
	}
	return d, nil
}

// add stages an object and returns its number, or 0 when it has none yet. previous is the number of the version before it,
// 0 for none.
func (b *Batch) add(dict string, d evidence.Digest, object []byte, previous uint64) (uint64, error) {
	if len(object) > maxObject {
		return 0, fmt.Errorf("object of %d bytes: the most is %d", len(object), maxObject)
	}
	b.mu.Lock()
	n, ok := b.known[d]
	over := b.over
	b.mu.Unlock()
	if over {
		return 0, ErrBatchOver
	}
	if ok {
		return n, nil
	}
	content, base := object, uint64(0)
	err := b.s.View(func(v *View) (err error) {
		f := v.finder()
		if n, err = v.kept(&f, d); err != nil || n != 0 || previous == 0 {
			return err
		}
		if lost, err := v.lost(previous); err != nil || lost {
			return err
		}
		old, further, err := v.content(&f, previous)
		if err != nil {
			return err
		}
		base = previous
		if further != 0 {
			base = further
			if old, _, err = v.content(&f, further); err != nil {
				return err
			}
		}
		delta, pays := makeDelta(nil, old, object, len(object)/3)
		if pays {
			content = delta
		} else {
			base = 0
		}
		return nil
	})
	if err != nil || n != 0 {
		return n, err
	}
	return b.append(dict, d, content, base)
}

func (b *Batch) append(dict string, d evidence.Digest, content []byte, base uint64) (uint64, error) {
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return 0, ErrBatchOver
	}
	if n, ok := b.known[d]; ok {
		b.mu.Unlock()
		return n, nil
	}
	f := b.open[dict]
	if f == nil {
		f = &openFrame{}
		b.open[dict] = f
	}
	b.known[d] = 0
	f.contents = append(f.contents, bytes.Clone(content))
	f.bases = append(f.bases, base)
	f.digests = append(f.digests, d)
	f.raw += len(content)
	if base == 0 {
		f.whole += len(content)
	}
	if len(f.contents) < frameObjects && f.raw < frameBytes {
		b.mu.Unlock()
		return 0, nil
	}
	pack, err := b.seal(dict)
	full := b.full()
	b.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if err := pack(); err != nil {
		return 0, err
	}
	if full {
		return 0, b.stage()
	}
	return 0, nil
}

// full reports whether enough is pending for a transaction. It is called with b.mu held.
func (b *Batch) full() bool {
	p := &b.staged
	return p.objects >= stageObjects || p.raw >= stageBytes || len(p.rows) >= stageRows
}
