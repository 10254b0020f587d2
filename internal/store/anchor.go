package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"exhibit/internal/ledger"
)

// The anchor is the newest checkpoint, kept in a file beside the store, so that a store that was put back from a copy, or
// grown twice from one, is not taken for the whole history. It proves as much as it is kept apart from the store.

// AnchorPath is where the anchor of the store at path stands.
func AnchorPath(path string) string { return path + ".anchor" }

// checkAnchor verifies that the log extends what was anchored. Without an anchor there is nothing to hold it against; the
// next commit writes one.
func (s *Store) checkAnchor() error {
	name := AnchorPath(s.path)
	signed, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read anchor: %w", err)
	}
	anchored, err := ledger.OpenCheckpoint(signed, s.genesis.Verifier)
	if errors.Is(err, ledger.ErrSignature) {
		return fmt.Errorf("%w: anchor %s is by another key: %w", ErrFork, name, err)
	}
	if err != nil {
		return fmt.Errorf("anchor %s: %w: %w", name, ErrDamaged, err)
	}
	return s.View(func(v *View) error {
		if anchored.Size > v.Size() {
			return fmt.Errorf("%w: it has %d entries, %s is over %d", ErrBehindAnchor, v.Size(), name, anchored.Size)
		}
		root, err := ledger.TreeHash(anchored.Size, v)
		if err != nil {
			return err
		}
		if root != anchored.Root {
			return fmt.Errorf("%w: the first %d entries differ from what %s is over", ErrFork, anchored.Size, name)
		}
		return nil
	})
}

// writeAnchor replaces the anchor, so that a crash leaves the old one or the new one.
func (s *Store) writeAnchor(signed []byte) error {
	name := AnchorPath(s.path)
	return s.hooks.run("anchor", func() (err error) {
		f, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(signed)
		if err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return diskFull(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			return err
		}
		dir, err := os.Open(filepath.Dir(name))
		if err != nil {
			return err
		}
		return errors.Join(dir.Sync(), dir.Close())
	})
}
