package evidence

import (
	"encoding/json"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// Canonical returns raw in the canonical encoding: JSON by the rules of RFC 8785 (sorted keys, one spelling of every
// string and number, no space), with one documented deviation: an integer keeps all its digits even where a double would
// round it, because account numbers and object ids must not change. Duplicate keys and invalid UTF-8 are refused.
// The result may share memory with raw, and raw may be changed.
func Canonical(raw []byte) ([]byte, error) {
	v := jsontext.Value(raw)
	if err := v.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
		return nil, fmt.Errorf("canonical encoding: %w", err)
	}
	return v, nil
}

// Encode returns the canonical encoding of v, which is any type of this package or of JSON's own.
func Encode(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return Canonical(raw)
}
