package bundle

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"slices"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// checkpoints writes the three checkpoints. Those at the period's ends are signed now, over the tree as it was then;
// that they are part of the newest one is what the leaves prove.
func (b *builder) checkpoints() error {
	l := b.manifest.Ledger
	var tree ledger.Roots
	at := map[int64]ledger.Hash{0: tree.Root()}
	for i := range l.End {
		_, leaf, err := b.view.Entry(i)
		if err != nil {
			return err
		}
		tree.Add(ledger.LeafHash(leaf))
		if i+1 == l.Start || i+1 == l.End {
			at[i+1] = tree.Root()
		}
	}
	for _, c := range []struct {
		name, about string
		size        int64
	}{
		{format.CheckpointStart, "the ledger before the period, signed", l.Start},
		{format.CheckpointEnd, "the ledger at the end of the period, signed", l.End},
	} {
		signed, err := ledger.Checkpoint{Origin: l.Origin, Size: c.size, Root: at[c.size]}.Sign(b.request.Key)
		if err != nil {
			return err
		}
		if err := b.content(c.name, c.about, signed); err != nil {
			return err
		}
	}
	signed, err := b.view.Checkpoint()
	if err != nil {
		return err
	}
	return b.content(format.CheckpointNow, "the whole ledger when the bundle was made, signed", signed)
}

// leaves writes the leaf hash of every entry, from which the root is computed at any size.
func (b *builder) leaves() error {
	return b.out.file(format.Leaves, "the hash of every entry of the ledger, in order, base64",
		func(w *bufio.Writer) error {
			for i := range b.manifest.Ledger.Size {
				_, leaf, err := b.view.Entry(i)
				if err != nil {
					return err
				}
				fmt.Fprintln(w, ledger.LeafHash(leaf))
			}
			return b.ctx.Err()
		})
}

// entryLines writes the entries themselves.
func (b *builder) entryLines() error {
	return b.out.file(format.Entries, "every entry of the period, and those of others that it rests on",
		func(w *bufio.Writer) error {
			for _, e := range b.entries {
				_, leaf, err := b.view.Entry(e.index)
				if err != nil {
					return err
				}
				it := format.Entry{Index: e.index, Entry: leaf, NoBody: e.noBody, NoLists: e.noLists}
				if err := line(w, it); err != nil {
					return err
				}
			}
			return nil
		})
}

// bodies writes what the entries commit to, a file for each kind.
func (b *builder) bodies() error {
	for _, k := range format.Bodies() {
		any := slices.ContainsFunc(b.entries, func(e entry) bool { return e.kind == k.Kind && e.noBody == "" })
		if k.IfAny && !any {
			continue
		}
		err := b.out.file(k.File, "the bodies of the entries of kind "+string(k.Kind)+", in their order",
			func(w *bufio.Writer) error {
				for _, e := range b.entries {
					if e.kind != k.Kind || e.noBody != "" {
						continue
					}
					body, err := b.view.Object(e.body)
					if err != nil {
						return fmt.Errorf("body of entry %d: %w", e.index, err)
					}
					if err := raw(w, body); err != nil {
						return err
					}
				}
				return b.ctx.Err()
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// attached writes the files that people attached to their statements, each under its digest.
func (b *builder) attached() error {
	order := func(x, y evidence.Digest) int { return bytes.Compare(x[:], y[:]) }
	for _, d := range slices.SortedFunc(maps.Keys(b.attachments), order) {
		object, err := b.view.Object(d)
		if err != nil {
			return fmt.Errorf("attachment of an attestation: %w", err)
		}
		if err := b.content(format.Attachments+d.Hex(), "attached to an attestation", object); err != nil {
			return err
		}
	}
	return nil
}

// content writes a small file.
func (b *builder) content(name, about string, content []byte) error {
	return b.out.file(name, about, func(w *bufio.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
