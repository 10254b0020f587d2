package store

import (
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"exhibit/internal/evidence"
)

// load verifies what Open promises and finds where numbers go on.
func (s *Store) load() (err error) {
	defer guard(&err)()
	err = s.db.View(func(tx *bbolt.Tx) error {
		if err := checkFormat(tx); err != nil {
			return err
		}
		v, err := s.view(tx)
		if err != nil {
			return err
		}
		if err := v.genesis(&s.genesis); err != nil {
			return err
		}
		if s.key != nil && s.key.Verifier() != s.genesis.Verifier {
			return fmt.Errorf("%w: the store's is %s", ErrKey, s.genesis.Verifier)
		}
		if _, err := v.verifyCheckpoint(s.genesis.Verifier); err != nil {
			return err
		}
		return s.findNumbers(tx)
	})
	if err != nil {
		return err
	}
	return s.checkAnchor()
}

func checkFormat(tx *bbolt.Tx) error {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return ErrForeign
	}
	got := string(meta.Get(keyFormat))
	switch {
	case len(got) < len(formatPrefix) || got[:len(formatPrefix)] != formatPrefix:
		return ErrForeign
	case got != format:
		return fmt.Errorf("%w: %q, this program reads %q", ErrVersion, got, format)
	}
	for _, name := range buckets() {
		if tx.Bucket(name) == nil {
			return fmt.Errorf("%w: part %q is missing", ErrDamaged, name)
		}
	}
	return nil
}

func (s *Store) findNumbers(tx *bbolt.Tx) error {
	if k, b := tx.Bucket(bucketSegments).Cursor().Last(); k != nil {
		seg, err := parseSegment(number(k), b)
		if err != nil {
			return err
		}
		s.nextObject = seg.first + uint64(seg.objects)
	}
	if k, _ := tx.Bucket(bucketLists).Cursor().Last(); k != nil {
		s.nextList = number(k) + 1
	}
	if k, _ := tx.Bucket(bucketDicts).Cursor().Last(); k != nil {
		s.nextDict = number4(k) + 1
	}
	return nil
}

// genesis decodes entry 0's body.
func (v *View) genesis(g *evidence.Genesis) error {
	e, _, err := v.Entry(0)
	if err != nil {
		return fmt.Errorf("%w: no first entry: %w", ErrDamaged, err)
	}
	body, err := v.Object(e.Body)
	if err == nil && e.Kind != evidence.KindGenesis {
		err = fmt.Errorf("it is a %s", e.Kind)
	}
	if err == nil {
		err = json.Unmarshal(body, g)
	}
	if err != nil {
		return fmt.Errorf("%w: first entry: %w", ErrDamaged, err)
	}
	return nil
}
