package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SSHAllowed reads a file in the form of OpenSSH's allowed_signers and returns the Ed25519 keys, as "ssh-ed25519
// AAAA…", that the principal may sign with in the namespace. Keys of other kinds are passed over. It is stricter than
// OpenSSH: patterns, certificates and times of validity are errors, because a key that is wrongly let in proves a wrong
// thing.
func SSHAllowed(file []byte, principal, namespace string) ([]string, error) {
	var keys []string
	n := 0
	for line := range strings.Lines(string(file)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		who, key, spaces, err := allowedLine(line)
		if err != nil {
			return nil, fmt.Errorf("allowed signers: line %d: %w", n, err)
		}
		if key != "" && slices.Contains(who, principal) && (spaces == nil || slices.Contains(spaces, namespace)) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// allowedLine reads one line: principals, options, key. The key is empty when it is of another kind; spaces are nil
// when all namespaces are allowed.
func allowedLine(line string) (principals []string, key string, spaces []string, err error) {
	fields := strings.Fields(line)
	principals = strings.Split(fields[0], ",")
	if strings.ContainsAny(fields[0], `*?!"`) {
		return nil, "", nil, fmt.Errorf("principals %q: patterns are not read; name each", fields[0])
	}
	rest := fields[1:]
	if len(rest) > 0 && strings.HasPrefix(rest[0], "namespaces=") {
		list, ok := strings.CutPrefix(rest[0], `namespaces="`)
		list, closed := strings.CutSuffix(list, `"`)
		if !ok || !closed || strings.ContainsAny(list, `*?!"`) {
			return nil, "", nil, fmt.Errorf("option %s: expected namespaces=\"name,name\" without patterns", rest[0])
		}
		spaces, rest = strings.Split(list, ","), rest[1:]
	}
	if len(rest) < 2 || strings.ContainsAny(rest[0], `="`) || rest[0] == "cert-authority" {
		return nil, "", nil, errors.New("expected principals, then namespaces=\"…\" or no option, then kind and key")
	}
	if rest[0] != sshKeyType {
		return principals, "", spaces, nil
	}
	key = rest[0] + " " + rest[1]
	if _, err := sshKey(key); err != nil {
		return nil, "", nil, err
	}
	return principals, key, spaces, nil
}

// sshKey reads "ssh-ed25519 AAAA…".
func sshKey(key string) (ed25519.PublicKey, error) {
	kind, text, _ := strings.Cut(key, " ")
	blob, err := base64.StdEncoding.DecodeString(text)
	p := sshParser{rest: blob}
	inner, public := p.string(), p.string()
	if err != nil || kind != sshKeyType || p.bad || len(p.rest) > 0 || string(inner) != sshKeyType ||
		len(public) != ed25519.PublicKeySize || base64.StdEncoding.EncodeToString(blob) != text {
		return nil, fmt.Errorf("key %q: not an Ed25519 key in the form of OpenSSH", key)
	}
	return public, nil
}

// SSHSignedBy verifies that the armoured signature is by one of the keys, which are as SSHAllowed returns them, for
// namespace, over message, and returns that key.
func SSHSignedBy(keys []string, namespace string, message, armored []byte) (string, error) {
	err := errors.New("nobody of that name may sign")
	for _, key := range keys {
		var public ed25519.PublicKey
		if public, err = sshKey(key); err != nil {
			return "", err
		}
		if err = sshVerify(public, namespace, bytes.NewReader(message), armored); err == nil {
			return key, nil
		}
	}
	return "", fmt.Errorf("verify ssh signature: %w", err)
}
