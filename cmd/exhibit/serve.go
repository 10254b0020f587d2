package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
	"exhibit/internal/web"
)

func (c *command) serveCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Hold the store, answer other commands over its socket, and show the report on this machine",
		Long: `serve opens the store and keeps it. Other exhibit commands of the same user then run inside this process, through the
socket beside the store. The report of the last 90 days is at the address printed, for this machine alone.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !web.Loopback(listen) {
				return usage(fmt.Errorf("listen %s: only loopback addresses; the page asks for no password", listen))
			}
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				return c.serve(cmd.Context(), app, listen)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address of the page; port 0 picks a free one")
	return cmd
}

// serve runs until ctx ends.
func (c *command) serve(ctx context.Context, app *daemon.App, listen string) error {
	if c.held != nil {
		return errors.New("serve: this store is served already")
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("serve the report: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := web.Server(web.Handler(web.Page{Policy: report.ContentSecurityPolicy(), Render: func(b *bytes.Buffer) error {
		return c.renderReport(app, b)
	}}))
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(l) }()
	go func() {
		ended <- daemon.ServeSocket(ctx, daemon.SocketPath(app.Config.Store), c.heldHandler(app))
	}()
	fmt.Fprintf(c.stdout, "report   http://%s/\ncommands %s\nCtrl-C ends\n", l.Addr(), daemon.SocketPath(app.Config.Store))
	var first error
	select {
	case <-ctx.Done():
	case first = <-ended:
	}
	cancel()
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := server.Shutdown(grace); err != nil && first == nil {
		first = fmt.Errorf("end the server: %w", err)
	}
	if second := <-ended; first == nil {
		first = second
	}
	if errors.Is(first, http.ErrServerClosed) {
		first = nil
	}
	return first
}

// heldHandler runs the commands of other processes here.
func (c *command) heldHandler(app *daemon.App) daemon.Handler {
	return func(ctx context.Context, cmd daemon.Command, stdout, stderr io.Writer) int {
		w := c.world
		w.stdout, w.stderr, w.dir, w.held, w.terminal = stdout, stderr, cmd.Dir, app, false
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
