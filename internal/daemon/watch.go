package daemon

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"exhibit/internal/evidence"
)

// watchEvery is how often watched files are looked at. They are polled: a mounted folder, a link that is pointed elsewhere
// and a file that an editor replaces all show.
const watchEvery = 5 * time.Second

// watch calls changed after the files and folders that paths names have changed and then stood still for one look, so that
// no file is read half written. It returns when ctx ends.
func watch(ctx context.Context, every time.Duration, paths func() []string, changed func()) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	known := fingerprint(paths())
	last := known
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := fingerprint(paths())
		if now != known && now == last {
			known = now
			changed()
			known = fingerprint(paths()) // a new configuration may name other folders
			now = known
		}
		last = now
	}
}

// fingerprint differs when a file beneath the paths came, went or was written. What cannot be read counts as not there.
func fingerprint(paths []string) evidence.Digest {
	h := sha256.New()
	for _, root := range paths {
		if root == "" {
			continue
		}
		if resolved, err := filepath.EvalSymlinks(root); err == nil {
			root = resolved
		}
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			if info, err := d.Info(); err == nil {
				fmt.Fprintf(h, "%s\x00%d\x00%d\x00%d\n", path, info.Size(), info.ModTime().UnixNano(), info.Mode())
			}
			return nil
		})
	}
	return evidence.Digest(h.Sum(nil))
}
