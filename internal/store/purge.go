package store

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// purge removes the rows of entries from size on.
func (s *Store) purge(size uint64) error {
	for _, bucket := range [][]byte{bucketSeries, bucketStates} {
		for after := []byte(nil); ; {
			var stale [][]byte
			err := s.db.View(func(tx *bbolt.Tx) error {
				c := tx.Bucket(bucket).Cursor()
				for k, _ := c.Seek(after); k != nil && len(stale) < stageRows; k, _ = c.Next() {
					if len(k) >= 8 && number(k[len(k)-8:]) >= size {
						stale = append(stale, bytes.Clone(k))
					}
				}
				return nil
			})
			if err != nil || len(stale) == 0 {
				if err != nil {
					return err
				}
				break
			}
			after = stale[len(stale)-1]
			err = s.update("purge", func(tx *bbolt.Tx) error {
				for _, k := range stale {
					if err := tx.Bucket(bucket).Delete(k); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return s.update("purge", func(tx *bbolt.Tx) error { return tx.Bucket(bucketMeta).Delete(keyStaged) })
}
