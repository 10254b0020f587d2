package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/store"
)

func (c *command) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Check, back up, prune and compact the evidence store",
		Args:  exactly(0),
		RunE:  helpOnly,
	}
	cmd.AddCommand(c.storeCheckCommand(), c.storeBackupCommand(), c.storeCompactCommand(), c.storePruneCommand())
	return cmd
}

// helpOnly is what a command that only has subcommands does: say so, and fail.
func helpOnly(cmd *cobra.Command, _ []string) error {
	return usage(fmt.Errorf("%s needs a subcommand\n\n%s", cmd.CommandPath(), cmd.UsageString()))
}

func (c *command) storeCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Verify everything in the store, from each object to the signed checkpoint",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				return c.checkStore(cmd.Context(), app)
			})
		},
	}
}

func (c *command) checkStore(ctx context.Context, app *daemon.App) error {
	bar := c.progress("check")
	report, err := app.Store.Check(ctx, bar.set)
	bar.done()
	if err != nil {
		return err
	}
	err = c.print(report, func(w io.Writer) error {
		return checkText(w, report)
	})
	if err == nil && len(report.Problems) > 0 {
		return silent(exitProblem)
	}
	return err
}

func checkText(w io.Writer, r store.Report) error {
	for _, p := range r.Problems {
		fmt.Fprintf(w, "%s: %s\n", p.Where, p.Reason)
	}
	disposed := ""
	if r.Disposed > 0 {
		disposed = fmt.Sprintf(" (%d of them disposed of)", r.Disposed)
	}
	_, err := fmt.Fprintf(w, "%d entries, %d objects%s, %d lists with %d items, %d states: %s\n",
		r.Entries, r.Objects, disposed, r.Lists, r.Items, r.States, problems(len(r.Problems)))
	return err
}

func problems(n int) string {
	switch n {
	case 0:
		return "all good"
	case 1:
		return "1 problem"
	}
	return fmt.Sprintf("%d problems", n)
}

func (c *command) storeBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of the store, while it is in use",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				path := c.path(args[0])
				n, err := writeNew(path, app.Store.Backup)
				if err != nil {
					return fmt.Errorf("back up %s: %w", app.Config.Store, err)
				}
				return c.print(map[string]any{"file": path, "bytes": n}, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "wrote %s, %s; the key is not in it: back it up apart\n", args[0], bytesText(n))
					return err
				})
			})
		},
	}
}

func (c *command) storeCompactCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Rewrite the store without free pages and staged leftovers",
		Long: `compact rewrites the store into a new file beside it, checks the copy, and puts it in place of the old one in one step.
Nothing that was committed is dropped. The process that holds the store must be stopped first.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.configuration()
			if err != nil {
				return err
			}
			if c.held != nil {
				return errors.New("compact: this process holds the store; stop it first")
			}
			before, after, err := daemon.Compact(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			done := compacted{before, after}
			return c.print(done, done.text)
		},
	}
}

// compacted is how large a store was and is.
type compacted struct {
	Before store.Stats `json:"before"`
	After  store.Stats `json:"after"`
}

func (s compacted) text(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s became %s\n", bytesText(s.Before.FileBytes), bytesText(s.After.FileBytes))
	return err
}

// writeNew writes a file that must not exist, through to the disk; a file that could not be finished is taken away.
func writeNew(path string, write func(io.Writer) (int64, error)) (int64, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := write(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return n, errors.Join(err, os.Remove(path))
	}
	return n, nil
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
