package file

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// documentDoc is one file.
type documentDoc struct {
	Path     string          `json:"path"` // relative to the folder, with slashes
	Name     string          `json:"name"`
	Size     int64           `json:"size"`
	Digest   evidence.Digest `json:"digest"` // over the whole file
	Modified string          `json:"modified"`
	// Format is "json", "csv" or, for what is not decoded, empty.
	Format string `json:"format"`
	// Content is a JSON file's value.
	Content json.RawMessage `json:"content,omitempty"`
	// Records are a CSV file's rows by the names in its first row.
	Records []map[string]string `json:"records,omitzero"`
	// Undecoded says why a JSON or CSV file has no content here.
	Undecoded string `json:"undecoded,omitempty"`
}

// document is one file of the folder: what it is, and for JSON and CSV what stands in it.
func document() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "file.document",
			Title:    "File",
			Doc:      evidence.ShapeOf[documentDoc](),
			Volatile: []string{"/modified"},
			Ordered:  []string{"/records"},
		},
		Version: 1,
		Operations: []collect.Operation{
			{Name: "file:list", Permissions: []string{"to list the folder"}},
			{Name: "file:read", Permissions: []string{"to read the file"}},
		},
		Collect: collect.Typed(collectDocuments),
	}
}

// session is one open folder.
type session struct {
	root     *os.Root
	patterns collect.PathPatterns
}

// found is one entry of the folder.
type found struct {
	path string
	mode fs.FileMode
}

func collectDocuments(ctx context.Context, s *session, t *collect.Task) error {
	var files []found
	listed := t.Call(ctx, "file:list", func(ctx context.Context) error {
		files = nil
		return collect.WalkFiles(ctx, s.root.FS(), func(p string, mode fs.FileMode) { files = append(files, found{p, mode}) })
	})
	t.Listed(len(files))
	for _, f := range files {
		if err := s.document(ctx, t, f); err != nil {
			return err
		}
	}
	return listed
}

func (s *session) document(ctx context.Context, t *collect.Task, f found) error {
	if !s.patterns.Match(f.path) {
		t.Exclude("file matches no pattern of the source", 1)
		return nil
	}
	// Stat follows links, and refuses those that lead out of the folder.
	info, err := s.root.Stat(f.path)
	switch {
	case err != nil && f.mode&fs.ModeSymlink != 0:
		t.Exclude("link that leads out of the folder or nowhere", 1)
		return nil
	case err == nil && info.IsDir():
		t.Exclude("link to a folder", 1)
		return nil
	case err == nil && !info.Mode().IsRegular(): // reading a pipe would wait for ever
		t.Exclude("not a regular file", 1)
		return nil
	}
	subject := evidence.Subject{ID: f.path, Name: path.Base(f.path)}
	doc := documentDoc{Path: f.path, Name: path.Base(f.path)}
	err = t.Call(ctx, "file:read", func(ctx context.Context) error { return s.read(ctx, &doc) })
	if err == nil {
		subject.Doc, err = json.Marshal(doc)
	} else {
		for _, key := range []string{"size", "digest", "modified", "format", "content", "records", "undecoded"} {
			if err := t.Miss(&subject, key, err); err != nil {
				return err
			}
		}
		subject.Doc, err = json.Marshal(map[string]string{"path": doc.Path, "name": doc.Name})
	}
	if err != nil {
		return fmt.Errorf("encode %s: %w", f.path, err)
	}
	return t.Emit(ctx, subject)
}

// read reads the whole file, and what stands in it when it is small enough and of a format that is known.
func (s *session) read(ctx context.Context, doc *documentDoc) error {
	file, err := s.root.Open(doc.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is no regular file any more")
	}
	doc.Modified = info.ModTime().UTC().Truncate(time.Second).Format(time.RFC3339)
	doc.Format = format(doc.Name)
	sum, content := sha256.New(), &head{}
	writers := []io.Writer{sum}
	if doc.Format != "" {
		writers = append(writers, content)
	}
	if doc.Size, err = io.Copy(io.MultiWriter(writers...), &reader{ctx, file}); err != nil {
		return err
	}
	sum.Sum(doc.Digest[:0])
	if doc.Format != "" {
		doc.decode(content)
	}
	return nil
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
