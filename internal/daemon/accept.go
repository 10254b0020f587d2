package daemon

import (
	"time"

	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// commit encodes body and commits it as one entry.
func commit(b *store.Batch, kind evidence.Kind, body any, at time.Time) (int64, error) {
	bytes, err := evidence.Encode(body)
	if err != nil {
		return 0, err
	}
	return b.Commit(kind, bytes, at)
}

// commitOnce commits a body unless an entry of the kind has the same.
func (a *App) commitOnce(kind evidence.Kind, body any) error {
	bytes, err := evidence.Encode(body)
	if err != nil {
		return err
	}
	return a.commitBytesOnce(kind, bytes)
}

func (a *App) commitBytesOnce(kind evidence.Kind, canonical []byte) error {
	digest := evidence.Sum(canonical)
	known := false
	err := a.Store.View(func(v *store.View) error {
		for i := range v.EntriesOf(kind) {
			e, _, err := v.Entry(i)
			if err != nil {
				return err
			}
			known = known || e.Body == digest
		}
		return nil
	})
	if err != nil || known {
		return err
	}
	batch, err := a.Store.Begin()
	if err != nil {
		return err
	}
	defer batch.Discard()
	_, err = batch.Commit(kind, canonical, a.Now())
	return err
}
