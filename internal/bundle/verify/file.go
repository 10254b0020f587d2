package verify

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"exhibit/internal/bundle/format"
)

// maxSmall bounds files that are read whole.
const maxSmall = 16 << 20

// small reads a small file whole.
func (v *verifier) small(name string) ([]byte, error) {
	m := v.files[name]
	if m == nil {
		return nil, errors.New("is missing")
	}
	if m.UncompressedSize64 > maxSmall {
		return nil, errors.New("is too large")
	}
	rc, err := m.Open()
	if err != nil {
		return nil, fmt.Errorf("cannot be opened: %w", err)
	}
	defer func() { _ = rc.Close() }() // reading only
	b, err := io.ReadAll(io.LimitReader(rc, maxSmall))
	if err != nil {
		return nil, fmt.Errorf("cannot be unpacked: %s", readError(err))
	}
	return b, nil
}

// file is one file of the bundle while it is read from front to back. Whatever is wrong with it is noted once.
type file struct {
	v      *verifier
	name   string
	rc     io.ReadCloser
	buf    *bufio.Reader
	sum    hash.Hash
	size   int64
	line   int64
	failed bool // it cannot be read on
	long   []byte
}

// open starts a file. A file that is missing reads as a failed one.
func (v *verifier) open(name string) *file {
	f := &file{v: v, name: name, sum: sha256.New()}
	m := v.files[name]
	if m == nil {
		f.fail("is missing")
		return f
	}
	m.opened = true
	declared := v.declared(name)
	if declared < 0 || uint64(declared) != m.UncompressedSize64 {
		f.fail("has %d bytes, and %s speaks of %d", m.UncompressedSize64, format.Bundle, declared)
		return f
	}
	rc, err := m.Open()
	if err != nil {
		f.fail("cannot be opened: %v", err)
		return f
	}
	f.rc, f.buf = rc, bufio.NewReaderSize(&tee{f: f, r: rc}, int(min(declared, 1<<16)))
	return f
}

type tee struct {
	f *file
	r io.Reader
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.f.sum.Write(p[:n])
	t.f.size += int64(n)
	return n, err
}

func (f *file) fail(reason string, args ...any) {
	if !f.failed {
		f.failed, f.v.broken = true, true
		f.v.problem(f.name, reason, args...)
	}
}

// wrong notes a problem at the line that was read last.
func (f *file) wrong(reason string, args ...any) {
	f.v.problem(f.name, "line %d: "+reason, append([]any{f.line}, args...)...)
}

// next returns the next line without its end, valid until the next call; false at the end or when reading failed.
func (f *file) next() ([]byte, bool) {
	if f.failed {
		return nil, false
	}
	f.long = f.long[:0]
	for {
		part, err := f.buf.ReadSlice('\n')
		switch {
		case err == nil && len(f.long) == 0:
			f.line++
			return part[:len(part)-1], true
		case err == nil:
			f.line++
			f.long = append(f.long, part[:len(part)-1]...)
			return f.long, true
		case errors.Is(err, bufio.ErrBufferFull) && len(f.long) < format.MaxLine:
			f.long = append(f.long, part...)
			continue
		case errors.Is(err, bufio.ErrBufferFull):
			f.fail("line %d is longer than any of a bundle", f.line+1)
		case errors.Is(err, io.EOF) && len(part) == 0 && len(f.long) == 0:
		case errors.Is(err, io.EOF):
			f.fail("the last line has no end")
		default:
			f.fail("cannot be unpacked: %s", readError(err))
		}
		return nil, false
	}
}

// close reads what is left and compares the digest. Lines that nothing asked for are a problem.
func (f *file) close() {
	if f.rc == nil {
		return
	}
	if !f.failed {
		if _, more := f.next(); more {
			f.wrong("nothing in the bundle refers to this line")
		}
	}
	f.end()
}

// end reads what is left, whatever it is, and compares the digest.
func (f *file) end() {
	if f.rc == nil {
		return
	}
	if _, err := io.Copy(io.Discard, f.buf); err != nil {
		f.fail("cannot be unpacked: %s", readError(err))
	}
	_ = f.rc.Close() // reading only
	f.rc = nil
	f.v.report.Bytes += f.size
	if !f.failed && hex.EncodeToString(f.sum.Sum(nil)) != f.v.sums[f.name] {
		f.v.problem(f.name, "was changed: its SHA-256 is not the one in %s", format.Sums)
	}
}

func readError(err error) string {
	switch {
	case errors.Is(err, zip.ErrChecksum):
		return "its checksum is wrong"
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF):
		return "it is cut off or damaged"
	}
	return err.Error()
}
