package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
)

func (c *command) actionsCommand() *cobra.Command {
	var p period
	cmd := &cobra.Command{
		Use:   "actions",
		Short: "List who did what with the program: starts, stops, new configurations, exports, refused deliveries",
		Long: `actions lists what people and pipelines did with the program, from the ledger, where nobody can alter it unseen. What
leaves an entry of its own is not here: collections are in runs, what gates decided in decisions.`,
		Example: "  exhibit actions\n  exhibit actions --since 30d --json",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return list(cmd.Context(), c, p, entries[evidence.Action]{kind: evidence.KindAction, text: actionsText,
				at: func(a evidence.Action) time.Time { return a.At }})
		},
	}
	p.flags(cmd, "7d")
	return cmd
}

func actionsText(w io.Writer, actions []evidence.Action) error {
	if len(actions) == 0 {
		_, err := fmt.Fprintln(w, "no actions in the period")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "AT\tWHO\tWHAT\tDETAIL\tERROR")
	for _, a := range actions {
		detail := ""
		for _, name := range slices.Sorted(maps.Keys(a.Detail)) {
			detail += name + "=" + report.Line(a.Detail[name]) + " "
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", a.At.Format(time.RFC3339), report.Line(a.Who), a.What, detail,
			report.Line(a.Error))
	}
	return tw.Flush()
}

// recording is how a command opens the store whose use is recorded: for writing, where the key is at hand, and else for
// reading, so that who may only read can use it too, unrecorded.
func (c *command) recording() daemon.Mode {
	if cfg, err := c.configuration(); err == nil {
		if f, err := os.Open(cfg.Key); err == nil {
			f.Close()
			return daemon.Write
		}
	}
	return daemon.Read
}

// record keeps that the user did something, where the store is open for writing.
func (c *command) record(app *daemon.App, what string, detail ...string) error {
	if !app.Writable() {
		return nil
	}
	return app.Act(daemon.UserName(c.getenv), what, nil, detail...)
}
