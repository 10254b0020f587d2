package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
)

// SSHSIG, as OpenSSH's PROTOCOL.sshsig defines it, for Ed25519 and SHA-512 only.
const (
	sshMagic   = "SSHSIG"
	sshVersion = 1
	sshKeyType = "ssh-ed25519"
	sshHash    = "sha512"
	sshArmor   = "SSH SIGNATURE"
	sshMaxSize = 4096 // far above any Ed25519 signature
)

// SSHSign signs message under namespace and returns the armoured signature that ssh-keygen -Y verify reads. The signed
// bytes start with "SSHSIG" and hold zero bytes, so none of them can be taken for a note by the same key.
func SSHSign(k *Key, namespace string, message io.Reader) ([]byte, error) {
	signed, err := sshSigned(namespace, message)
	if err != nil {
		return nil, fmt.Errorf("sign for ssh: %w", err)
	}
	var sig []byte
	sig = sshString(sig, sshKeyType)
	sig = sshString(sig, string(ed25519.Sign(k.private, signed)))
	blob := binary.BigEndian.AppendUint32([]byte(sshMagic), sshVersion)
	blob = sshString(blob, string(sshPublic(k.public())))
	blob = sshString(blob, namespace)
	blob = sshString(blob, "")
	blob = sshString(blob, sshHash)
	blob = sshString(blob, string(sig))
	return armor(blob), nil
}

// SSHVerify verifies that the armoured signature is by verifier's key, for namespace, over message. The whole armoured
// text must be the signature: nothing before, nothing after.
func SSHVerify(verifier, namespace string, message io.Reader, armored []byte) error {
	_, key, err := publicKey(verifier)
	if err != nil {
		return fmt.Errorf("verify ssh signature: %w", err)
	}
	if err := sshVerify(key, namespace, message, armored); err != nil {
		return fmt.Errorf("verify ssh signature: %w", err)
	}
	return nil
}

// sshVerify verifies that the armoured signature is by the key, for namespace, over message.
func sshVerify(key ed25519.PublicKey, namespace string, message io.Reader, armored []byte) error {
	public, ns, sig, err := parseSSH(armored)
	if err != nil {
		return err
	}
	if !bytes.Equal(public, sshPublic(key)) {
		return ErrSignature
	}
	if ns != namespace {
		return fmt.Errorf("made for %q, not for %q", ns, namespace)
	}
	signed, err := sshSigned(namespace, message)
	if err != nil {
		return err
	}
	if !ed25519.Verify(key, signed, sig) {
		return ErrSignature
	}
	return nil
}

// AllowedSigner returns the line of an allowed_signers file that lets ssh-keygen verify signatures by verifier's key under
// namespace; the principal is the verifier's name.
func AllowedSigner(verifier, namespace string) (string, error) {
	name, key, err := publicKey(verifier)
	if err != nil {
		return "", err
	}
	if namespace == "" || strings.ContainsAny(name+namespace, "\"\\ \t\n#,*?!") {
		return "", fmt.Errorf("allowed signer: %q and %q must be plain words", name, namespace)
	}
	return fmt.Sprintf("%s namespaces=%q %s %s\n", name, namespace, sshKeyType,
		base64.StdEncoding.EncodeToString(sshPublic(key))), nil
}

// sshSigned returns the bytes that the signature is over.
func sshSigned(namespace string, message io.Reader) ([]byte, error) {
	if namespace == "" {
		return nil, errors.New("a namespace is needed")
	}
	h := sha512.New()
	if _, err := io.Copy(h, message); err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	b := sshString([]byte(sshMagic), namespace)
	b = sshString(b, "")
	b = sshString(b, sshHash)
	return sshString(b, string(h.Sum(nil))), nil
}

func parseSSH(armored []byte) (public []byte, namespace string, sig []byte, err error) {
	block, _ := pem.Decode(armored)
	if len(armored) > sshMaxSize || block == nil || block.Type != sshArmor || !bytes.Equal(armor(block.Bytes), armored) {
		return nil, "", nil, errors.New("not an armoured SSH signature in the form that ssh-keygen writes")
	}
	p := sshParser{rest: block.Bytes}
	magic, version := p.take(len(sshMagic)), p.take(4)
	public = p.string()
	ns, reserved, hash := p.string(), p.string(), p.string()
	inner := sshParser{rest: p.string(), bad: p.bad}
	kind, sig := inner.string(), inner.string()
	switch {
	case p.bad || inner.bad || len(p.rest) != 0 || len(inner.rest) != 0:
		return nil, "", nil, errors.New("truncated or with something behind it")
	case string(magic) != sshMagic || binary.BigEndian.Uint32(version) != sshVersion:
		return nil, "", nil, errors.New("not SSHSIG version 1")
	case string(hash) != sshHash || len(reserved) != 0 || string(kind) != sshKeyType || len(sig) != ed25519.SignatureSize:
		return nil, "", nil, errors.New("not an Ed25519 signature over SHA-512")
	}
	return public, string(ns), sig, nil
}

func sshPublic(key ed25519.PublicKey) []byte {
	return sshString(sshString(nil, sshKeyType), string(key))
}

func sshString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// armor wraps at 70 columns, as ssh-keygen does.
func armor(blob []byte) []byte {
	var b bytes.Buffer
	b.WriteString("-----BEGIN " + sshArmor + "-----\n")
	for text := base64.StdEncoding.EncodeToString(blob); text != ""; {
		line := text[:min(70, len(text))]
		text = text[len(line):]
		b.WriteString(line + "\n")
	}
	b.WriteString("-----END " + sshArmor + "-----\n")
	return b.Bytes()
}

// sshParser reads length-prefixed strings; bad is set once something is missing.
type sshParser struct {
	rest []byte
	bad  bool
}

func (p *sshParser) take(n int) []byte {
	if p.bad || n > len(p.rest) {
		p.bad = true
		return nil
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *sshParser) string() []byte {
	n := p.take(4)
	if p.bad {
		return nil
	}
	size := binary.BigEndian.Uint32(n)
	if uint64(size) > uint64(len(p.rest)) {
		p.bad = true
		return nil
	}
	return p.take(int(size))
}
