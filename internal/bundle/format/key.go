package format

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"exhibit/internal/ledger"
)

// Fingerprint returns the fingerprint of a verifier line's key, as ssh-keygen -l prints it.
func Fingerprint(verifier string) (string, error) {
	signer, err := ledger.AllowedSigner(verifier, Namespace)
	if err != nil {
		return "", err
	}
	fields := strings.Fields(signer)
	key, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	sum := sha256.Sum256(key)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]), nil
}
