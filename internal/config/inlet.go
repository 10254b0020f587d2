package config

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/strictyaml"
)

// Inlet says where pipelines deliver reports, and who may.
type Inlet struct {
	// Listen is its address; without one there is no inlet.
	Listen string
	// Cert and Key are PEM files; without them the address is this machine's, or behind a proxy that encrypts.
	Cert, Key string
	// BehindProxy says that a proxy stands before it, which writes callers' addresses into X-Forwarded-For.
	BehindProxy bool
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
	in.Listen, in.BehindProxy = raw.Listen.Value, raw.Proxy
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

func parseIssuer(file string, n *yaml.Node) (Issuer, strictyaml.Errors) {
	var raw struct {
		Issuer   yaml.Node   `yaml:"issuer"`
		Audience string      `yaml:"audience"`
		CA       string      `yaml:"ca"`
		Claims   yaml.Node   `yaml:"claims"`
		Sources  []yaml.Node `yaml:"sources"`
	}
	var errs strictyaml.Errors
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		errors.As(err, &errs)
		return Issuer{}, errs
	}
	wrong := func(at *yaml.Node, format string, args ...any) {
		errs = append(errs, strictyaml.At(file, cmp.Or(at, n), format, args...))
	}
	i := Issuer{URL: raw.Issuer.Value, Audience: raw.Audience, CA: inDir(file, raw.CA)}
	u, err := url.Parse(i.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopbackHost(u.Hostname())) {
		wrong(found(&raw.Issuer), "issuer %q: expected an address such as https://token.actions.githubusercontent.com", i.URL)
	}
	if i.Audience == "" {
		wrong(nil, "issuer %s: expected an audience, which pipelines ask their tokens for", i.URL)
	}
	if len(raw.Sources) == 0 {
		wrong(nil, "issuer %s: expected sources that it may deliver to", i.URL)
	}
	for k := range raw.Sources {
		pattern := raw.Sources[k].Value
		if !isPattern(pattern) {
			wrong(&raw.Sources[k], "issuer %s: sources: %q: expected the name or pattern of a source", i.URL, pattern)
		}
		i.Sources = append(i.Sources, pattern)
	}
	i.Claims, err = parseClaims(file, i.URL, n, &raw.Claims)
	var bad strictyaml.Errors
	if errors.As(err, &bad) {
		errs = append(errs, bad...)
	}
	return i, errs
}

// found returns the node, or nil when the file has none.
func found(n *yaml.Node) *yaml.Node {
	if n.IsZero() {
		return nil
	}
	return n
}
