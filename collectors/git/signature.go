package git

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// signatureDoc is the signature of a commit or tag.
type signatureDoc struct {
	Format string `json:"format"` // "openpgp", "ssh", "x509" or "unknown"
	// Key is the fingerprint of the key that made it: the one that an SSH signature names, or the one of the keyring that
	// verified it.
	Key string `json:"key,omitempty"`
	// Verified says that it is good and by a key that the source's configuration trusts at the time that the commit
	// states. It is absent where no keys of the format are configured, and for x509, which is not verified.
	Verified *bool `json:"verified,omitempty"`
}

// keys are whom the source's configuration trusts to sign.
type keys struct {
	ring    openpgp.EntityList // nil when not configured
	signers []signer           // nil when not configured
}

// signer is one line of a file of allowed signers.
type signer struct {
	key           ssh.PublicKey
	after, before time.Time // zero is no bound
}

// readKeys reads the configured files.
func readKeys(keyring, allowed string) (k keys, err error) {
	if keyring != "" {
		file, err := os.Open(keyring)
		if err != nil {
			return k, fmt.Errorf("git: open the keyring: %w", err)
		}
		defer file.Close()
		if k.ring, err = openpgp.ReadArmoredKeyRing(file); err != nil {
			return k, fmt.Errorf("git: read the keyring %s: %w", keyring, err)
		}
	}
	if allowed != "" {
		raw, err := os.ReadFile(allowed)
		if err != nil {
			return k, fmt.Errorf("git: read the allowed signers: %w", err)
		}
		if k.signers, err = parseSigners(raw); err != nil {
			return k, fmt.Errorf("git: %s: %w", allowed, err)
		}
	}
	return k, nil
}

// parseSigners reads a file of allowed signers: who, options, key. Signers for other purposes than git are left out.
func parseSigners(raw []byte) ([]signer, error) {
	list := []signer{}
	number := 0
	for line := range bytes.SplitSeq(raw, []byte("\n")) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		_, rest, ok := bytes.Cut(line, []byte(" "))
		key, _, options, _, err := ssh.ParseAuthorizedKey(rest)
		if !ok || err != nil {
			return nil, fmt.Errorf("line %d: expected who may sign, options, and a public key", number)
		}
		s, wanted := signer{key: key}, true
		for _, option := range options {
			if err := s.option(option, &wanted); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
		if wanted {
			list = append(list, s)
		}
	}
	return list, nil
}

// namespace is what git signs for.
const namespace = "git"

func (s *signer) option(text string, wanted *bool) (err error) {
	name, value, _ := strings.Cut(text, "=")
	value = strings.Trim(value, `"`)
	switch strings.ToLower(name) {
	case "namespaces":
		*wanted = slices.Contains(strings.Split(value, ","), namespace)
	case "valid-after":
		s.after, err = signerTime(value)
	case "valid-before":
		s.before, err = signerTime(value)
	default:
		err = fmt.Errorf("option %q is not understood: expected namespaces, valid-after or valid-before", name)
	}
	return err
}

// signerTime reads a time as ssh-keygen writes it. Without a Z it is the local time there; here it is UTC, because a
// collector has no place.
func signerTime(text string) (time.Time, error) {
	digits := strings.TrimSuffix(text, "Z")
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if t, err := time.Parse(layout, digits); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("time %q: expected something like 20260131 or 20260131120000Z", text)
}

// check tells what is known of a signature over what encode writes, made at a time by its own word; nil when there is none.
func (k keys) check(armored string, at time.Time, encode func(plumbing.EncodedObject) error) *signatureDoc {
	signed := func() (io.Reader, error) {
		object := &plumbing.MemoryObject{}
		if err := encode(object); err != nil {
			return nil, err
		}
		return object.Reader()
	}
	switch {
	case strings.TrimSpace(armored) == "":
		return nil
	case strings.HasPrefix(armored, "-----BEGIN PGP "):
		return k.openpgp(armored, at, signed)
	case strings.HasPrefix(armored, "-----BEGIN SSH SIGNATURE-----"):
		return k.ssh(armored, at, signed)
	case strings.HasPrefix(armored, "-----BEGIN SIGNED MESSAGE-----"), strings.HasPrefix(armored, "-----BEGIN CERTIFICATE-----"):
		return &signatureDoc{Format: "x509"}
	}
	return &signatureDoc{Format: "unknown"}
}

// openpgp verifies by the keyring, as of the time that the commit states: a key that ended later has signed well before.
func (k keys) openpgp(armored string, at time.Time, signed func() (io.Reader, error)) *signatureDoc {
	doc := &signatureDoc{Format: "openpgp"}
	if k.ring == nil {
		return doc
	}
	config := &packet.Config{Time: func() time.Time { return at }}
	var good bool
	doc.Verified = &good
	message, err := signed()
	if err != nil || strings.Count(armored, "-----BEGIN PGP ") > 1 {
		return doc
	}
	entity, err := openpgp.CheckArmoredDetachedSignature(k.ring, message, strings.NewReader(armored), config)
	if err == nil {
		good = true
		doc.Key = fmt.Sprintf("%X", entity.PrimaryKey.Fingerprint)
	}
	return doc
}

// ssh verifies by the allowed signers.
func (k keys) ssh(armored string, at time.Time, signed func() (io.Reader, error)) *signatureDoc {
	doc := &signatureDoc{Format: "ssh"}
	var good bool
	if k.signers != nil {
		doc.Verified = &good
	}
	signature, err := sshsig.Unarmor([]byte(armored))
	if err != nil {
		return doc
	}
	doc.Key = ssh.FingerprintSHA256(signature.PublicKey)
	i := slices.IndexFunc(k.signers, func(s signer) bool {
		return bytes.Equal(s.key.Marshal(), signature.PublicKey.Marshal()) && s.valid(at)
	})
	if i < 0 {
		return doc
	}
	message, err := signed()
	if err != nil {
		return doc
	}
	err = sshsig.Verify(message, signature, k.signers[i].key, signature.HashAlgorithm, namespace)
	good = err == nil
	return doc
}

func (s signer) valid(at time.Time) bool {
	return (s.after.IsZero() || !at.Before(s.after)) && (s.before.IsZero() || at.Before(s.before))
}
