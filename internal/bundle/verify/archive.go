package verify

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// Limits of the archive's directory, far above any bundle.
const (
	maxFiles     = 10_000
	maxDirectory = 8 << 20
	endLen       = 22
	end64Len     = 56 + 20 // the zip64 end record and its locator
)

// member is one file of the archive.
type member struct {
	*zip.File
	packed evidence.Digest // of its bytes in the archive
	opened bool
}

// archive reads the directory and proves that the archive is, byte for byte, what a bundle's writer makes of its files:
// nothing before, between or behind them, no comments, no extra fields, no second directory. It leaves v.files nil when
// nothing more can be read.
func (v *verifier) archive(r *reader, size int64) error {
	recognised := magic(r, size)
	if reason := endRecord(r, size); reason != "" {
		if !recognised {
			return ErrNotBundle
		}
		v.problem("archive", "%s", reason)
		return nil
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		if !recognised {
			return ErrNotBundle
		}
		v.problem("archive", "the directory of the zip cannot be read: %v", err)
		return nil
	}
	for _, f := range z.File {
		recognised = recognised || f.Name == format.Bundle
	}
	if !recognised {
		return ErrNotBundle
	}
	v.files = map[string]*member{}
	for _, f := range z.File {
		if !v.name(f) {
			v.files = nil
			return nil
		}
	}
	v.rewrite(r, size, z)
	v.report.Files = len(v.names)
	return nil
}

// magic reports whether the file starts as a bundle does, or nearly so.
func magic(r io.ReaderAt, size int64) bool {
	head := make([]byte, min(size, 4096))
	n, _ := r.ReadAt(head, 0) // a failure is noted by r
	return bytes.Contains(head[:n], []byte(format.Readme+format.Magic))
}

// endRecord checks that the file ends in the end record of a zip with a directory of sensible size right before it.
func endRecord(r io.ReaderAt, size int64) string {
	var end [endLen]byte
	if size < endLen {
		return "too short for a zip"
	}
	if _, err := r.ReadAt(end[:], size-endLen); err != nil && err != io.EOF {
		return "cannot be read: " + err.Error()
	}
	if string(end[:4]) != "PK\x05\x06" || end[20] != 0 || end[21] != 0 {
		return "does not end as a zip does: cut off, or something was put behind it"
	}
	files, length := int64(binary.LittleEndian.Uint16(end[10:])), int64(binary.LittleEndian.Uint32(end[12:]))
	start := int64(binary.LittleEndian.Uint32(end[16:]))
	if start == 1<<32-1 {
		var wide [end64Len]byte
		if size < endLen+end64Len {
			return "too short for a zip"
		}
		if _, err := r.ReadAt(wide[:], size-endLen-end64Len); err != nil && err != io.EOF {
			return "cannot be read: " + err.Error()
		}
		if string(wide[:4]) != "PK\x06\x06" {
			return "does not end as a large zip does"
		}
		files, length = int64(binary.LittleEndian.Uint64(wide[32:])), int64(binary.LittleEndian.Uint64(wide[40:]))
		start = int64(binary.LittleEndian.Uint64(wide[48:]))
		size -= end64Len
	}
	if files < 0 || files > maxFiles || length < 0 || length > maxDirectory || start < 0 || start+length != size-endLen {
		return "the directory of the zip is not where its end says, or is too large: something was put before, between or " +
			"behind"
	}
	return ""
}

// name takes a file of the directory in, when its name and kind can be those of a bundle's file.
func (v *verifier) name(f *zip.File) bool {
	switch {
	case !format.PlainName(f.Name):
		v.problem("archive", "file %q: a bundle holds no such name", f.Name)
	case v.files[f.Name] != nil:
		v.problem(f.Name, "stands twice in the archive")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		v.problem(f.Name, "is packed or encrypted in a way that a bundle does not use")
	case f.Method != method(f.Name):
		v.problem(f.Name, "is packed otherwise than a bundle packs it")
	case f.Method == zip.Store && f.CompressedSize64 != f.UncompressedSize64:
		v.problem(f.Name, "has two sizes")
	default:
		v.names = append(v.names, f.Name)
		v.files[f.Name] = &member{File: f}
		return true
	}
	return false
}

// method returns how a file of a bundle is packed.
func method(name string) uint16 {
	switch name {
	case format.Readme, format.Bundle, format.AllowedSigners, format.Sums, format.Signature:
		return zip.Store
	}
	return zip.Deflate
}

// rewrite writes the archive again from nothing but names, sizes, checksums and packed bytes, and compares.
func (v *verifier) rewrite(r io.ReaderAt, size int64, z *zip.Reader) {
	same := &comparer{r: io.NewSectionReader(r, 0, size), differs: -1}
	w := zip.NewWriter(same)
	var starts []int64
	for _, f := range z.File {
		h := &zip.FileHeader{
			Name: f.Name, Method: f.Method, Flags: 0x8, CreatorVersion: 20, ReaderVersion: 20, ModifiedDate: format.Date,
			CRC32: f.CRC32, CompressedSize64: f.CompressedSize64, UncompressedSize64: f.UncompressedSize64,
		}
		packed, err := f.OpenRaw()
		if err != nil {
			v.problem(f.Name, "cannot be found in the archive: %v", err)
			return
		}
		to, err := w.CreateRaw(h)
		if err != nil {
			v.problem(f.Name, "is no file of a zip: %v", err)
			return
		}
		if h.CompressedSize64 >= 1<<32-1 || h.UncompressedSize64 >= 1<<32-1 {
			h.ReaderVersion = 45 // in the directory only, as the writer learns of the size too late for the file's own header
		}
		_ = w.Flush()
		starts = append(starts, same.n)
		sum := sha256.New()
		n, err := io.Copy(io.MultiWriter(to, sum), packed)
		if err != nil || n != int64(f.CompressedSize64) {
			v.problem(f.Name, "is cut off in the archive")
			return
		}
		v.files[f.Name].packed = evidence.Digest(sum.Sum(nil))
	}
	if err := w.Close(); err != nil {
		v.problem("archive", "is no zip of a bundle: %v", err)
		return
	}
	if same.differs < 0 && same.n != size {
		same.differs = min(same.n, size)
	}
	if at := same.differs; at >= 0 {
		v.problem(place(z, starts, at), "the zip's own bytes are not those of a bundle, from byte %d of the archive on: "+
			"something was hidden, moved or changed there", at)
	}
}

// place names the file in whose header or packed bytes an offset lies.
func place(z *zip.Reader, starts []int64, at int64) string {
	for i := len(starts) - 1; i >= 0; i-- {
		f := z.File[i]
		if at >= starts[i]-30-int64(len(f.Name)) {
			if at < starts[i]+int64(f.CompressedSize64)+24 {
				return f.Name
			}
			break
		}
	}
	return "archive"
}

// comparer takes what is written and notes the first byte that is not in r.
type comparer struct {
	r       io.Reader
	n       int64
	differs int64
	buf     [32 << 10]byte
}

func (c *comparer) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		have := c.buf[:min(len(rest), len(c.buf))]
		n, _ := io.ReadFull(c.r, have)
		if c.differs < 0 && !bytes.Equal(have[:n], rest[:len(have)]) {
			i := 0
			for i < n && have[i] == rest[i] {
				i++
			}
			c.differs = c.n + int64(i)
		}
		c.n += int64(len(have))
		rest = rest[len(have):]
	}
	return len(p), nil
}
