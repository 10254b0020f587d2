package store

import (
	"fmt"
	"sync"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
)

// finder looks segments up by object number and keeps the last one, since numbers are mostly asked for in order.
type finder struct {
	bucket *bbolt.Bucket
	seg    segment
}

// find makes f.seg the segment that holds object n and returns its index there.
func (f *finder) find(n uint64) (int, error) {
	if n >= f.seg.first && n-f.seg.first < uint64(f.seg.objects) {
		return int(n - f.seg.first), nil
	}
	c := f.bucket.Cursor()
	k, b := c.Seek(key8(n))
	if k == nil {
		k, b = c.Last()
	} else if number(k) != n {
		k, b = c.Prev()
	}
	if k == nil {
		return 0, fmt.Errorf("%w: object number %d is missing", ErrDamaged, n)
	}
	seg, err := parseSegment(number(k), b)
	if err != nil {
		return 0, err
	}
	if n-seg.first >= uint64(seg.objects) {
		return 0, fmt.Errorf("%w: object number %d is missing", ErrDamaged, n)
	}
	f.seg = seg
	return int(n - seg.first), nil
}

func (f *finder) digest(n uint64) (evidence.Digest, error) {
	i, err := f.find(n)
	if err != nil {
		return evidence.Digest{}, err
	}
	return f.seg.digest(i), nil
}

func (v *View) finder() finder { return finder{bucket: v.segments} }

// Object returns the canonical bytes whose digest is d, verified. They must not be changed; they may be kept.
func (v *View) Object(d evidence.Digest) ([]byte, error) {
	f := v.finder()
	n, err := v.number(&f, d)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", d, err)
	}
	if n == 0 {
		return nil, fmt.Errorf("object %s: %w", d, ErrUnknown)
	}
	return v.read(&f, n)
}

// read returns the bytes of object n, verified.
func (v *View) read(f *finder, n uint64) ([]byte, error) {
	i, err := f.find(n)
	if err != nil {
		return nil, err
	}
	want := f.seg.digest(i)
	content, base, err := v.content(f, n)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", want, err)
	}
	if base != 0 {
		if content, err = v.rebuild(base, content); err != nil {
			return nil, fmt.Errorf("object %s: %w", want, err)
		}
	}
	if evidence.Sum(content) != want {
		return nil, fmt.Errorf("object %s: %w: its bytes have another digest", want, ErrDamaged)
	}
	return content, nil
}

func (v *View) rebuild(base uint64, delta []byte) ([]byte, error) {
	f := v.finder()
	old, further, err := v.stored(&f, base)
	if err != nil {
		return nil, err
	}
	if further == gone {
		return nil, disposedBy(old)
	}
	if further != 0 {
		return nil, fmt.Errorf("%w: its base has a base", ErrDamaged)
	}
	return applyDelta(old, delta, maxObject)
}

// content returns the object n, or its delta on base. Of an object that was disposed of and seen again since, it is what was
// stored then.
func (v *View) content(f *finder, n uint64) (content []byte, base uint64, err error) {
	content, base, err = v.stored(f, n)
	if err != nil || base != gone {
		return content, base, err
	}
	again, err := v.again(n)
	if err != nil {
		return nil, 0, err
	}
	if again != n {
		g := v.finder()
		if content, base, err = v.stored(&g, again); err != nil {
			return nil, 0, err
		}
	}
	if base == gone {
		return nil, 0, disposedBy(content)
	}
	return content, base, nil
}

// stored returns what a frame holds for object n: the object, or its delta on base, or when base is gone the entry that
// disposed of it.
func (v *View) stored(f *finder, n uint64) (content []byte, base uint64, err error) {
	i, err := f.find(n)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.seg.frame(i)
	if err != nil {
		return nil, 0, err
	}
	u, err := v.frame(&f.seg, info)
	if err != nil {
		return nil, 0, err
	}
	return u.contents[i-info.start], u.bases[i-info.start], nil
}

// frame returns an unpacked frame, which is kept for others.
func (v *View) frame(seg *segment, info frameInfo) (*frame, error) {
	key := frameKey{v.erased, seg.first + uint64(info.start)}
	return v.s.frames.get(key, func() (*frame, error) { return v.unpack(seg, info) })
}

func (v *View) unpack(seg *segment, info frameInfo) (*frame, error) {
	raw, err := v.s.codecs.unpack(v.tx, info.dict, info.packed, info.raw)
	if err != nil {
		return nil, fmt.Errorf("segment %d: %w", seg.first, err)
	}
	return info.unpack(seg.first, raw)
}

// frameCache keeps unpacked frames, because the objects of one frame are mostly read one after the other, and because the
// bases of a day's changes stand together. Frames change by Erase and Pack alone, which begin another count of them, so it is
// shared by all views.
type frameCache struct {
	mu    sync.Mutex
	byKey map[frameKey]*cachedFrame
	ring  []*cachedFrame
	hand  int
}

// frameKey is a frame by how often frames were changed, and its first object.
type frameKey struct{ erased, first uint64 }

type cachedFrame struct {
	key   frameKey
	frame *frame
	used  bool // since the hand last passed
}

const (
	cachedFrames   = 96 // of about 50 KB
	maxCachedFrame = 1 << 20
)

func newFrameCache() *frameCache { return &frameCache{byKey: map[frameKey]*cachedFrame{}} }

func (c *frameCache) get(key frameKey, unpack func() (*frame, error)) (*frame, error) {
	c.mu.Lock()
	if e := c.byKey[key]; e != nil {
		e.used = true
		c.mu.Unlock()
		return e.frame, nil
	}
	c.mu.Unlock()
	u, err := unpack()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key] != nil || u.size > maxCachedFrame {
		return u, nil
	}
	e := &cachedFrame{key: key, frame: u}
	c.byKey[key] = e
	if len(c.ring) < cachedFrames {
		c.ring = append(c.ring, e)
		return u, nil
	}
	for c.ring[c.hand].used {
		c.ring[c.hand].used = false
		c.hand = (c.hand + 1) % cachedFrames
	}
	delete(c.byKey, c.ring[c.hand].key)
	c.ring[c.hand] = e
	c.hand = (c.hand + 1) % cachedFrames
	return u, nil
}
