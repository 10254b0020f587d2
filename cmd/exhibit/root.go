package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"exhibit/internal/build"
	"exhibit/internal/config"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

// world is what a command may touch of the outside.
type world struct {
	stdin          io.Reader
	input          [][]byte // what was read of the files that the command line names, in their order
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	dir            string          // working directory
	terminal       bool            // stderr is one, so that progress may be drawn
	held           *daemon.App     // the open store, when the command runs inside the process that holds it
	service        *daemon.Service // that process's daemon
}

// system is the real world.
func system() world {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return world{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now, dir: dir,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// flags are those that every command has.
type flags struct {
	config string
	store  string
	json   bool
	quiet  bool
}

// command is one run of the program.
type command struct {
	world
	flags
	args []string // as given, for the process that holds the store
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, w world) int {
	c := &command{world: w, args: args}
	root := c.root()
	root.SetArgs(args)
	return exitCode(root.ExecuteContext(ctx), w.stderr)
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "exhibit",
		Short: "Compliance evidence that can be verified",
		Long: `exhibit snapshots cloud configuration, identities, logs settings and pipeline approvals, keeps them so that nothing
can be altered unseen, judges them against controls, and exports what an auditor can verify offline.

Exit codes: 0 done, 1 a problem was found or the command failed, 2 wrong usage or a wrong file, 3 done but incomplete.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       build.Version(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("unknown command %q\nRun 'exhibit --help' for the list", args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w\nRun '%s --help' for usage", err, cmd.CommandPath()))
	})
	f := root.PersistentFlags()
	f.StringVarP(&c.config, "config", "c", "", "configuration file (default ./exhibit.yaml, when there is one)")
	f.StringVar(&c.store, "store", "", "evidence store (default: the configuration's, else ./evidence.db)")
	f.BoolVar(&c.json, "json", false, "print JSON")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "draw no progress")
	root.AddCommand(
		c.initCommand(), c.collectCommand(), c.ingestCommand(), c.statusCommand(), c.findingsCommand(), c.showCommand(), c.driftCommand(),
		c.exposureCommand(), c.metricsCommand(), c.trendCommand(), c.ownersCommand(), c.gateCommand(), c.decisionsCommand(),
		c.accessReviewCommand(), c.changesCommand(), c.sampleCommand(), c.reassessCommand(), c.bundleCommand(),
		c.verifyCommand(), c.controlsCommand(), c.permissionsCommand(), c.storeCommand(), c.serveCommand(), c.demoCommand(),
		c.runsCommand(), c.jobsCommand(), c.outboxCommand(), c.reloadCommand(), c.actionsCommand(),
		c.acceptCommand(), c.attestCommand(),
	)
	return root
}

// exactly demands n arguments.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage(fmt.Errorf("%s takes %d, not %d\nUsage: %s", cmd.CommandPath(), n, len(args), cmd.UseLine()))
		}
		return nil
	}
}

// path makes a path that the user gave absolute, from where the user stands.
func (c *command) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// configFile is the configuration's file, whether it is there or not.
func (c *command) configFile() string {
	if c.config != "" {
		return c.path(c.config)
	}
	return c.path(config.FileName)
}

// configuration reads the file that was named, or ./exhibit.yaml, or nothing.
func (c *command) configuration() (*config.Config, error) { return c.configurationIn(c.configFile()) }

func (c *command) configurationIn(file string) (*config.Config, error) {
	cfg := config.Default(c.dir)
	if _, err := os.Stat(file); c.config != "" || !errors.Is(err, os.ErrNotExist) {
		if cfg, err = config.Load(file, daemon.ProviderNames()); err != nil {
			return nil, usage(err)
		}
	}
	if c.store != "" {
		cfg.SetStore(c.path(c.store))
	}
	return cfg, nil
}

// withApp opens the store and runs f. When another process holds the store, the whole command runs there instead.
func (c *command) withApp(ctx context.Context, mode daemon.Mode, f func(*daemon.App) error) error {
	if c.held != nil {
		return f(c.held)
	}
	cfg, err := c.configuration()
	if err != nil {
		return err
	}
	app, err := daemon.Open(daemon.Options{Config: cfg, Mode: mode, Now: c.now, Getenv: c.getenv})
	if errors.Is(err, store.ErrLocked) {
		code, ferr := daemon.Forward(ctx, daemon.SocketPath(cfg.Store),
			daemon.Command{Args: c.args, Dir: c.dir, Input: c.input}, c.stdout, c.stderr)
		if ferr != nil {
			return fmt.Errorf("%w; it answers no commands: %w", err, ferr)
		}
		return silent(code)
	}
	if errors.Is(err, daemon.ErrConfig) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	return errors.Join(f(app), app.Close())
}

// print writes v as JSON when asked to, else what text writes.
func (c *command) print(v any, text func(io.Writer) error) error {
	if !c.json {
		return text(c.stdout)
	}
	enc := json.NewEncoder(c.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// parseTime reads a time that the user gave: RFC 3339, a date (its start, or its end when end is set), "7d" (that long
// before now), "now".
func (c *command) parseTime(s string, end bool) (time.Time, error) {
	now := c.clock()
	if s == "" || s == "now" {
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		if end {
			t = t.AddDate(0, 0, 1).Add(-time.Millisecond)
		}
		return t, nil
	}
	if d, err := evidence.ParseDuration(s); err == nil {
		return now.Add(-time.Duration(d)), nil
	}
	return time.Time{}, usage(fmt.Errorf("time %q: expected 2026-01-31, 2026-01-31T12:00:00Z or 7d", s))
}

func (c *command) clock() time.Time { return c.now().UTC().Truncate(time.Millisecond) }
