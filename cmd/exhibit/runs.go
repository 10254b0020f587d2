package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/evidence"
	"exhibit/internal/report"
)

func (c *command) runsCommand() *cobra.Command {
	var p period
	cmd := &cobra.Command{
		Use:     "runs",
		Short:   "List the collections of a period with how they ended, failed ones too",
		Example: "  exhibit runs\n  exhibit runs --since 30d --json",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return list(cmd.Context(), c, p, entries[evidence.Run]{kind: evidence.KindRun, text: runsText,
				at: func(r evidence.Run) time.Time { return r.Window.From }})
		},
	}
	p.flags(cmd, "7d")
	return cmd
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
			strings.Join(sources, ", "), report.Line(r.Error))
	}
	return tw.Flush()
}
