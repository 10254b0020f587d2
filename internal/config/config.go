// Package config reads exhibit.yaml and the folders that it names.
//
// It is strict: an unknown key is an error with file, line and column. It decodes no provider's section (the provider
// does), and it holds no secret: credentials come from the environment, from files or from the platform's own chain.
package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/gate"
	"exhibit/internal/owner"
	"exhibit/internal/strictyaml"
)

// FileName is looked for in the working directory when no file is named.
const FileName = "exhibit.yaml"

// Config is exhibit.yaml. Paths in it are relative to the file's own folder.
type Config struct {
	// Store is the evidence database. Default: evidence.db.
	Store string `yaml:"store"`
	// Key is the file with the signing and redaction keys. Default: the store's path with .key in place of .db.
	Key string `yaml:"key"`
	// Zone is the IANA time zone of all schedules. Default: UTC.
	Zone string `yaml:"zone"`
	// Sources are the connections to collect from.
	Sources []Source `yaml:"-"`
	// Controls and Mappings are folders of own controls and mappings beside the built-in ones; the same id replaces.
	Controls string `yaml:"controls"`
	Mappings string `yaml:"mappings"`
	// Params are local values of controls' thresholds, by control and param. A stricter one is judged by; a looser one than
	// the control allows makes the checks that read it fail.
	Params map[string]map[string]any `yaml:"params"`
	// Acceptances is a folder of accepted risks, a YAML file each; Acceptance bounds them.
	Acceptances string           `yaml:"acceptances"`
	Acceptance  AcceptanceLimits `yaml:"-"`
	// Attestations is a folder of people's statements, a YAML file each; Attestation bounds them.
	Attestations string            `yaml:"attestations"`
	Attestation  AttestationLimits `yaml:"-"`
	// FixBy is how long a failure may last, by severity. Default: evidence.DefaultFixTimes.
	FixBy evidence.FixTimes `yaml:"-"`
	// Retention is how long evidence is kept.
	Retention Retention `yaml:"-"`
	// Environments say in which accounts deployments change things.
	Environments Environments `yaml:"-"`
	// Inlet is where pipelines deliver reports.
	Inlet Inlet `yaml:"-"`
	// Gate says what blocks a pipeline.
	Gate gate.Policy `yaml:"-"`
	// Serve says how the daemon listens and ends; Notify how people are told, and of what.
	Serve  Serve  `yaml:"-"`
	Notify Notify `yaml:"-"`
	// People are those who can own something, by name; Services what the company runs.
	People   map[string]owner.Person  `yaml:"-"`
	Services map[string]owner.Service `yaml:"-"`
	// Owners resolves who owns a subject. It is never nil.
	Owners *owner.Resolver `yaml:"-"`

	file string
}

// Source is one configured connection: a name and one provider's section.
type Source struct {
	Name     string
	Provider string
	Timing

	file    string
	section *yaml.Node
}

// Decode reads the provider's section strictly into out. Its errors point into the file.
func (s Source) Decode(out any) error { return strictyaml.DecodeNode(s.file, s.section, out) }

// Dir is the folder of the file, where relative paths in the section start.
func (s Source) Dir() string { return filepath.Dir(s.file) }

// Digest names the source's configuration in evidence: the SHA-256 of its canonical JSON, which no secret is part of.
func (s Source) Digest() (evidence.Digest, error) {
	var v any
	if err := s.section.Decode(&v); err != nil {
		return evidence.Digest{}, fmt.Errorf("source %s: %w", s.Name, err)
	}
	b, err := evidence.Encode(map[string]any{"name": s.Name, s.Provider: v})
	if err != nil {
		return evidence.Digest{}, fmt.Errorf("source %s: %w", s.Name, err)
	}
	return evidence.Sum(b), nil
}

// Load reads a file. providers are the names that a source's section may have.
func Load(path string, providers []string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data, providers)
}

// Parse reads the text of a configuration file that stands at path.
func Parse(path string, data []byte, providers []string) (*Config, error) {
	var raw struct {
		Config       `yaml:",inline"`
		Environments yaml.Node   `yaml:"environments"`
		Sources      []yaml.Node `yaml:"sources"`
		Serve        yaml.Node   `yaml:"serve"`
		Notify       yaml.Node   `yaml:"notify"`
		FixBy        yaml.Node   `yaml:"fix_by"`
		Gate         yaml.Node   `yaml:"gate"`
		Timing       rawTiming   `yaml:",inline"`
		Owners       rawOwners   `yaml:",inline"`
		Acceptance   yaml.Node   `yaml:"acceptance"`
		Attestation  yaml.Node   `yaml:"attestation"`
		Retention    yaml.Node   `yaml:"retention"`
		Inlet        yaml.Node   `yaml:"inlet"`
	}
	if err := strictyaml.Decode(path, data, &raw); err != nil {
		return nil, err
	}
	c := raw.Config
	c.file = path
	var errs strictyaml.Errors
	part := func(err error) {
		var bad strictyaml.Errors
		if errors.As(err, &bad) {
			errs = append(errs, bad...)
		}
	}
	var err error
	c.Serve, err = parseServe(path, &raw.Serve)
	part(err)
	c.Notify, err = parseNotify(path, c.Zone, &raw.Notify)
	part(err)
	c.FixBy, err = parseFixBy(path, &raw.FixBy)
	part(err)
	c.Retention, err = parseRetention(path, &raw.Retention)
	part(err)
	c.Environments, err = parseEnvironments(path, &raw.Environments)
	part(err)
	c.Inlet, err = parseInlet(path, &raw.Inlet)
	part(err)
	c.Gate, err = parseGate(path, &raw.Gate)
	part(err)
	c.Acceptance, err = parseAcceptanceLimits(path, &raw.Acceptance)
	part(err)
	c.Attestation, err = parseAttestationLimits(path, &raw.Attestation)
	part(err)
	usual, err := raw.Timing.parse(path, c.Zone, Timing{Deadline: defaultDeadline})
	part(err)
	owners, resolver, err := raw.Owners.parse(path, data)
	part(err)
	c.People, c.Services, c.Owners = owners.People, owners.Services, resolver
	seen := map[string]bool{}
	for i := range raw.Sources {
		s, err := parseSource(path, &raw.Sources[i], providers, c.Zone, usual)
		errs = append(errs, err...)
		if len(err) > 0 {
			continue
		}
		if seen[s.Name] {
			errs = append(errs, strictyaml.At(path, &raw.Sources[i], "source %q is named twice", s.Name))
		}
		seen[s.Name] = true
		c.Sources = append(c.Sources, s)
	}
	if err := errs.Or(); err != nil {
		return nil, err
	}
	c.setDefaults()
	return &c, nil
}

// Default is the configuration when there is no file: a store in dir and no sources.
func Default(dir string) *Config {
	c := &Config{file: filepath.Join(dir, FileName), FixBy: evidence.DefaultFixTimes(), Gate: gate.Default()}
	c.Serve, _ = parseServe(c.file, &yaml.Node{}) // no section has no mistake
	c.Notify, _ = parseNotify(c.file, "", &yaml.Node{})
	_, c.Owners, _ = rawOwners{}.parse(c.file, nil)
	c.Acceptance, _ = parseAcceptanceLimits(c.file, &yaml.Node{})
	c.Attestation, _ = parseAttestationLimits(c.file, &yaml.Node{})
	c.setDefaults()
	return c
}

// Find returns the source with the name.
func (c *Config) Find(name string) (Source, error) {
	names := make([]string, len(c.Sources))
	for i, s := range c.Sources {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	return Source{}, fmt.Errorf("source %q: %s names %s", name, c.file, orNone(names))
}

func (c *Config) setDefaults() {
	if c.Store == "" {
		c.Store = "evidence.db"
	}
	if c.Key == "" {
		c.Key = keyBeside(c.Store)
	}
	for _, p := range []*string{&c.Store, &c.Key, &c.Controls, &c.Mappings, &c.Acceptances, &c.Attestations,
		&c.Attestation.Signers} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(c.file), *p)
		}
	}
}

func parseSource(file string, n *yaml.Node, providers []string, zone string, usual Timing) (Source, strictyaml.Errors) {
	s := Source{file: file}
	if n.Kind != yaml.MappingNode {
		return s, strictyaml.Errors{strictyaml.At(file, n, "a source is a mapping with a name and one provider's section")}
	}
	var errs strictyaml.Errors
	var timing rawTiming
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case timing.take(key.Value, value):
		case key.Value == "name":
			s.Name = value.Value
			if !sourceName.MatchString(s.Name) {
				errs = append(errs, strictyaml.At(file, value, "name %q: expected lower-case letters, digits, - and _", s.Name))
			}
		case !slices.Contains(providers, key.Value):
			errs = append(errs, strictyaml.At(file, key, "unknown key %q: expected name, schedule, jitter, deadline or one of %s", key.Value, strings.Join(providers, ", ")))
		case s.Provider != "":
			errs = append(errs, strictyaml.At(file, key, "a source has one provider, this one has %s and %s", s.Provider, key.Value))
		default:
			s.Provider, s.section = key.Value, value
			if value.Kind == yaml.ScalarNode && value.ShortTag() == "!!null" {
				s.section = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: key.Line, Column: key.Column}
			}
		}
	}
	var bad strictyaml.Errors
	var err error
	if s.Timing, err = timing.parse(file, zone, usual); errors.As(err, &bad) {
		errs = append(errs, bad...)
	}
	if len(errs) == 0 && s.Name == "" {
		errs = append(errs, strictyaml.At(file, n, "the source has no name"))
	}
	if len(errs) == 0 && s.Provider == "" {
		errs = append(errs, strictyaml.At(file, n, "source %q has no provider: expected one of %s", s.Name, strings.Join(providers, ", ")))
	}
	return s, errs
}

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

func orNone(names []string) string {
	if len(names) == 0 {
		return "no sources"
	}
	return strings.Join(names, ", ")
}

// SetStore points the configuration at another store, whose key stands beside it.
func (c *Config) SetStore(path string) {
	c.Store = path
	c.Key = keyBeside(path)
}

func keyBeside(store string) string { return strings.TrimSuffix(store, ".db") + ".key" }
