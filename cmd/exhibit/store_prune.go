package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/report"
)

func (c *command) storePruneCommand() *cobra.Command {
	var dryRun, keepLength bool
	var as string
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Dispose of documents and observations that were kept for as long as retention says",
		Long: `prune disposes of what retention in exhibit.yaml no longer keeps: documents of old snapshots and observations of old
assessments. First an entry of the ledger says what goes, and then its content is erased. What stays for ever: runs,
snapshots, lists with every subject and the digest of its document, findings, and how long what failed. The newest whole
snapshot of everything stays, and the one that was in force when the kept time began.

What many small runs left behind is joined, which takes less room. When anything was erased or joined, the file is then made
shorter, as exhibit store compact does it. While exhibit serve holds the
store, the file keeps its length and its room is used again. exhibit serve prunes every week.`,
		Example: "  exhibit store prune --dry-run\n  exhibit store prune",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			mode := daemon.Write
			if dryRun {
				mode = daemon.Read
			}
			p := pruning{dryRun: dryRun}
			err := c.withApp(cmd.Context(), mode, func(app *daemon.App) (err error) {
				bar := c.progress("prune")
				p.forever = app.Config.Retention.IsZero()
				p.Pruned, err = app.Prune(cmd.Context(), daemon.PruneRequest{Who: cmp.Or(as, daemon.UserName(c.getenv)),
					DryRun: dryRun, Progress: bar.set})
				bar.done()
				if err == nil && c.held != nil {
					err = c.print(p, p.text)
				}
				return err
			})
			if err != nil || c.held != nil {
				return err
			}
			if p.Erased.Objects+p.Packed.Segments > 0 && !keepLength {
				cfg, err := c.configuration()
				if err != nil {
					return err
				}
				before, after, err := daemon.Compact(cmd.Context(), cfg)
				if err != nil {
					return errors.Join(c.print(p, p.text), err)
				}
				p.Compacted = &compacted{before, after}
			}
			return c.print(p, p.text)
		},
	}
	cmd.Flags().BoolVar(&keepLength, "keep-length", false, "do not make the file shorter")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be disposed of")
	cmd.Flags().StringVar(&as, "as", "", "who does this (default: the operating system's user)")
	return cmd
}

// pruning is what a pruning did, or would do.
type pruning struct {
	daemon.Pruned
	// Compacted is how large the file was and is; nil when it was left as it is.
	Compacted *compacted `json:"compacted,omitempty"`

	dryRun, forever bool
}

func (p pruning) text(w io.Writer) error {
	if p.forever {
		fmt.Fprintln(w, "everything is kept for ever: exhibit.yaml has no retention")
		return p.room(w)
	}
	d := p.Disposal
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
	case p.dryRun && len(d.Series) == 0 && d.Observations == nil:
		fmt.Fprintln(w, "nothing is to be disposed of")
	case p.dryRun:
		fmt.Fprintln(w, "nothing was disposed of: this only says what would be")
	case p.Entry == 0 && p.Erased.Objects == 0:
		fmt.Fprintln(w, "nothing is to be disposed of")
	case p.Entry == 0:
		fmt.Fprintf(w, "erased %d objects, %s, that were disposed of before\n", p.Erased.Objects, bytesText(p.Erased.Bytes))
	default:
		fmt.Fprintf(w, "disposed of by entry %d: erased %d objects, %s\n", p.Entry, p.Erased.Objects, bytesText(p.Erased.Bytes))
	}
	return p.room(w)
}

// room writes what came of the file.
func (p pruning) room(w io.Writer) error {
	if n := p.Packed.Segments; n > 0 {
		fmt.Fprintf(w, "joined what %d small writes left, which saves %s\n", n, bytesText(p.Packed.Bytes))
	}
	switch {
	case p.Compacted != nil:
		return p.Compacted.text(w)
	case p.Erased.Objects+p.Packed.Segments > 0:
		fmt.Fprintln(w, "the file keeps its length, and the room is used again: exhibit store compact makes it shorter")
	}
	return nil
}
