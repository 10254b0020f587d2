package catalog

import (
	"encoding/json"
	"fmt"

	"exhibit/internal/assess"
	"exhibit/internal/evidence"
)

// encoded is the stored form of a catalog: what verdicts follow from, without the cases.
type encoded struct {
	Controls   []evidence.Control   `json:"controls"`
	Frameworks []evidence.Framework `json:"frameworks"`
}

// Encode returns the catalog in the canonical encoding. Cases are left out: they prove the checks and decide no
// verdict.
//
// It is made once: a catalog is not changed after it was first encoded, and neither is the result.
func (c *Catalog) Encode() ([]byte, error) {
	c.encoding.Do(func() {
		if c.canonical, c.encodeErr = evidence.Encode(encoded{c.Controls, c.Frameworks}); c.encodeErr == nil {
			c.digest = evidence.Sum(c.canonical)
		}
	})
	return c.canonical, c.encodeErr
}

// Digest returns the digest of Encode, by which assessments name their catalog.
func (c *Catalog) Digest() (evidence.Digest, error) {
	_, err := c.Encode()
	return c.digest, err
}

// Decode reads what Encode wrote and compiles it, so that a stored catalog can judge again.
func Decode(raw []byte, schemas []evidence.Schema) (*Catalog, error) {
	var e encoded
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, fmt.Errorf("decode the catalog: %w", err)
	}
	eval, err := assess.New(e.Controls, schemas)
	if err != nil {
		return nil, fmt.Errorf("decode the catalog: %w", err)
	}
	return &Catalog{Controls: e.Controls, Frameworks: e.Frameworks, eval: eval}, nil
}
