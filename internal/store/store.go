// Package store keeps evidence in one bbolt file: objects by digest, Merkle lists of them, the ledger of entries that commit
// to them, and the indexes that answer what is newest, what changed and since when.
//
// Objects, lists and index rows are staged first, in transactions of about a thousand; one small transaction then writes the
// entry and the checkpoint over it. What is staged and never committed is harmless: it is found again by its digest, or left
// behind by Compact. A store is made by Create and by nothing else.
//
// It never judges, never changes or removes what was committed, never reads a clock, and never prints.
package store

// The schema. Numbers in keys are big-endian, so that keys sort as numbers do; varints are encoding/binary's.
//
//	meta       "format"                     → "exhibit store 1"
//	           "checkpoint"                 → the newest checkpoint, a signed note
//	           "staged"                     → there are rows in series or states for an entry that was not committed
//	entries    entry u64                    → evidence.Entry, canonical: the leaf of the Merkle log
//	hashes     stored index u64             → 32 bytes: node of the Merkle log, see ledger.StoredIndex
//	kinds      kind 0x00 entry u64          → nothing
//	segments   number of first object u64   → objects, see segment
//	digests    first entry of the row       → entries digest[:6] number u48, see indexEntry; whole digests stand in segments
//	dicts      dictionary u32               → its text, zstd; kept for ever
//	dictnames  subject type                 → dictionary u32 for new objects
//	lists      list u64                     → items or changes by key, see listRecord
//	roots      root                         → list u64
//	heads      series                       → list u64: what the next list of that name is written against
//	series     collector 0x00 scope 0x00 source 0x00 entry u64 → snapshot object, list, window: see seriesRow
//	states     scope 0x00 check 0x00 row u32 entry u64 → intervals: see states.go
//	cursors    name                         → a note: bytes of whoever goes on from there
//
// Objects and lists have numbers because a number in a list is two bytes where a digest is 32. They count up from 1 and are
// never given twice. Rows of series and states carry the entry that they were written for, and one at or beyond the log's
// size does not count: such rows are staged, too.

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
)

var (
	bucketMeta      = []byte("meta")
	bucketEntries   = []byte("entries")
	bucketHashes    = []byte("hashes")
	bucketKinds     = []byte("kinds")
	bucketSegments  = []byte("segments")
	bucketDigests   = []byte("digests")
	bucketDicts     = []byte("dicts")
	bucketDictNames = []byte("dictnames")
	bucketLists     = []byte("lists")
	bucketRoots     = []byte("roots")
	bucketHeads     = []byte("heads")
	bucketSeries    = []byte("series")
	bucketStates    = []byte("states")
	bucketNotes     = []byte("cursors")

	keyFormat     = []byte("format")
	keyCheckpoint = []byte("checkpoint")
	keyStaged     = []byte("staged")
	keyErased     = []byte("erased") // how often frames were changed
)

const (
	formatPrefix = "exhibit store "
	format       = formatPrefix + "1"
	pageSize     = 4096
)

// buckets lists all buckets.
func buckets() [][]byte {
	return [][]byte{bucketMeta, bucketEntries, bucketHashes, bucketKinds, bucketSegments, bucketDigests, bucketDicts,
		bucketDictNames, bucketLists, bucketRoots, bucketHeads, bucketSeries, bucketStates, bucketNotes}
}

// Store is an open store. It is safe for concurrent use: any number of views, and one batch at a time.
type Store struct {
	path    string
	db      *bbolt.DB
	key     *ledger.Key // nil when nothing may be committed
	genesis evidence.Genesis
	codecs  *codecs
	frames  *frameCache
	hooks   hooks

	mu     sync.Mutex // guards what follows
	busy   bool       // a batch is open
	broken error      // the write after which the disk's state is unknown

	// Owned by the open batch.
	nextObject, nextList uint64
	nextDict             uint32
}

// CreateOptions say what a new store is.
type CreateOptions struct {
	// Key signs the store's checkpoints; its origin names the log.
	Key *ledger.Key
	// At is when the store is created.
	At time.Time
	// Simulated marks a store in which nothing was seen in the world.
	Simulated bool
}

// Options say how a store is opened.
type Options struct {
	// ReadOnly opens the file for reading, together with other readers.
	ReadOnly bool
	// Key signs what is committed. Without it the store can be read only, but still keeps other writers out.
	Key *ledger.Key

	hooks hooks
}

// Create makes a store at path, with its first entry, and opens it. It refuses to replace a file, and to start a store
// beside the anchor of an earlier one.
func Create(path string, o CreateOptions) (*Store, error) { return create(path, o, hooks{}) }

func create(path string, o CreateOptions, h hooks) (_ *Store, err error) {
	if o.Key == nil {
		return nil, fmt.Errorf("create store %s: a key is needed", path)
	}
	if _, err := os.Lstat(AnchorPath(path)); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("create store %s: %w: %s is the anchor of an earlier store", path, ErrExist, AnchorPath(path))
	}
	db, err := openFile(path, os.O_CREATE|os.O_EXCL, false)
	if err != nil {
		return nil, fmt.Errorf("create store %s: %w", path, err)
	}
	s := newStore(path, db, o.Key, h)
	defer func() {
		if err != nil {
			s.codecs.close()
			err = errors.Join(err, db.Close(), os.Remove(path))
		}
	}()
	s.genesis = evidence.Genesis{Origin: o.Key.Origin(), Verifier: o.Key.Verifier(), CreatedAt: o.At.UTC(), Simulated: o.Simulated}
	body, err := evidence.Encode(s.genesis)
	if err != nil {
		return nil, err
	}
	err = s.update("create", func(tx *bbolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return tx.Bucket(bucketMeta).Put(keyFormat, []byte(format))
	})
	if err != nil {
		return nil, fmt.Errorf("create store %s: %w", path, err)
	}
	b, err := s.Begin()
	if err != nil {
		return nil, fmt.Errorf("create store %s: %w", path, err)
	}
	defer b.Discard()
	if _, err = b.Commit(evidence.KindGenesis, body, o.At); err != nil {
		return nil, fmt.Errorf("create store %s: %w", path, err)
	}
	return s, nil
}

// Open opens the store at path, and creates nothing. It verifies that the file's pages hang
// together, the newest checkpoint's signature, that the checkpoint is over the entries there are, and that they extend what
// was anchored.
func Open(path string, o Options) (_ *Store, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("open store %s: %w", path, err)
		}
	}()
	defer guard(&err)()
	if err := probe(path); err != nil {
		return nil, err
	}
	db, err := openFile(path, 0, true)
	if err != nil {
		return nil, err
	}
	if err := walkFile(path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if !o.ReadOnly {
		if err := db.Close(); err != nil {
			return nil, err
		}
		if db, err = openFile(path, 0, false); err != nil {
			return nil, err
		}
	}
	s := newStore(path, db, o.Key, o.hooks)
	if err := s.load(); err != nil {
		s.codecs.close()
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func newStore(path string, db *bbolt.DB, key *ledger.Key, h hooks) *Store {
	return &Store{path: path, db: db, key: key, codecs: newCodecs(), frames: newFrameCache(), hooks: h,
		nextObject: 1, nextList: 1, nextDict: 1}
}

// Genesis returns what the store's first entry says: its name, its verifier, when it was created.
func (s *Store) Genesis() evidence.Genesis { return s.genesis }

// Close waits for open views and lets the file go. An open batch is lost.
func (s *Store) Close() error {
	err := s.db.Close()
	s.codecs.close()
	if err != nil {
		return fmt.Errorf("close store %s: %w", s.path, err)
	}
	return nil
}
