package store

import (
	"errors"
	"fmt"
	"slices"
)

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
