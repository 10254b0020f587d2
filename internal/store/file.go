package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"math/bits"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// mapSize is address space reserved up front, or a sixteenth or 256th of it where there is less. A file that outgrows its
	// mapping cannot be written while a view is open.
	mapSize = 64 << 30
	// allocSize is by how much the file grows at once at least; larger files grow by an eighth.
	allocSize    = 64 << 10
	maxAllocSize = 16 << 20
)

// openFile opens the bbolt file with further open flags; create only with os.O_CREATE.
func openFile(path string, flags int, readOnly bool) (*bbolt.DB, error) {
	o := &bbolt.Options{
		Timeout:      time.Nanosecond, // fail at once when another process holds the lock
		ReadOnly:     readOnly,
		FreelistType: bbolt.FreelistMapType,
		PageSize:     pageSize,
		OpenFile: func(path string, flag int, mode os.FileMode) (*os.File, error) {
			further := flags
			flags = 0 // a backup opens the file once more
			return os.OpenFile(path, flag&^os.O_CREATE|further, mode)
		},
	}
	if bits.UintSize == 64 && runtime.GOOS != "windows" { // where reserving is free
		o.InitialMmapSize = mapSize
	}
	db, err := bbolt.Open(path, 0o600, o)
	for errors.Is(err, syscall.ENOMEM) && o.InitialMmapSize > mapSize/256 {
		o.InitialMmapSize /= 16
		db, err = bbolt.Open(path, 0o600, o)
	}
	switch {
	case err == nil:
		db.AllocSize = allocSize
		return db, nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case errors.Is(err, fs.ErrExist):
		return nil, ErrExist
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNotExist
	case !readOnly && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)):
		return nil, fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return nil, diskFull(err)
}

// probe looks at the file before bbolt does, which would start a store in an empty file and fault on a truncated one.
func probe(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotExist
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: not a regular file", ErrForeign)
	}
	head := make([]byte, 2*pageSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	m, recognised := probeMeta(head[:n])
	switch {
	case !recognised:
		return ErrForeign
	case n < len(head) || m.pages == 0 && info.Size() < 4*pageSize:
		return fmt.Errorf("%w: %d bytes", ErrTruncated, info.Size())
	case m.pages == 0:
		return fmt.Errorf("%w: both of its heads", ErrDamaged)
	case uint64(info.Size())/pageSize < m.pages:
		return fmt.Errorf("%w: %d bytes where %d are said to be", ErrTruncated, info.Size(), m.pages*pageSize)
	}
	return nil
}

// boltMeta is what a head of a bbolt file says.
type boltMeta struct{ pages, root, freelist, txid uint64 }

// probeMeta returns the newest valid head of a bbolt file (without pages: none is valid), and whether either head has
// bbolt's mark. Each of the first two pages is a head: 16 bytes of page header, then mark, version, page size and
// flags of 4 bytes, root page and sequence, freelist page, number of pages, transaction and FNV-1a checksum of 8 bytes.
func probeMeta(head []byte) (newest boltMeta, recognised bool) {
	const mark, metaSize = 0xED0CDAED, 64
	for at := 16; at+metaSize <= len(head); at += pageSize {
		m := head[at : at+metaSize]
		if binary.NativeEndian.Uint32(m) != mark {
			continue
		}
		recognised = true
		h := fnv.New64a()
		_, _ = h.Write(m[:56])
		field := func(i int) uint64 { return binary.NativeEndian.Uint64(m[i:]) }
		if h.Sum64() == field(56) && binary.NativeEndian.Uint32(m[8:]) == pageSize && field(48) >= newest.txid {
			newest = boltMeta{root: field(16), freelist: field(32), pages: field(40), txid: field(48)}
		}
	}
	return newest, recognised
}

// guard turns faults and assertions of reading a damaged file into ErrDamaged. Use: defer guard(&err)(). Panics of other
// code go on.
func guard(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		p := recover()
		if p == nil {
			return
		}
		if !damage(p) {
			panic(p)
		}
		*err = fmt.Errorf("%w: %v", ErrDamaged, p)
	}
}

// damage reports whether a panic is a memory fault, or was raised inside bbolt. It is called while the panic unwinds.
func damage(p any) bool {
	if _, fault := p.(interface{ Addr() uintptr }); fault {
		return true
	}
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "go.etcd.io/bbolt"):
			return true
		case !strings.HasPrefix(f.Function, "runtime.") && !strings.Contains(f.Function, "/store.guard"), !more:
			return false
		}
	}
}

// diskFull marks errors that mean that there is no room. bbolt hands some of them on as text only.
func diskFull(err error) error {
	if err == nil || errors.Is(err, ErrDiskFull) {
		return err
	}
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, no) || strings.Contains(err.Error(), no.Error()) {
			return fmt.Errorf("%w: %w", ErrDiskFull, err)
		}
	}
	return err
}
