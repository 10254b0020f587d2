package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

// run is a run in the bundle.
type run struct {
	index     int64
	snapshots evidence.ListRef
	inside    bool // the period
}

// assessment is one of the period whose lists are in the bundle.
type assessment struct {
	index int64
	evidence.Assessment
}

// ledger computes the tree from the leaves, compares it with the checkpoints, and follows each entry to its body.
func (v *verifier) ledger() {
	l := v.manifest.Ledger
	now, ok := v.checkpoint(format.CheckpointNow, l.Size)
	start, okStart := v.checkpoint(format.CheckpointStart, l.Start)
	end, okEnd := v.checkpoint(format.CheckpointEnd, l.End)
	previous, okPrevious := v.previous()
	wanted := map[int64]ledger.Hash{l.Start: {}, l.End: {}, l.Size: {}, previous.Size: {}}

	leaves := v.open(format.Leaves)
	w := v.entryWalk()
	var tree ledger.Roots
	wanted[0] = tree.Root()
	for {
		line, more := leaves.next()
		if !more {
			break
		}
		leaf, err := leafHash(line)
		if err != nil {
			leaves.wrong("not the base64 of a hash")
			continue
		}
		w.leaf(tree.Count(), leaf)
		tree.Add(leaf)
		if _, ok := wanted[tree.Count()]; ok {
			wanted[tree.Count()] = tree.Root()
		}
	}
	w.end(tree.Count())
	whole := !leaves.failed
	leaves.close()
	if !whole {
		return
	}
	v.report.Root = tree.Root().String()
	if tree.Count() != l.Size {
		v.problem(format.Leaves, "has %d entries' hashes, and the ledger has %d entries", tree.Count(), l.Size)
	}
	for _, c := range []struct {
		file string
		ok   bool
		ledger.Checkpoint
	}{{format.CheckpointStart, okStart, start}, {format.CheckpointEnd, okEnd, end}, {format.CheckpointNow, ok, now}} {
		if c.ok && wanted[c.Size] != c.Root {
			v.problem(c.file, "its root is not that of the %d entries in %s", c.Size, format.Leaves)
		}
	}
	switch {
	case !okPrevious:
	case previous.Size > tree.Count():
		v.problem(format.CheckpointNow, "the earlier checkpoint is over %d entries, this one over %d: entries were removed",
			previous.Size, tree.Count())
	case wanted[previous.Size] != previous.Root:
		v.problem(format.CheckpointNow, "does not extend the earlier checkpoint over %d entries: history was changed",
			previous.Size)
	default:
		v.note("extends the earlier checkpoint over %d entries", previous.Size)
	}
}

// checkpoint opens one of the three checkpoints.
func (v *verifier) checkpoint(name string, size int64) (ledger.Checkpoint, bool) {
	f := v.open(name)
	defer f.end()
	var text []byte
	for {
		line, more := f.next()
		if !more {
			break
		}
		if text = append(append(text, line...), '\n'); len(text) > maxNote {
			f.fail("is too long for a checkpoint")
		}
	}
	if f.failed {
		return ledger.Checkpoint{}, false
	}
	c, err := ledger.OpenCheckpoint(text, v.key())
	switch {
	case errors.Is(err, ledger.ErrSignature):
		v.problem(name, "is not signed by the key %s, or was changed after", v.report.Fingerprint)
	case err != nil:
		v.problem(name, "%v", err)
	case c.Origin != v.manifest.Ledger.Origin:
		v.problem(name, "is of the ledger %q, not %q", c.Origin, v.manifest.Ledger.Origin)
	case c.Size != size:
		v.problem(name, "is over %d entries, and %s speaks of %d", c.Size, format.Bundle, size)
	default:
		return c, true
	}
	return c, false
}

func (v *verifier) previous() (ledger.Checkpoint, bool) {
	if v.options.Previous == nil {
		return ledger.Checkpoint{}, false
	}
	c, err := ledger.OpenCheckpoint(v.options.Previous, v.key())
	if err != nil {
		v.problem(format.CheckpointNow, "the earlier checkpoint is not one of this ledger: %v", err)
		return c, false
	}
	return c, true
}

func leafHash(line []byte) (ledger.Hash, error) {
	var h ledger.Hash
	b, err := base64.StdEncoding.Strict().AppendDecode(h[:0], line)
	if err != nil || len(b) != len(h) || len(line) != base64.StdEncoding.EncodedLen(len(h)) {
		return h, errNoHash
	}
	return h, nil
}

// canonical reports whether b is JSON in the canonical encoding.
func canonical(b []byte) bool {
	c, err := evidence.Canonical(bytes.Clone(b))
	return err == nil && bytes.Equal(c, b)
}

// decode reads JSON into to.
func decode(b []byte, to any) error { return json.Unmarshal(b, to) }
