package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"exhibit/internal/collect"
	"exhibit/internal/config"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
	"exhibit/internal/web"
)

func (c *command) serveCommand() *cobra.Command {
	var listen, format string
	var unit bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run unattended: collect on schedule, report drift, answer other commands, show the report on this machine",
		Long: `serve opens the store and keeps it. It collects each source on its schedule, judges, tells owners what changed, and
catches up on what was missed while it was down. Other exhibit commands of the same user run inside this process, through
the socket beside the store. The report of the last 90 days is at the address printed, for this machine alone.

SIGHUP, and a change of the configuration's file, make it be read again: it takes effect whole, or is refused whole and
everything stays as it was. SIGTERM and Ctrl-C end what is under way in order, within the grace that is configured. What
was done, and by whom, is in the ledger: exhibit actions.`,
		Example: "  exhibit serve\n  exhibit serve --log-format json\n  exhibit serve --unit > /etc/systemd/system/exhibit.service",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.held != nil {
				return errors.New("serve: this store is served already")
			}
			if unit {
				return c.printUnit()
			}
			log, err := c.logger(format)
			if err != nil {
				return err
			}
			if listen != "" && !web.Loopback(listen) {
				return usage(fmt.Errorf("listen %s: only loopback addresses; the page asks for no password", listen))
			}
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				return c.serve(cmd.Context(), app, c.configFile(), listen, log)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "address of the page (default: the configuration's, else a free port of 127.0.0.1)")
	cmd.Flags().StringVar(&format, "log-format", "text", "how the log on standard error is written: text or json")
	cmd.Flags().BoolVar(&unit, "unit", false, "print a systemd unit for this store and configuration, and end")
	return cmd
}

// logger writes to standard error.
func (c *command) logger(format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(c.stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(c.stderr, nil)), nil
	}
	return nil, usage(fmt.Errorf("log format %q: expected text or json", format))
}

// serve runs until ctx ends.
func (c *command) serve(ctx context.Context, app *daemon.App, file, listen string, log *slog.Logger) error {
	pace := 1.0
	if err := paced(&pace, false); err != nil {
		return usage(err)
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	override := func(cfg *config.Config) *config.Config {
		if listen != "" {
			cfg.Serve.Listen = listen
		}
		return cfg
	}
	override(app.Config)
	err := daemon.Serve(ctx, daemon.ServeOptions{
		App: app, Who: daemon.UserName(c.getenv), Log: log, Limits: collect.Limits{Pace: pace}, Hangups: hangups, File: file,
		Load: func() (*config.Config, error) {
			cfg, err := c.configurationIn(file)
			if err != nil {
				return nil, err
			}
			return override(cfg), nil
		},
		Commands: c.heldHandler,
		Page: func(app *daemon.App) web.Page {
			return web.Page{Policy: report.ContentSecurityPolicy(), Render: func(b *bytes.Buffer) error {
				return c.renderReport(app, b)
			}}
		},
		Listening: func(what, address string) { fmt.Fprintf(c.stdout, "%-8s http://%s/\n", what, address) },
		Ready: func() {
			fmt.Fprintf(c.stdout, "commands %s\nCtrl-C ends\n", daemon.SocketPath(app.Config.Store))
		},
	})
	if errors.Is(err, daemon.ErrConfig) {
		return usage(err)
	}
	return err
}

// heldHandler runs the commands of other processes here.
func (c *command) heldHandler(service *daemon.Service, app *daemon.App) daemon.Handler {
	return func(ctx context.Context, cmd daemon.Command, stdout, stderr io.Writer) int {
		w := c.world
		w.stdout, w.stderr, w.dir, w.terminal = stdout, stderr, cmd.Dir, false
		w.held, w.service, w.input = app, service, cmd.Input
		return run(ctx, cmd.Args, w)
	}
}

func (c *command) renderReport(app *daemon.App, b *bytes.Buffer) error {
	return app.Store.View(func(v *store.View) error {
		now := c.clock()
		posture, err := app.Posture(v, now, evidence.Window{From: now.AddDate(0, 0, -90), To: now})
		if err != nil {
			return err
		}
		return report.HTML(b, posture)
	})
}
