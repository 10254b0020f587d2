package store

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
	"go.etcd.io/bbolt"
)

// codecs holds the compressors and decompressors, which are dear to make, by dictionary. Dictionary 0 is none. It is safe
// for concurrent use.
type codecs struct {
	mu   sync.Mutex
	encs map[uint32]*zstd.Encoder
	decs map[uint32]*zstd.Decoder
}

const (
	maxEncoders = 12 // an encoder with a dictionary holds about half a megabyte
	maxDecoders = 64
)

func newCodecs() *codecs {
	return &codecs{encs: map[uint32]*zstd.Encoder{}, decs: map[uint32]*zstd.Decoder{}}
}

// encoder returns the compressor for a dictionary whose text is content.
func (c *codecs) encoder(id uint32, content []byte) (*zstd.Encoder, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.encs[id]; e != nil {
		return e, nil
	}
	opts := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(2),
		zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(128 << 10)}
	if id != 0 {
		opts = append(opts, zstd.WithEncoderDictRaw(id, content))
	}
	e, err := zstd.NewWriter(nil, opts...)
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	evict(c.encs, maxEncoders)
	c.encs[id] = e
	return e, nil
}

// evict makes room by dropping one of the dictionaries' codecs; whoever still uses it keeps it.
func evict[V any](m map[uint32]V, limit int) {
	for id := range m {
		if len(m) < limit {
			return
		}
		if id != 0 {
			delete(m, id)
		}
	}
}

func (c *codecs) pack(id uint32, content, raw []byte) ([]byte, error) {
	e, err := c.encoder(id, content)
	if err != nil {
		return nil, err
	}
	return e.EncodeAll(raw, make([]byte, 0, len(raw)/8+64)), nil
}

func (c *codecs) decoder(tx *bbolt.Tx, id uint32) (*zstd.Decoder, error) {
	c.mu.Lock()
	d := c.decs[id]
	c.mu.Unlock()
	if d != nil {
		return d, nil
	}
	opts := []zstd.DOption{zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxFrame)}
	if id != 0 {
		packed := tx.Bucket(bucketDicts).Get(key4(id))
		if packed == nil {
			return nil, fmt.Errorf("%w: dictionary %d is missing", ErrDamaged, id)
		}
		content, err := c.unpack(tx, 0, packed, maxDict)
		if err != nil {
			return nil, fmt.Errorf("dictionary %d: %w", id, err)
		}
		opts = append(opts, zstd.WithDecoderDictRaw(id, content))
	}
	d, err := zstd.NewReader(nil, opts...)
	if err != nil {
		return nil, fmt.Errorf("make decompressor: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	evict(c.decs, maxDecoders)
	c.decs[id] = d
	return d, nil
}

// unpack decompresses to at most limit bytes.
func (c *codecs) unpack(tx *bbolt.Tx, id uint32, packed []byte, limit int) ([]byte, error) {
	d, err := c.decoder(tx, id)
	if err != nil {
		return nil, err
	}
	raw, err := d.DecodeAll(packed, make([]byte, 0, min(limit, 64*len(packed))))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if len(raw) > limit {
		return nil, fmt.Errorf("%w: more was packed than was said", ErrDamaged)
	}
	return raw, nil
}

// close lets the codecs' memory go.
func (c *codecs) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.decs {
		d.Close()
	}
	clear(c.decs)
	clear(c.encs)
}
