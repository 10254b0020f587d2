package verify

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// TestEndRecord checks the ends of large archives, which no vector can have.
func TestEndRecord(t *testing.T) {
	const directory = "a directory"
	end := func(files, length, start uint64, large bool) []byte {
		le := binary.LittleEndian
		b := []byte("packed files" + directory)
		if large {
			b = append(b, "PK\x06\x06"...)
			b = le.AppendUint64(b, 44)
			b = append(b, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
			for _, n := range []uint64{files, files, length, start} {
				b = le.AppendUint64(b, n)
			}
			b = append(b, make([]byte, 20)...)
			files, length, start = 1<<16-1, 1<<32-1, 1<<32-1
		}
		b = append(b, "PK\x05\x06\x00\x00\x00\x00"...)
		b = le.AppendUint16(b, uint16(files))
		b = le.AppendUint16(b, uint16(files))
		b = le.AppendUint32(b, uint32(length))
		b = le.AppendUint32(b, uint32(start))
		return append(b, 0, 0)
	}
	const start = uint64(len("packed files"))
	for _, tc := range []struct {
		name string
		b    []byte
		ok   bool
	}{
		{"small", end(3, uint64(len(directory)), start, false), true},
		{"large", end(3, uint64(len(directory)), start, true), true},
		{"something before", append([]byte("x"), end(3, uint64(len(directory)), start, false)...), false},
		{"something before a large one", append([]byte("x"), end(3, uint64(len(directory)), start, true)...), false},
		{"a gap", end(3, uint64(len(directory)), start-1, true), false},
		{"too many files", end(1<<40, uint64(len(directory)), start, true), false},
		{"numbers that overflow", end(3, 1<<63, 1<<63, true), false},
		{"a large one without its record", end(3, 1<<32-1, 1<<32-1, false), false},
		{"nothing", nil, false},
	} {
		if got := endRecord(bytes.NewReader(tc.b), int64(len(tc.b))); (got == "") != tc.ok {
			t.Errorf("%s: %q", tc.name, got)
		}
	}
}

// TestLongLine holds that a line without end does not fill the memory.
func TestLongLine(t *testing.T) {
	v := &verifier{counts: map[string]int{}}
	f := &file{v: v, name: "f", buf: bufio.NewReaderSize(zeros{}, 1<<16)}
	if _, more := f.next(); more || len(v.report.Problems) != 1 || v.report.Problems[0].Reason != "line 1 is longer than any of a bundle" {
		t.Errorf("%v, %v", more, v.report.Problems)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestMedium holds that a disk that fails is told apart from a bundle that is wrong.
func TestMedium(t *testing.T) {
	_, err := Bundle(failing{}, 1<<20, Options{})
	if !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
}

var errDisk = errors.New("disk error")

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestPrintable(t *testing.T) {
	if got := printable("a\x1b[2Jb\u202ec\nd"); got != "a?[2Jb?c?d" {
		t.Errorf("got %q", got)
	}
}
