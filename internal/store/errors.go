package store

import "errors"

// Errors that a caller branches on. Each comes wrapped with what was tried on which file.
var (
	// ErrNotExist means that there is no store at the path. Open never creates one.
	ErrNotExist = errors.New("no store there")
	// ErrExist means that Create or Compact would overwrite a file.
	ErrExist = errors.New("there is a file already")
	// ErrForeign means that the file is something else than a store of this program.
	ErrForeign = errors.New("not an evidence store")
	// ErrVersion means that the store was written by a later version of this program.
	ErrVersion = errors.New("store of a later version")
	// ErrTruncated means that the file is shorter than what it says it holds.
	ErrTruncated = errors.New("store is truncated")
	// ErrDamaged means that what the store holds contradicts itself.
	ErrDamaged = errors.New("store is damaged")
	// ErrLocked means that another process holds the store.
	ErrLocked = errors.New("store is held by another process")
	// ErrReadOnly means that a write was tried on a store that was opened for reading, or without its key.
	ErrReadOnly = errors.New("store is open for reading only")
	// ErrKey means that the key given is not the one that the store was created with.
	ErrKey = errors.New("key is not the store's")
	// ErrDiskFull means that there was no room. What was committed before is untouched.
	ErrDiskFull = errors.New("disk is full")
	// ErrBehindAnchor means that the store is older than the checkpoint that was anchored for it.
	ErrBehindAnchor = errors.New("store is older than its anchor")
	// ErrFork means that the store and its anchor are different histories.
	ErrFork = errors.New("store and anchor are forks")
	// ErrBroken means that a write failed in a way that leaves open what is on the disk. Open the store again to find out.
	ErrBroken = errors.New("store must be opened again after a failed write")
	// ErrBusy means that another batch of this process is open.
	ErrBusy = errors.New("another batch is open")
	// ErrBatchOver means that a batch was used after Commit or Discard.
	ErrBatchOver = errors.New("batch is over")
	// ErrUnknown means that no such object, list, item or entry is in the store.
	ErrUnknown = errors.New("not in the store")
	// ErrDisposed means that the content was disposed of under retention; what it was called and its digest are still there.
	ErrDisposed = errors.New("disposed of under retention")
)
