package collect

import (
	"context"

	"exhibit/internal/evidence"
)

// Batch is where a run is staged; the caller commits or discards it. Its methods may be called at the same time.
type Batch interface {
	// List starts a list that succeeds the newest one of the same series. dict groups objects that look alike.
	List(series, dict string) List
	// Object stages one object.
	Object(dict string, canonical []byte) (evidence.Digest, error)
}

// List is a keyed list of objects under construction. Its methods may be called at the same time; object may be kept.
type List interface {
	Add(ctx context.Context, key string, object []byte) (evidence.Digest, error)
	// Keep puts an object under key that was committed before, without writing it again.
	Keep(key string, object evidence.Digest) error
	Close() (evidence.ListRef, error)
}

// Past is what was committed before the run. Its methods may be called at the same time.
type Past interface {
	// Newest returns the newest snapshot of a collector in a scope of a source, whatever came of it; ok is false when there
	// is none.
	Newest(source, collector, scope string) (s evidence.Snapshot, ok bool, err error)
	// Subjects calls fn for every item of a list in order of key; object is valid during the call only.
	Subjects(list evidence.ListRef, fn func(key string, d evidence.Digest, object []byte) error) error
}
