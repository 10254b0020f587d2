package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"exhibit/internal/config"
	"exhibit/internal/store"
)

// Compact rewrites the store of the configuration into a file beside it, checks the copy and renames it over the old one,
// which stays untouched until then.
func Compact(ctx context.Context, cfg *config.Config) (before, after store.Stats, err error) {
	old, err := store.Open(cfg.Store, store.Options{})
	if err != nil {
		return before, after, err
	}
	before, err = old.Stats()
	if cerr := old.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return before, after, err
	}
	tmp := cfg.Store + ".compact"
	for _, leftover := range []string{tmp, store.AnchorPath(tmp)} {
		if err := os.Remove(leftover); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return before, after, fmt.Errorf("clear an unfinished copy: %w", err)
		}
	}
	after, err = store.Compact(ctx, cfg.Store, tmp)
	if err != nil {
		return before, after, err
	}
	if err := checkCopy(ctx, tmp); err != nil {
		return before, after, err
	}
	if err := os.Rename(tmp, cfg.Store); err != nil {
		return before, after, fmt.Errorf("put the copy in place: %w", err)
	}
	// The store's own anchor holds for the copy: their logs are the same.
	if err := os.Remove(store.AnchorPath(tmp)); err != nil {
		return before, after, fmt.Errorf("clear the copy's anchor: %w", err)
	}
	return before, after, nil
}

func checkCopy(ctx context.Context, path string) error {
	s, err := store.Open(path, store.Options{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("open the copy: %w", err)
	}
	defer s.Close()
	report, err := s.Check(ctx, func(int64, int64) {})
	if err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if len(report.Problems) > 0 {
		return fmt.Errorf("check the copy: %s: %s; the store was left as it is", report.Problems[0].Where, report.Problems[0].Reason)
	}
	return nil
}
