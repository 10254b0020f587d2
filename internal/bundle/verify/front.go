package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"exhibit/internal/bundle/format"
	"exhibit/internal/ledger"
)

// front reads bundle.json, the digests and the signature. It returns false when the rest cannot be read without them.
func (v *verifier) front() bool {
	text, err := v.small(format.Bundle)
	if err != nil {
		v.problem(format.Bundle, "%v", err)
		return false
	}
	if err := json.Unmarshal(text, &v.manifest); err != nil {
		v.problem(format.Bundle, "is not the JSON of a bundle: %v", err)
		return false
	}
	m := &v.manifest
	if m.Format != format.Version {
		v.problem(format.Bundle, "is of format %d; this verifier knows format %d", m.Format, format.Version)
		return false
	}
	v.describe()
	sums, err := v.small(format.Sums)
	if err != nil {
		v.problem(format.Sums, "%v", err)
		return false
	}
	v.signature(sums)
	if !v.readSums(sums) {
		return false
	}
	if signers, err := v.small(format.AllowedSigners); err == nil {
		v.sum(format.AllowedSigners, signers)
	}
	v.sum(format.Bundle, text)
	return v.table()
}

func (v *verifier) describe() {
	m, r := &v.manifest, &v.report
	r.Statement, r.Framework, r.Period, r.ExportedAt = m.Statement, m.Framework.Key(), m.Period, m.ExportedAt
	r.Simulated, r.Origin, r.Size, r.Key = m.Simulated, m.Ledger.Origin, m.Ledger.Size, m.Ledger.Key
	if m.Simulated {
		v.note("the ledger is a demonstration: nothing in it was seen in the world")
	}
	print, err := format.Fingerprint(m.Ledger.Key)
	if err != nil {
		v.problem(format.Bundle, "its key is not one: %v", err)
	} else if print != m.Ledger.Fingerprint {
		v.problem(format.Bundle, "its fingerprint is not that of its key")
	}
	if v.options.TrustedKey == "" {
		v.note("the key is the one that the bundle itself names, fingerprint %s: compare it with the one that you were given "+
			"by other means, because anybody can sign with a key of their own", print)
	} else {
		r.Trusted, r.Key = true, v.options.TrustedKey
		if m.Ledger.Key != v.options.TrustedKey {
			v.problem(format.Bundle, "names another key than the trusted one: it was signed or re-signed by somebody else")
		}
		print, _ = format.Fingerprint(v.options.TrustedKey) // was checked with the options
	}
	r.Fingerprint = print
	if l := m.Ledger; l.Start < 0 || l.Start > l.End || l.End > l.Size || l.Size < 1 {
		v.problem(format.Bundle, "the ledger's sizes %d, %d, %d are out of order", l.Start, l.End, l.Size)
	}
}

// key is the verifier line that everything is checked with.
func (v *verifier) key() string { return v.report.Key }

func (v *verifier) signature(sums []byte) {
	signature, err := v.small(format.Signature)
	if err != nil {
		v.problem(format.Signature, "%v", err)
		return
	}
	err = ledger.SSHVerify(v.key(), format.Namespace, bytes.NewReader(sums), signature)
	switch {
	case errors.Is(err, ledger.ErrSignature):
		v.problem(format.Signature, "is not a signature of %s by the key %s", format.Sums, v.report.Fingerprint)
	case err != nil:
		v.problem(format.Signature, "is not the signature of a bundle: %v", err)
	}
	signers, err := v.small(format.AllowedSigners)
	if err != nil {
		v.problem(format.AllowedSigners, "%v", err)
		return
	}
	if want, err := ledger.AllowedSigner(v.key(), format.Namespace); err != nil || string(signers) != want {
		v.problem(format.AllowedSigners, "names another key than the ledger's")
	}
}

// readSums reads SHA256SUMS, which lists every other file in the order of the archive.
func (v *verifier) readSums(text []byte) bool {
	v.sums = map[string]string{}
	var listed []string
	for i, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		sum, name, ok := strings.Cut(line, "  ")
		if !ok || len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" || v.sums[name] != "" {
			v.problem(format.Sums, "line %d: not a digest and a name, or a name twice", i+1)
			return false
		}
		v.sums[name] = sum
		listed = append(listed, name)
	}
	for _, name := range v.names {
		if v.sums[name] == "" && name != format.Sums && name != format.Signature {
			v.problem(name, "is in the archive and not in %s: it was put there later", format.Sums)
		}
	}
	for _, name := range listed {
		if v.files[name] == nil {
			v.problem(name, "is in %s and not in the archive: it was taken out", format.Sums)
		}
	}
	if want := append(listed, format.Sums, format.Signature); len(v.report.Problems) == 0 && !slices.Equal(v.names, want) {
		v.problem("archive", "the files are not in the order of %s", format.Sums)
	}
	return true
}

// table compares bundle.json's table with the archive.
func (v *verifier) table() bool {
	var total int64
	listed := map[string]bool{}
	for _, f := range v.manifest.Files {
		m := v.files[f.Name]
		switch {
		case listed[f.Name]:
			v.problem(format.Bundle, "lists %s twice", f.Name)
		case m == nil && v.sums[f.Name] == "":
			v.problem(f.Name, "is in %s and not in the archive: it was taken out", format.Bundle)
		case m == nil: // told already
		case m.packed != f.Packed && !m.packed.IsZero():
			v.problem(f.Name, "its packed bytes are not those that %s names", format.Bundle)
		}
		listed[f.Name] = true
		if total += f.Size; f.Size < 0 || total < 0 || total > v.options.MaxBytes {
			v.problem(format.Bundle, "the files would unpack to more than %d bytes", v.options.MaxBytes)
			return false
		}
	}
	for _, name := range v.names {
		switch name {
		case format.Bundle, format.AllowedSigners, format.Sums, format.Signature:
		default:
			if !listed[name] && v.sums[name] != "" {
				v.problem(name, "is in the archive and not in %s: it was put there later", format.Bundle)
			}
		}
	}
	return true
}

// sum compares a small file with its digest.
func (v *verifier) sum(name string, text []byte) {
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != v.sums[name] {
		v.problem(name, "was changed: its SHA-256 is not the one in %s", format.Sums)
	}
}

// declared returns the size that bundle.json names for a file, -1 for none.
func (v *verifier) declared(name string) int64 {
	for _, f := range v.manifest.Files {
		if f.Name == name {
			return f.Size
		}
	}
	return -1
}
