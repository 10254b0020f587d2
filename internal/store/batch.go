package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.etcd.io/bbolt"

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
	cursors []row
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
	s.mu.Lock()
	busy := s.busy
	s.busy = true
	s.mu.Unlock()
	if busy {
		return nil, fmt.Errorf("begin batch: %w", ErrBusy)
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
	b.s.mu.Lock()
	b.s.busy = false
	b.s.mu.Unlock()
}

// purge removes the rows of entries from size on.
func (s *Store) purge(size uint64) error {
	for _, bucket := range [][]byte{bucketSeries, bucketStates} {
		for after := []byte(nil); ; {
			var stale [][]byte
			err := s.db.View(func(tx *bbolt.Tx) error {
				c := tx.Bucket(bucket).Cursor()
				for k, _ := c.Seek(after); k != nil && len(stale) < stageRows; k, _ = c.Next() {
					if len(k) >= 8 && number(k[len(k)-8:]) >= size {
						stale = append(stale, bytes.Clone(k))
					}
				}
				return nil
			})
			if err != nil || len(stale) == 0 {
				if err != nil {
					return err
				}
				break
			}
			after = stale[len(stale)-1]
			err = s.update("purge", func(tx *bbolt.Tx) error {
				for _, k := range stale {
					if err := tx.Bucket(bucket).Delete(k); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return s.update("purge", func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Delete(keyStaged) })
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

// PutCursor leaves value under name, with the commit.
func (b *Batch) PutCursor(name string, value []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return ErrBatchOver
	}
	b.staged.cursors = append(b.staged.cursors, row{bucketCursors, []byte(name), bytes.Clone(value)})
	return nil
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
		if n, err = v.number(&f, d); err != nil || n != 0 || previous == 0 {
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

// seal closes the open frame of dict: its objects get their numbers. It is called with b.mu held; the function that it
// returns compresses the frame, and must be called without.
func (b *Batch) seal(dict string) (pack func() error, err error) {
	f := b.open[dict]
	if f == nil {
		return func() error { return nil }, nil
	}
	delete(b.open, dict)
	words, err := b.dictionary(dict, f)
	if err != nil {
		return nil, err
	}
	s := &sealed{first: b.s.nextObject, digests: f.digests, dict: words.id, done: make(chan struct{})}
	b.s.nextObject += uint64(len(f.digests))
	for i, d := range f.digests {
		b.known[d] = s.first + uint64(i)
	}
	b.staged.frames = append(b.staged.frames, s)
	b.staged.objects += len(f.digests)
	b.staged.raw += f.raw
	return func() error {
		defer close(s.done)
		raw := packFrame(s.first, f.contents, f.bases)
		s.raw = len(raw)
		s.packed, err = b.s.codecs.pack(words.id, words.content, raw)
		return err
	}, nil
}

// dictionary returns the dictionary for a name; the first full frame becomes it. It is called with b.mu held.
func (b *Batch) dictionary(name string, f *openFrame) (dictionary, error) {
	if w, ok := b.dicts[name]; ok && w.id != 0 {
		return w, nil
	}
	w, err := b.s.loadDictionary(name)
	if err != nil {
		return w, err
	}
	if w.id == 0 && len(f.contents) == frameObjects && f.whole >= maxDict/2 {
		var content []byte
		for i, c := range f.contents {
			if f.bases[i] == 0 && len(content) < maxDict {
				content = append(content, c[:min(len(c), maxDict-len(content))]...)
			}
		}
		packed, err := b.s.codecs.pack(0, nil, content)
		if err != nil {
			return w, err
		}
		w = dictionary{b.s.nextDict, content}
		b.s.nextDict++
		b.staged.dicts = append(b.staged.dicts, newDict{name, w.id, packed})
	}
	b.dicts[name] = w
	return w, nil
}

// loadDictionary returns the stored dictionary for a name, or none.
func (s *Store) loadDictionary(name string) (w dictionary, err error) {
	err = s.View(func(v *View) error {
		id := v.tx.Bucket(bucketDictNames).Get([]byte(name))
		if len(id) != 4 {
			return nil
		}
		w.id = number4(id)
		packed := v.tx.Bucket(bucketDicts).Get(id)
		if packed == nil {
			return fmt.Errorf("%w: dictionary %d is missing", ErrDamaged, w.id)
		}
		w.content, err = s.codecs.unpack(v.tx, 0, packed, maxDict)
		return err
	})
	return w, err
}

// sealFor closes the open frames that hold items: that of dict, and all when an item was staged as another kind, too.
func (b *Batch) sealFor(dict string, items []item) error {
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return ErrBatchOver
	}
	pack, err := b.seal(dict)
	elsewhere := false
	for _, it := range items {
		if n, ok := b.known[it.digest]; ok && n == 0 {
			elsewhere = true
			break
		}
	}
	b.mu.Unlock()
	if err == nil {
		err = pack()
	}
	if err == nil && elsewhere {
		err = b.sealAll()
	}
	return err
}

// sealAll closes all open frames, in a fixed order.
func (b *Batch) sealAll() error {
	b.mu.Lock()
	var packs []func() error
	var err error
	names := make([]string, 0, len(b.open))
	for name := range b.open {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		pack, e := b.seal(name)
		if err = errors.Join(err, e); e == nil {
			packs = append(packs, pack)
		}
	}
	b.mu.Unlock()
	for _, pack := range packs {
		err = errors.Join(err, pack())
	}
	return err
}
