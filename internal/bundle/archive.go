package bundle

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// archive writes the zip in the one form that the verifier takes: no clock, no comments, no extra fields, every file
// with a data descriptor behind it.
type archive struct {
	zip    *zip.Writer
	size   counter
	packed hash.Hash // of the current file's bytes in the archive
	files  []format.File
	sums   bytes.Buffer
}

func newArchive(w io.Writer) *archive {
	a := &archive{size: counter{w: w}, packed: sha256.New()}
	a.zip = zip.NewWriter(&a.size)
	a.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		f, err := flate.NewWriter(io.MultiWriter(w, a.packed), flate.DefaultCompression)
		return &packer{Writer: f, end: f.Close, a: a}, err
	})
	a.zip.RegisterCompressor(zip.Store, func(w io.Writer) (io.WriteCloser, error) {
		return &packer{Writer: io.MultiWriter(w, a.packed), end: func() error { return nil }, a: a}, nil
	})
	return a
}

// packer is one file's way into the archive. The zip writer closes it when the next file starts; only then is the
// digest of the packed bytes known.
type packer struct {
	io.Writer
	end func() error
	a   *archive
}

func (p *packer) Close() error {
	err := p.end()
	p.a.files[len(p.a.files)-1].Packed = evidence.Digest(p.a.packed.Sum(nil))
	p.a.packed.Reset()
	return err
}

func (a *archive) written() int64 { return a.size.n }

// file adds a packed file.
func (a *archive) file(name, about string, write func(*bufio.Writer) error) error {
	return a.add(name, about, zip.Deflate, write)
}

// store adds a file whose bytes stand in the archive as they are. When content is called, a.files and a.sums hold all
// the files before.
func (a *archive) store(name, about string, content func() ([]byte, error)) error {
	return a.add(name, about, zip.Store, func(w *bufio.Writer) error {
		b, err := content()
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	})
}

func (a *archive) add(name, about string, method uint16, write func(*bufio.Writer) error) error {
	if !format.PlainName(name) {
		return fmt.Errorf("file %q: not a name that a bundle can hold", name)
	}
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, ModifiedDate: format.Date})
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	m := &meter{sum: sha256.New()}
	buf := bufio.NewWriterSize(io.MultiWriter(w, m), 1<<16)
	if err := write(buf); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := buf.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	a.files = append(a.files, format.File{Name: name, About: about, Size: m.size, Records: m.lines})
	fmt.Fprintf(&a.sums, "%x  %s\n", m.sum.Sum(nil), name)
	return nil
}

// close ends the archive.
func (a *archive) close() error {
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("end the archive: %w", err)
	}
	return nil
}

// meter sums and counts what passes.
type meter struct {
	sum         hash.Hash
	size, lines int64
}

func (m *meter) Write(p []byte) (int, error) {
	m.sum.Write(p)
	m.size += int64(len(p))
	m.lines += int64(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
