package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/report"
)

func (c *command) storePruneCommand() *cobra.Command {
	var dryRun bool
	var as string
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Dispose of documents and observations that were kept for as long as retention says",
		Long: `prune disposes of what retention in exhibit.yaml no longer keeps: documents of old snapshots and observations of old
assessments. First an entry of the ledger says what goes, and then its content is erased. What stays for ever: runs,
snapshots, lists with every subject and the digest of its document, findings, and how long what failed. The newest whole
snapshot of everything stays, and the one that was in force when the kept time began.

The file keeps its length and uses the room again; exhibit store compact makes it shorter. exhibit serve prunes every week.`,
		Example: "  exhibit store prune --dry-run\n  exhibit store prune && exhibit store compact",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			mode := daemon.Write
			if dryRun {
				mode = daemon.Read
			}
			return c.withApp(cmd.Context(), mode, func(app *daemon.App) error {
				return c.prune(cmd.Context(), app, dryRun, cmp.Or(as, daemon.UserName(c.getenv)))
			})
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be disposed of")
	cmd.Flags().StringVar(&as, "as", "", "who does this (default: the operating system's user)")
	return cmd
}

func (c *command) prune(ctx context.Context, app *daemon.App, dryRun bool, who string) error {
	bar := c.progress("prune")
	res, err := app.Prune(ctx, daemon.PruneRequest{Who: who, DryRun: dryRun, Progress: bar.set})
	bar.done()
	if err != nil {
		return err
	}
	return c.print(res, func(w io.Writer) error {
		if app.Config.Retention.IsZero() {
			_, err := fmt.Fprintln(w, "everything is kept for ever: exhibit.yaml has no retention")
			return err
		}
		return pruneText(w, res, dryRun)
	})
}

func pruneText(w io.Writer, res daemon.Pruned, dryRun bool) error {
	d := res.Disposal
	tw := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	for _, s := range d.Series {
		fmt.Fprintf(tw, "%s\tkept %s\tdocuments of %d snapshots before entry %d\n",
			report.Line(s.Series), s.Keep, s.Snapshots, s.Through)
	}
	if o := d.Observations; o != nil {
		fmt.Fprintf(tw, "observations\tkept %s\tof %d assessments before entry %d\n", o.Keep, o.Assessments, o.Through)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, h := range d.Holds {
		fmt.Fprintf(w, "held by %s: %s\n", report.Line(h.Name), report.Line(h.Reason))
	}
	switch {
	case dryRun && len(d.Series) == 0 && d.Observations == nil:
		fmt.Fprintln(w, "nothing is to be disposed of")
	case dryRun:
		fmt.Fprintln(w, "nothing was disposed of: this only says what would be")
	case res.Entry == 0 && res.Erased.Objects == 0:
		fmt.Fprintln(w, "nothing is to be disposed of")
	case res.Entry == 0:
		fmt.Fprintf(w, "erased %d objects, %s, that were disposed of before\n", res.Erased.Objects, bytesText(res.Erased.Bytes))
	default:
		fmt.Fprintf(w, "disposed of by entry %d: erased %d objects, %s\n", res.Entry, res.Erased.Objects, bytesText(res.Erased.Bytes))
	}
	return nil
}
