package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"exhibit/internal/collect"
)

// maxFolder is how much of a folder is read altogether.
const maxFolder = 4 * MaxBytes

// folder reads all reports that the path holds. lost is the first file that could not be read; the others are read still.
func (s *source) folder(ctx context.Context, t *collect.Task) (reports []*Report, lost, err error) {
	var root *os.Root
	var names []string
	listed := t.Call(ctx, "ingest:list", func(ctx context.Context) (err error) {
		root, names, err = s.list(ctx)
		return err
	})
	if root == nil {
		return nil, nil, listed
	}
	defer root.Close()
	lost = listed
	left := int64(maxFolder)
	for _, name := range names {
		var found []*Report
		err := t.Call(ctx, "ingest:read", func(context.Context) error {
			body, err := readFile(root, name, left)
			if err != nil {
				return err
			}
			left -= int64(len(body))
			found, err = Read(name, body, s.config.Format)
			return err
		})
		if ctx.Err() != nil {
			return nil, nil, err
		}
		lost = cmp.Or(lost, err)
		reports = append(reports, found...)
	}
	return reports, lost, nil
}

// list opens the folder and names the files in it that match, or the one file that the path is.
func (s *source) list(ctx context.Context) (*os.Root, []string, error) {
	info, err := os.Stat(s.config.Path)
	if err != nil {
		return nil, nil, err
	}
	dir, names := s.config.Path, []string(nil)
	if !info.IsDir() {
		dir, names = filepath.Dir(s.config.Path), []string{filepath.Base(s.config.Path)}
	}
	root, err := os.OpenRoot(dir)
	if err != nil || names != nil {
		return root, names, err
	}
	err = collect.WalkFiles(ctx, root.FS(), func(p string, _ fs.FileMode) {
		if s.config.Match.Match(p) {
			names = append(names, p)
		}
	})
	return root, names, err
}

// readFile reads a regular file, a link to one within the folder among them.
func readFile(root *os.Root, name string, left int64) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // reading a pipe would wait for ever
		return nil, fmt.Errorf("%s: it is no regular file", name)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	body, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > left {
		return nil, errors.New("the folder holds more than is read in one run: name fewer files with match")
	}
	return body, nil
}
