package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const (
	keyHeader       = "exhibit key 1"
	redactionPrefix = "REDACTION+KEY+"
	redactionSize   = 32
	algEd25519      = 1
)

// Key is a log's secret half: the Ed25519 key that signs its checkpoints and bundles, and a separate key by which secret
// values are replaced before they are stored. It never prints itself.
type Key struct {
	origin    string
	private   ed25519.PrivateKey
	redaction [redactionSize]byte
}

// GenerateKey makes a key for the log named origin from random, which must be a cryptographic source.
func GenerateKey(random io.Reader, origin string) (*Key, error) {
	var seed [ed25519.SeedSize]byte
	k := &Key{origin: origin}
	if _, err := io.ReadFull(random, seed[:]); err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	if _, err := io.ReadFull(random, k.redaction[:]); err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	k.private = ed25519.NewKeyFromSeed(seed[:])
	if _, err := k.signer(); err != nil {
		return nil, fmt.Errorf("generate key for origin %q: %w", origin, err)
	}
	return k, nil
}

// ParseKey reads a key file as Marshal writes it.
func ParseKey(text []byte) (*Key, error) {
	lines := strings.Split(string(bytes.TrimRight(text, "\n")), "\n")
	if len(lines) != 3 || lines[0] != keyHeader {
		return nil, errors.New("read key: not a key file of this program")
	}
	// A private key's text must not end up in an error, so errors below never quote it.
	if _, err := note.NewSigner(lines[1]); err != nil {
		return nil, errors.New("read key: line 2 is not a signing key")
	}
	parts := strings.SplitN(lines[1], "+", 5) // PRIVATE, KEY, name, hash, base64 of algorithm and seed
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return nil, errors.New("read key: line 2 is not a signing key")
	}
	k := &Key{origin: parts[2], private: ed25519.NewKeyFromSeed(seed[1:])}
	enc, ok := strings.CutPrefix(lines[2], redactionPrefix)
	redaction, err := base64.StdEncoding.Strict().DecodeString(enc)
	if !ok || err != nil || len(redaction) != redactionSize {
		return nil, errors.New("read key: line 3 is not a redaction key")
	}
	copy(k.redaction[:], redaction)
	if !bytes.Equal(k.Marshal(), append(bytes.TrimRight(text, "\n"), '\n')) {
		return nil, errors.New("read key: not in the form it was written")
	}
	return k, nil
}

// Marshal returns the key file: three lines of text, to be kept with mode 0600.
func (k *Key) Marshal() []byte {
	return []byte(keyHeader + "\n" + k.noteKey() + "\n" +
		redactionPrefix + base64.StdEncoding.EncodeToString(k.redaction[:]) + "\n")
}

// Origin returns the name of the log that the key signs for.
func (k *Key) Origin() string { return k.origin }

// Verifier returns the public half as a note verifier line, "name+hash+key".
func (k *Key) Verifier() string {
	s, err := note.NewEd25519VerifierKey(k.origin, k.public())
	if err != nil {
		panic("ledger: " + err.Error()) // the key was made by GenerateKey or ParseKey, so its public half is valid
	}
	return s
}

// Redaction returns a copy of the 32-byte key by which secret values are replaced.
func (k *Key) Redaction() []byte { return bytes.Clone(k.redaction[:]) }

// String returns "[secret]".
func (k *Key) String() string { return "[secret]" }

// GoString returns "[secret]".
func (k *Key) GoString() string { return "[secret]" }

// Format writes "[secret]" for every verb.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// MarshalText returns "[secret]", so that no encoder writes the key by accident; Marshal writes it.
func (k *Key) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

func (k *Key) public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

func (k *Key) signer() (note.Signer, error) { return note.NewSigner(k.noteKey()) }

func (k *Key) noteKey() string {
	verifier := k.Verifier()
	hash := verifier[len(k.origin)+1:][:8]
	return "PRIVATE+KEY+" + k.origin + "+" + hash + "+" +
		base64.StdEncoding.EncodeToString(append([]byte{algEd25519}, k.private.Seed()...))
}

// publicKey returns the Ed25519 key and the name of a verifier line.
func publicKey(verifier string) (string, ed25519.PublicKey, error) {
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return "", nil, fmt.Errorf("verifier %q: %w", verifier, err)
	}
	parts := strings.SplitN(verifier, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != algEd25519 {
		return "", nil, fmt.Errorf("verifier %q: not an Ed25519 key", verifier)
	}
	return v.Name(), key[1:], nil
}
