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
	Close() (evidence.ListRef, error)
}
