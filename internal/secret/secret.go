// Package secret holds values that must not be printed. A String shows itself to no formatter, encoder or logger; only
// Reveal gives the value, so that every use can be found by that name.
//
// It never wipes memory and never encrypts: it guards against accident, not against the process itself.
package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const mask = "[secret]"

// String is a value that prints as "[secret]". The zero value is the empty secret.
type String struct {
	// The value hides behind a closure because formatters that meet an unexported field inside another struct print it by
	// reflection, past every method below.
	reveal func() string
}

// New returns value as a secret.
func New(value string) String { return String{reveal: func() string { return value }} }

// Reveal returns the value.
func (s String) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether the secret is empty.
func (s String) IsZero() bool { return s.Reveal() == "" }

// Equal compares two secrets in a time that tells nothing about where or whether they differ, their lengths included.
func (s String) Equal(other String) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String returns "[secret]".
func (s String) String() string { return mask }

// GoString returns "[secret]".
func (s String) GoString() string { return mask }

// Format writes "[secret]" for every verb.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, mask) }

// MarshalJSON returns "[secret]" as a JSON string.
func (s String) MarshalJSON() ([]byte, error) { return []byte(`"` + mask + `"`), nil }

// MarshalText returns "[secret]".
func (s String) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue returns "[secret]".
func (s String) LogValue() slog.Value { return slog.StringValue(mask) }

// UnmarshalText takes the value, so that configuration decodes into it.
func (s *String) UnmarshalText(text []byte) error {
	*s = New(string(text))
	return nil
}
