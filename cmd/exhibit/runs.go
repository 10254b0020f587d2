package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/store"
)

func (c *command) runsCommand() *cobra.Command {
	var since, until string
	cmd := &cobra.Command{
		Use:     "runs",
		Short:   "List the collections of a period with how they ended, failed ones too",
		Example: "  exhibit runs\n  exhibit runs --since 30d --json",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, to, err := c.parsePeriod(since, until)
			if err != nil {
				return err
			}
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				return app.Store.View(func(v *store.View) error {
					runs, err := within(v, evidence.KindRun, from, to, func(r evidence.Run) time.Time { return r.Window.From })
					if err != nil {
						return err
					}
					return c.print(runs, func(w io.Writer) error { return runsText(w, runs) })
				})
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "7d", "from this time: 7d (ago), 2026-03-01, 2026-03-01T12:00:00Z")
	cmd.Flags().StringVar(&until, "until", "", "to this time (default now)")
	return cmd
}

// within returns the bodies of a kind whose time is in the period, newest first.
func within[T any](v *store.View, kind evidence.Kind, from, to time.Time, at func(T) time.Time) ([]T, error) {
	all, err := daemon.Bodies[T](v, v.Size(), kind)
	if err != nil {
		return nil, err
	}
	kept := []T{}
	for _, one := range slices.Backward(all) {
		if t := at(one); !t.Before(from) && !t.After(to) {
			kept = append(kept, one)
		}
	}
	return kept, nil
}

func runsText(w io.Writer, runs []evidence.Run) error {
	if len(runs) == 0 {
		_, err := fmt.Fprintln(w, "no runs in the period")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "STARTED\tTOOK\tTRIGGER\tOUTCOME\tSCOPES\tSOURCES\tERROR")
	for _, r := range runs {
		var sources []string
		seen := 0
		for _, s := range r.Scopes {
			if !slices.Contains(sources, s.Source) {
				sources = append(sources, s.Source)
			}
			if s.Outcome.Seen() {
				seen++
			}
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%d of %d\t%s\t%s\n", r.Window.From.Format(time.RFC3339),
			r.Window.To.Sub(r.Window.From).Round(time.Second), r.Trigger, r.Outcome, seen, len(r.Scopes),
			strings.Join(sources, ", "), r.Error)
	}
	return tw.Flush()
}
