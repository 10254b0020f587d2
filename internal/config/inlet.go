package config

import (
	"net"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/strictyaml"
)

// Inlet says where pipelines deliver reports, and who may.
type Inlet struct {
	// Listen is its address; without one there is no inlet.
	Listen string
	// Cert and Key are PEM files; without them the address is this machine's, or behind a proxy that encrypts.
	Cert, Key string
	// Issuers are whose tokens are taken.
	Issuers []Issuer
}

// Issuer lets the tokens of one issuer that have all claims deliver to sources.
type Issuer struct {
	// URL is the token's iss.
	URL string
	// Audience is one of the token's aud.
	Audience string
	// CA is a PEM file of the authorities that the issuer's certificate may come from; empty means the machine's.
	CA string
	// Claims are what the token must say, by claim; a * in a value stands for anything but a slash.
	Claims map[string]string
	// Sources are names or patterns of sources.
	Sources []string
}

// parseInlet reads the section; a zero node is none.
func parseInlet(file string, n *yaml.Node) (Inlet, error) {
	var in Inlet
	if n.IsZero() {
		return in, nil
	}
	var raw struct {
		Listen yaml.Node `yaml:"listen"`
		Proxy  bool      `yaml:"behind_proxy"`
		TLS    struct {
			Cert string `yaml:"cert"`
			Key  string `yaml:"key"`
		} `yaml:"tls"`
		Issuers []yaml.Node `yaml:"issuers"`
	}
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return in, err
	}
	var errs strictyaml.Errors
	wrong := func(n *yaml.Node, format string, args ...any) {
		errs = append(errs, strictyaml.At(file, n, format, args...))
	}
	in.Listen = raw.Listen.Value
	in.Cert, in.Key = inDir(file, raw.TLS.Cert), inDir(file, raw.TLS.Key)
	switch _, _, err := net.SplitHostPort(in.Listen); {
	case err != nil:
		wrong(n, "inlet: listen %q: expected host:port, such as 127.0.0.1:8700", in.Listen)
	case (in.Cert == "") != (in.Key == ""):
		wrong(n, "inlet: tls: expected both cert and key")
	case !loopback(in.Listen) && in.Cert == "" && !raw.Proxy:
		wrong(&raw.Listen, "inlet: listen %q is reached from other machines: expected tls with cert and key, or behind_proxy: true",
			in.Listen)
	}
	if len(raw.Issuers) == 0 {
		wrong(n, "inlet: expected issuers, whose tokens are taken")
	}
	for i := range raw.Issuers {
		issuer, bad := parseIssuer(file, &raw.Issuers[i])
		errs = append(errs, bad...)
		in.Issuers = append(in.Issuers, issuer)
	}
	return in, errs.Or()
}

func inDir(file, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(file), name)
}

// alone returns the claims that do not say whose a token is.
func alone() []string {
	return []string{"iss", "aud", "exp", "iat", "nbf", "jti", "ref", "event_name", "environment"}
}

func parseIssuer(file string, n *yaml.Node) (Issuer, strictyaml.Errors) {
	var raw struct {
		Issuer   string            `yaml:"issuer"`
		Audience string            `yaml:"audience"`
		CA       string            `yaml:"ca"`
		Claims   map[string]string `yaml:"claims"`
		Sources  []string          `yaml:"sources"`
	}
	var errs strictyaml.Errors
	wrong := func(format string, args ...any) { errs = append(errs, strictyaml.At(file, n, format, args...)) }
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		wrong("issuer: %v", err)
		return Issuer{}, errs
	}
	i := Issuer{URL: raw.Issuer, Audience: raw.Audience, CA: inDir(file, raw.CA), Claims: raw.Claims, Sources: raw.Sources}
	u, err := url.Parse(i.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopbackHost(u.Hostname())) {
		wrong("issuer %q: expected an address such as https://token.actions.githubusercontent.com", i.URL)
	}
	if i.Audience == "" {
		wrong("issuer %s: expected an audience, which pipelines ask their tokens for", i.URL)
	}
	if len(i.Sources) == 0 {
		wrong("issuer %s: expected sources that it may deliver to", i.URL)
	}
	for _, pattern := range i.Sources {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			wrong("issuer %s: sources: %q: expected the name or pattern of a source", i.URL, pattern)
		}
	}
	bound := false
	for claim, value := range i.Claims {
		if _, err := path.Match(value, ""); err != nil || strings.Trim(value, "*/") == "" {
			wrong("issuer %s: claims: %s %q would take everything or nothing: expected a value", i.URL, claim, value)
		}
		bound = bound || !slices.Contains(alone(), claim)
	}
	if !bound {
		wrong("issuer %s: expected a claim that says whose the pipeline is, such as repository or project_path: others have tokens "+
			"of this issuer, too", i.URL)
	}
	return i, errs
}
