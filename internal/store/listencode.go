package store

import (
	"encoding/binary"
	"slices"

	"exhibit/internal/evidence"
)

// addList encodes a list against the one before it, or whole when that would make reading it long, and stages it.
func (b *Batch) addList(series string, ref evidence.ListRef, prev *previous, now []change) error {
	base, weight, changes := uint64(0), 0, now
	if prev.number != 0 {
		limit := len(now) / 2
		diff := make([]change, 0, 64)
		_ = compare(prev.items, now, func(key string, _, after uint64) error {
			diff = append(diff, change{key, after})
			return nil
		})
		if w := chainWeight(prev.weight, len(diff), len(now)); w <= limit {
			base, weight, changes = prev.number, w, diff
		}
	}
	chunks, data, err := b.packChunks(changes)
	if err != nil {
		return err
	}
	record := append([]byte(nil), ref.Root[:]...)
	record = binary.AppendUvarint(record, uint64(ref.Count))
	record = binary.AppendUvarint(record, base)
	record = binary.AppendUvarint(record, uint64(weight))
	record = binary.AppendUvarint(record, uint64(len(chunks)))
	for _, c := range chunks {
		record = appendText(record, c.first)
		record = binary.AppendUvarint(record, uint64(c.changes))
		record = binary.AppendUvarint(record, uint64(c.raw))
		record = binary.AppendUvarint(record, uint64(c.packed))
	}
	record = append(record, data...)

	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return ErrBatchOver
	}
	l := newList{number: b.s.nextList, root: ref.Root, series: series, record: record}
	b.s.nextList++
	b.roots[ref.Root] = l.number
	b.staged.lists = append(b.staged.lists, l)
	b.links = append(b.links, newList{number: l.number, root: l.root, series: l.series})
	b.staged.raw += len(record)
	full := b.full()
	b.mu.Unlock()
	if full {
		return b.stage()
	}
	return nil
}

func (b *Batch) packChunks(changes []change) (chunks []chunkInfo, data []byte, err error) {
	for part := range slices.Chunk(changes, chunkChanges) {
		raw := appendChunk(nil, part)
		packed, err := b.s.codecs.pack(0, nil, raw)
		if err != nil {
			return nil, nil, err
		}
		c := chunkInfo{first: part[0].key, changes: len(part), raw: len(raw), packed: len(packed)}
		if len(packed) >= len(raw) {
			c.packed, packed = 0, raw
		}
		chunks = append(chunks, c)
		data = append(data, packed...)
	}
	return chunks, data, nil
}

// chainWeight is what reading a list of count items costs besides the whole list at its chain's start: the changes on it,
// and a part for each step, which costs a look-up.
func chainWeight(under, changes, count int) int { return under + changes + count/64 + 1 }
