package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/secret"
)

// Secret says where a secret is kept: { env: NAME } or { file: path }. The secret itself never stands in the file.
type Secret struct {
	Env  string
	File string
}

// in returns the secret with a file that is relative to dir.
func (s Secret) in(dir string) Secret {
	if s.File != "" && !filepath.IsAbs(s.File) {
		s.File = filepath.Join(dir, s.File)
	}
	return s
}

// UnmarshalYAML refuses a secret that is written out.
func (s *Secret) UnmarshalYAML(n *yaml.Node) error {
	where := func(format string, args ...any) error {
		return &yaml.LoadErrors{Errors: []*yaml.LoadError{{Message: fmt.Sprintf(format, args...), Mark: yaml.Mark{Line: n.Line, Column: n.Column}}}}
	}
	const expected = "expected { env: NAME } or { file: path }"
	if n.Kind != yaml.MappingNode {
		return where("a secret does not stand in this file: %s", expected)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key, value := n.Content[i].Value, n.Content[i+1].Value; key {
		case "env":
			s.Env = value
		case "file":
			s.File = value
		default:
			return where("unknown key %q: %s", key, expected)
		}
	}
	if (s.Env == "") == (s.File == "") {
		return where("a secret is in one place: %s", expected)
	}
	return nil
}

// Unset reports whether no place is named.
func (s Secret) Unset() bool { return s.Env == "" && s.File == "" }

// Read fetches the secret, without the line's end of a file. An empty one is an error.
func (s Secret) Read(getenv func(string) string) (secret.String, error) {
	if s.Env != "" {
		if v := getenv(s.Env); v != "" {
			return secret.New(v), nil
		}
		return secret.String{}, fmt.Errorf("the secret in the environment variable %s: it is not set", s.Env)
	}
	b, err := os.ReadFile(s.File)
	if err != nil {
		return secret.String{}, fmt.Errorf("the secret in a file: %w", err)
	}
	text := strings.TrimRight(string(b), "\r\n")
	if text == "" {
		return secret.String{}, fmt.Errorf("the secret in the file %s: it is empty", s.File)
	}
	return secret.New(text), nil
}
