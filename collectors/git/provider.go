// Package git collects from a clone of a git repository on this machine: its commits, who made and signed them, its tags and
// where it comes from. It works where no delivery system can be asked, and beside one as a second witness.
//
// It reads the objects of the clone and nothing else: it never fetches, runs no program, follows no hook, writes nothing
// and opens no connection. It keeps no content of files and no message of a commit but its first line and the trailers
// that name people.
package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Config is the git section of a source.
type Config struct {
	// Path is the clone, bare or with a working tree. Required. A relative path starts at the folder of exhibit.yaml.
	Path string `yaml:"path"`
	// Branch is the branch whose commits are collected; the one that HEAD names when not given. "origin/main" is what was
	// last fetched.
	Branch string `yaml:"branch"`
	// Since is a tag or commit: what it can reach is left out. Dates are the committers' own word, so that there is no
	// window of time.
	Since string `yaml:"since"`
	// Keyring is a file of armoured OpenPGP keys, by which signatures are verified.
	Keyring string `yaml:"keyring"`
	// AllowedSigners is a file as ssh-keygen reads it: whose SSH keys may sign.
	AllowedSigners string `yaml:"allowed_signers"`
}

// Provider is a clone on this machine.
type Provider struct{}

// Name implements collect.Provider.
func (Provider) Name() string { return "git" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{repository(), commit(), tag()}
}

// Operations implements collect.Provider: whoever runs the program is known without asking.
func (Provider) Operations() []collect.Operation { return nil }

// Rates implements collect.Paced: a disk needs no pacing.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{"": {PerSecond: 1e6, Burst: 1e6}}
}

// Check implements collect.Provider.
func (Provider) Check(decode func(any) error) error {
	_, err := readConfig(decode)
	return err
}

func readConfig(decode func(any) error) (Config, error) {
	var c Config
	if err := decode(&c); err != nil {
		return c, err
	}
	if c.Path == "" {
		return c, errors.New("git: path is required: name a clone")
	}
	return c, nil
}

// Open implements collect.Provider. The clone itself is opened when it is collected: that it is not there is an outcome of
// its scope. Keys that cannot be read are an error, because all signatures would look bad without them.
func (Provider) Open(_ context.Context, decode func(any) error, env collect.Env) (collect.Source, error) {
	c, err := readConfig(decode)
	if err != nil {
		return nil, err
	}
	in := func(name string) string {
		if name == "" || filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(env.Dir, name)
	}
	c.Path = in(c.Path)
	keys, err := readKeys(in(c.Keyring), in(c.AllowedSigners))
	if err != nil {
		return nil, err
	}
	account := env.Source
	if account == "" {
		account = filepath.Base(c.Path)
	}
	return &source{config: c, keys: keys, account: account}, nil
}

// Classify implements collect.Provider.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return evidence.OutcomeDenied, "PermissionDenied"
	case errors.Is(err, plumbing.ErrObjectNotFound):
		return evidence.OutcomeFailed, "ObjectNotFound"
	case errors.Is(err, plumbing.ErrReferenceNotFound):
		return evidence.OutcomeFailed, "ReferenceNotFound"
	case errors.Is(err, git.ErrRepositoryNotExists), errors.Is(err, fs.ErrNotExist):
		return evidence.OutcomeFailed, "NotFound"
	}
	return "", ""
}

// source is one clone.
type source struct {
	config  Config
	keys    keys
	account string
}

// Caller implements collect.Source.
func (s *source) Caller(context.Context, *collect.Task) (evidence.Identity, error) {
	return collect.LocalUser()
}

// Accounts implements collect.Source: the clone.
func (s *source) Accounts(context.Context, *collect.Task) ([]collect.Account, error) {
	plan := collect.ScopePlan{
		Scope:   evidence.Scope{Provider: "git", Account: s.account, Name: s.config.Path},
		Outcome: evidence.OutcomeOK,
	}
	clone, err := open(s.config.Path)
	if err != nil {
		plan.Outcome, _ = Provider{}.Classify(err)
		if plan.Outcome == "" {
			plan.Outcome = evidence.OutcomeFailed
		}
		plan.Reason = fmt.Sprintf("clone cannot be opened: %v", err)
		return []collect.Account{collect.Ready(plan)}, nil
	}
	plan.Session = &session{clone: clone, config: s.config, keys: s.keys}
	return []collect.Account{collect.Ready(plan)}, nil
}

// open opens a clone, or the main clone of a worktree.
func open(path string) (*git.Repository, error) {
	if _, err := os.ReadDir(path); err != nil {
		return nil, err
	}
	return git.PlainOpenWithOptions(path, &git.PlainOpenOptions{EnableDotGitCommonDir: true})
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
