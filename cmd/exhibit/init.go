package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"exhibit/internal/config"
	"exhibit/internal/daemon"
)

func (c *command) initCommand() *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Find credentials, write exhibit.yaml and create the store with its key",
		Long: `init looks for credentials where the providers' own tools look (it reads none of them), writes a first exhibit.yaml,
and creates the evidence store with the key that signs its checkpoints. A file that exists is kept. Nothing else in
exhibit ever creates a store.

Keep the key apart from the store when you can, and the printed verifier line where an auditor finds it.`,
		Args: exactly(0),
		RunE: func(*cobra.Command, []string) error { return c.init(key) },
	}
	cmd.Flags().StringVar(&key, "key", "", "use this key file instead of creating one")
	return cmd
}

// initResult is what init prints with --json.
type initResult struct {
	Config      string         `json:"config"`
	Wrote       bool           `json:"wrote_config"`
	Credentials []config.Found `json:"credentials"`
	daemon.Created
}

func (c *command) init(key string) error {
	res := initResult{Config: c.path(c.config), Credentials: config.FindCredentials(c.getenv)}
	if res.Config == "" {
		res.Config = c.path(config.FileName)
	}
	if _, err := os.Stat(res.Config); errors.Is(err, os.ErrNotExist) {
		text := config.Template(res.Credentials, c.getenv)
		if err := os.WriteFile(res.Config, []byte(text), 0o644); err != nil {
			return fmt.Errorf("write a first configuration: %w", err)
		}
		res.Wrote = true
	}
	c.config = res.Config
	cfg, err := c.configuration()
	if err != nil {
		return err
	}
	if key != "" {
		cfg.Key = c.path(key)
	}
	res.Created, err = daemon.Create(cfg, c.clock(), false)
	if err != nil {
		return err
	}
	return c.print(res, func(w io.Writer) error {
		for _, f := range res.Credentials {
			fmt.Fprintf(w, "found      %-7s %s\n", f.Provider, f.Where)
		}
		verb := "kept"
		if res.Wrote {
			verb = "wrote"
		}
		fmt.Fprintf(w, "%-10s %s\n", verb, res.Config)
		fmt.Fprintf(w, "created    %s\n", res.Store)
		verb = "uses"
		if res.KeyCreated {
			verb = "created"
		}
		fmt.Fprintf(w, "%-10s %s (mode 0600; it signs checkpoints and makes redactions comparable: keep it secret, back it up)\n", verb, res.Key)
		fmt.Fprintf(w, "verifier   %s\n\nNext: look at %s, then run exhibit collect\n", res.Verifier, filepath.Base(res.Config))
		return nil
	})
}
