package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/ledger"
	"exhibit/internal/strictyaml"
)

// Attachments of one statement are this many and this large at most.
const (
	MaxAttachments    = 50
	MaxAttachmentSize = 32 << 20
)

// attestation is the file form of a person's statement.
type attestation struct {
	Control     string    `yaml:"control"`
	Requirement string    `yaml:"requirement"`
	Scope       string    `yaml:"scope"`
	Author      string    `yaml:"author"`
	Statement   string    `yaml:"statement"`
	From        yaml.Node `yaml:"from"`
	To          yaml.Node `yaml:"to"`
	Expires     yaml.Node `yaml:"expires"`
	Zone        yaml.Node `yaml:"zone"`
	// Attachments are names of files in the folder that has the statement's name without .yaml.
	Attachments []string `yaml:"attachments"`
}

// Statement is an attestation as its file has it, with the paths of its attachments by name.
type Statement struct {
	evidence.Attestation
	Files map[string]string
}

// ReadAttestations reads every YAML file of the folder of attestations with what is attached, in order of name; the
// file's name is the attestation's id. No folder means none. A file ID.sig beside ID.yaml is a signature, and must be
// the author's.
func (c *Config) ReadAttestations() ([]Statement, error) {
	if c.Attestations == "" {
		return nil, nil
	}
	var out []Statement
	err := readFolder("attestations", c.Attestations, func(path, id string, data []byte) error {
		s, err := c.statement(path, id, data)
		if err == nil {
			err = c.signature(path, &s)
		}
		out = append(out, s)
		return err
	})
	return out, err
}

// ReadAttestation reads one, whose signature is not looked at.
func (c *Config) ReadAttestation(id string) (Statement, error) {
	path, err := decisionPath("attestation", "attestations", c.Attestations, id)
	if err != nil {
		return Statement{}, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Statement{}, fmt.Errorf("read attestation: %w", err)
	}
	return c.statement(path, id, data)
}

// statement reads a file and the digests of what is attached.
func (c *Config) statement(path, id string, data []byte) (Statement, error) {
	s, err := parseAttestation(path, id, data, c.Attestation)
	if err != nil {
		return s, err
	}
	for name, file := range s.Files {
		if s.Attachments[name], err = fileDigest(file); err != nil {
			return s, strictyaml.Errors{{File: path, Msg: fmt.Sprintf("attachment %s: %v", name, err)}}
		}
	}
	return s, nil
}

func parseAttestation(path, id string, data []byte, limits AttestationLimits) (Statement, error) {
	var f attestation
	if err := strictyaml.Decode(path, data, &f); err != nil {
		return Statement{}, err
	}
	errs := missing(path, "author", f.Author, "statement", f.Statement)
	whole := func(format string, args ...any) {
		errs = append(errs, strictyaml.Error{File: path, Msg: fmt.Sprintf(format, args...)})
	}
	switch {
	case (f.Control == "") == (f.Requirement == ""):
		whole("expected either control or requirement: what the statement is about")
	case f.Requirement != "" && f.Scope != "":
		whole("a requirement has no scope")
	}
	zone, bad := parseZone(path, &f.Zone)
	errs = append(errs, bad...)
	from, bad := parseDay(path, "from", &f.From, zone, 0)
	errs = append(errs, bad...)
	to, bad := parseDay(path, "to", &f.To, zone, 1)
	errs = append(errs, bad...)
	expires := later(to, limits.Expires)
	if !f.Expires.IsZero() {
		expires, bad = parseDay(path, "expires", &f.Expires, zone, 1)
		errs = append(errs, bad...)
	}
	switch {
	case len(errs) > 0:
	case !from.Before(to):
		errs = append(errs, strictyaml.At(path, &f.To, "to is not after from"))
	case !from.Before(expires):
		errs = append(errs, strictyaml.At(path, &f.Expires, "expires is not after from"))
	case expires.After(later(to, limits.Max)):
		errs = append(errs, strictyaml.At(path, &f.Expires,
			"expires is more than %s after the period's end, the most that a statement counts", limits.Max))
	}
	s := Statement{Attestation: evidence.Attestation{ID: id, Control: f.Control, Requirement: f.Requirement,
		Scope:  f.Scope,
		Author: f.Author, Statement: f.Statement, Period: evidence.Window{From: from.UTC(), To: to.UTC()},
		Expires: expires.UTC()}}
	if len(f.Attachments) > MaxAttachments {
		whole("%d attachments: the most is %d", len(f.Attachments), MaxAttachments)
	}
	for _, name := range f.Attachments {
		if name != filepath.Base(name) || name == "." || name == ".." || name == "/" {
			whole("attachment %q: expected the name of a file in the folder %s", name, id)
			continue
		}
		if s.Files == nil {
			s.Files, s.Attachments = map[string]string{}, map[string]evidence.Digest{}
		}
		s.Files[name] = filepath.Join(filepath.Dir(path), id, name)
	}
	return s, errs.Or()
}

// signature takes in the file with the author's signature, if there is one.
func (c *Config) signature(path string, s *Statement) error {
	sig := filepath.Join(filepath.Dir(path), s.ID+".sig")
	armored, err := os.ReadFile(sig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read attestation: %w", err)
	}
	if c.Attestation.Signers == "" {
		return strictyaml.Errors{{File: sig,
			Msg: "there is nothing to hold the signature against: name a file in attestation.signers"}}
	}
	allowed, err := os.ReadFile(c.Attestation.Signers)
	if err != nil {
		return fmt.Errorf("read attestation: signers: %w", err)
	}
	keys, err := ledger.SSHAllowed(allowed, s.Author, evidence.AttestationNamespace)
	if err != nil {
		return strictyaml.Errors{{File: c.Attestation.Signers, Msg: err.Error()}}
	}
	message, err := s.Message()
	if err != nil {
		return err
	}
	key, err := ledger.SSHSignedBy(keys, evidence.AttestationNamespace, message, armored)
	if err != nil {
		return strictyaml.Errors{{File: sig,
			Msg: fmt.Sprintf("not %s's signature over this statement: %v; print what is to be signed with "+
				"exhibit attest message %s", s.Author, err, s.ID)}}
	}
	s.Signature = &evidence.Signature{Key: key, Armored: string(armored)}
	return nil
}

// fileDigest reads a whole file, which may not be too large.
func fileDigest(path string) (evidence.Digest, error) {
	content, err := ReadAttachment(path)
	return evidence.Sum(content), err
}

// ReadAttachment reads a file that is attached to a statement.
func ReadAttachment(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > MaxAttachmentSize {
		return nil, fmt.Errorf("%s is no file of %d MiB at most", path, MaxAttachmentSize>>20)
	}
	return os.ReadFile(path)
}
