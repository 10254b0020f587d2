// Package ingest takes in what policy tools report: SARIF, OCSF, Trivy, Checkov, Conftest, Kubernetes policy reports,
// JUnit. The reports lie in a folder, or are delivered one by one.
//
// A word that it does not know is never a pass, nor is what a report does not name. A file that it does not understand
// is refused whole. It keeps no secret that a scanner found, never follows a link out of the folder, never writes, and
// opens no connection.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// Config is the ingest section of a source. A source stands for one thing that is scanned, such as a repository: what
// one tool reports of it replaces what the same tool reported before.
type Config struct {
	// Path is a folder or a file. A relative path starts at the folder of exhibit.yaml. Without it reports are only
	// delivered.
	Path string `yaml:"path"`
	// Format is one of Formats; empty tells it from each file's content.
	Format string `yaml:"format"`
	// Match are patterns of names ("*.sarif") or, with a slash, of paths in the folder ("scans/*.json"); none means all.
	Match collect.PathPatterns `yaml:"match"`
	// Controls are the ids of controls by patterns of rules ("CKV_AWS_*"), in which * stands for any text.
	Controls map[string]string `yaml:"controls"`
}

// Delivery are reports in place of the source's path.
type Delivery struct {
	Reports []*Report
	// Caller is who delivers them.
	Caller evidence.Identity
}

// Provider is a folder of reports, or a delivery.
type Provider struct {
	Delivery *Delivery
}

// Name implements collect.Provider.
func (Provider) Name() string { return "ingest" }

// Collectors implements collect.Provider.
func (Provider) Collectors() []collect.Collector {
	return []collect.Collector{policyResult(), policyReports()}
}

// Operations implements collect.Provider.
func (Provider) Operations() []collect.Operation {
	return []collect.Operation{
		{Name: "ingest:list", Permissions: []string{"to list the folder"}},
		{Name: "ingest:read", Permissions: []string{"to read the file"}},
	}
}

// Rates implements collect.Paced: a disk needs no pacing.
func (Provider) Rates() map[string]collect.Rate {
	return map[string]collect.Rate{"": {PerSecond: 1e6, Burst: 1e6}}
}

// ReadConfig reads the section strictly and says what is wrong with it.
func ReadConfig(decode func(any) error) (Config, error) {
	var c Config
	if err := decode(&c); err != nil {
		return c, err
	}
	if c.Format != "" && !known(c.Format) {
		return c, fmt.Errorf("ingest: format %q: expected one of %s", c.Format, strings.Join(Formats(), ", "))
	}
	if c.Path == "" && len(c.Match) > 0 {
		return c, errors.New("ingest: match: there is no path whose files it could match")
	}
	if err := c.Match.Check(); err != nil {
		return c, fmt.Errorf("ingest: %w", err)
	}
	for _, rule := range slices.Sorted(maps.Keys(c.Controls)) {
		if rule == "" || c.Controls[rule] == "" {
			return c, fmt.Errorf("ingest: controls: %q: %q: expected a pattern of rules and the id of a control", rule,
				c.Controls[rule])
		}
	}
	return c, nil
}

// Check implements collect.Provider.
func (Provider) Check(decode func(any) error) error {
	_, err := ReadConfig(decode)
	return err
}

// Open implements collect.Provider. The folder is looked at when the accounts are listed.
func (p Provider) Open(_ context.Context, decode func(any) error, env collect.Env) (collect.Source, error) {
	c, err := ReadConfig(decode)
	if err != nil {
		return nil, err
	}
	if c.Path != "" && !filepath.IsAbs(c.Path) {
		c.Path = filepath.Join(env.Dir, c.Path)
	}
	return &source{config: c, name: env.Source, delivery: p.Delivery}, nil
}

// Classify implements collect.Provider.
func (Provider) Classify(err error) (evidence.Outcome, string) {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return evidence.OutcomeDenied, "PermissionDenied"
	case errors.Is(err, fs.ErrNotExist):
		return evidence.OutcomeFailed, "NotFound"
	case errors.Is(err, ErrReport):
		return evidence.OutcomeFailed, ""
	}
	return "", ""
}

// source is one configured source.
type source struct {
	config   Config
	name     string
	delivery *Delivery
}

// session is what one tool reported.
type session struct {
	config  Config
	reports []*Report
	// lost is why a file of the folder could not be read: what was in it is not known, not even of which tool it was.
	lost error
}

// Caller implements collect.Source.
func (s *source) Caller(context.Context, *collect.Task) (evidence.Identity, error) {
	if s.delivery != nil {
		return s.delivery.Caller, nil
	}
	return collect.LocalUser()
}

// Accounts implements collect.Source: one for each tool, so that the report of one does not stand for that of another.
func (s *source) Accounts(ctx context.Context, t *collect.Task) ([]collect.Account, error) {
	var reports []*Report
	var lost error
	switch {
	case s.delivery != nil:
		reports = s.delivery.Reports
	case s.config.Path == "":
		return nil, nil // what was delivered stands as it is
	default:
		var err error
		if reports, lost, err = s.folder(ctx, t); err != nil {
			return nil, err
		}
	}
	byTool := map[string]*session{}
	for _, r := range reports {
		if byTool[r.tool] == nil {
			byTool[r.tool] = &session{config: s.config, lost: lost}
		}
		byTool[r.tool].reports = append(byTool[r.tool].reports, r)
	}
	var out []collect.Account
	for _, tool := range slices.Sorted(maps.Keys(byTool)) {
		out = append(out, collect.Ready(collect.ScopePlan{
			Scope:   evidence.Scope{Provider: "ingest", Account: s.name + "/" + tool, Name: tool},
			Outcome: evidence.OutcomeOK, Session: byTool[tool],
		}))
	}
	if lost != nil && len(out) == 0 {
		return nil, lost
	}
	return out, nil
}

// Close implements collect.Source.
func (s *source) Close() error { return nil }
