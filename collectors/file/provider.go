// Package file collects the files of a folder: documents that no API gives, such as reports, minutes, exports.
//
// It never follows a link out of the folder, never writes, and opens no connection.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Config is the file section of a source.
type Config struct {
	// Path is the folder. Required. A relative path starts at the folder of exhibit.yaml.
	Path string `yaml:"path"`
	// Match are patterns of names ("*.json") or, with a slash, of paths in the folder ("minutes/*.pdf"); none means all.
	Match collect.PathPatterns `yaml:"match"`
}

// Provider is a folder of files.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "file" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{document()}
}

// Operations implements collect.Provider: whoever runs the program is known without asking.
func (Provider) Operations() []collect.Operation { return nil }

// Rates implements collect.Paced: a disk needs no pacing.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{"": {PerSecond: 1e6, Burst: 1e6}}
}

// readConfig reads the section.
func readConfig(decode func(any) error) (Config, error) {
	var c Config
	if err := decode(&c); err != nil {
		return c, err
	}
	if c.Path == "" {
		return c, errors.New("file: path is required: name a folder")
	}
	if err := c.Match.Check(); err != nil {
		return c, fmt.Errorf("file: %w", err)
	}
	return c, nil
}

// Check implements collect.Provider.
func (Provider) Check(decode func(any) error) error {
	_, err := readConfig(decode)
	return err
}

// Open implements collect.Provider. The folder itself is opened when it is collected: that it is not there is an outcome
// of its scope.
func (Provider) Open(_ context.Context, decode func(any) error, env collect.Env) (collect.Source, error) {
	c, err := readConfig(decode)
	if err != nil {
		return nil, err
	}
	if !filepath.IsAbs(c.Path) {
		c.Path = filepath.Join(env.Dir, c.Path)
	}
	account := env.Source
	if account == "" {
		account = filepath.Base(c.Path)
	}
	return &source{config: c, account: account}, nil
}

// Classify implements collect.Provider.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return evidence.OutcomeDenied, "PermissionDenied"
	case errors.Is(err, fs.ErrNotExist):
		return evidence.OutcomeFailed, "NotFound"
	}
	return "", ""
}

// source is one folder.
type source struct {
	config  Config
	account string
	root    *os.Root
}

// Caller implements collect.Source.
func (s *source) Caller(context.Context, *collect.Task) (evidence.Identity, error) {
	return collect.LocalUser()
}

// Accounts implements collect.Source: the folder.
func (s *source) Accounts(context.Context, *collect.Task) ([]collect.Account, error) {
	plan := collect.ScopePlan{
		Scope:   evidence.Scope{Provider: "file", Account: s.account, Name: s.config.Path},
		Outcome: evidence.OutcomeOK,
	}
	root, err := os.OpenRoot(s.config.Path)
	if err != nil {
		plan.Outcome, _ = Provider{}.Classify(err)
		if plan.Outcome == "" {
			plan.Outcome = evidence.OutcomeFailed
		}
		plan.Reason = fmt.Sprintf("folder cannot be opened: %v", err)
		return []collect.Account{collect.Ready(plan)}, nil
	}
	s.root = root
	plan.Session = &session{root: root, patterns: s.config.Match}
	return []collect.Account{collect.Ready(plan)}, nil
}

// Close implements collect.Source.
func (s *source) Close() error {
	if s.root == nil {
		return nil
	}
	return s.root.Close()
}
