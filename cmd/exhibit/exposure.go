package main

import (
	"io"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) exposureCommand() *cobra.Command {
	var from, to, check, owner string
	var all bool
	cmd := &cobra.Command{
		Use:   "exposure",
		Short: "Show how long what was failing, with the uncertainty at both ends",
		Long: `exposure lists the intervals in which a check on a subject failed within the period. Looking now and then cannot tell
when exactly something opened or closed: "least" is the time between the first and the last failing look, "most" that
between the looks around them at which it was good.

Where an access log is collected (CloudTrail's events) and tells of the change, the bounds are those of the event, with who
made it, from where, and what looking alone would have told. Of several changes that may have been it, all are named. Nothing
is said where the log has a gap, or before its events have settled.`,
		Example: "  exhibit exposure --from 2026-01-01 --to 2026-03-31",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			start, end, err := c.parsePeriod(from, to)
			if err != nil {
				return err
			}
			return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
				exposures, err := app.Exposures(v, evidence.Window{From: start, To: end}, end)
				if err != nil {
					return err
				}
				owned, err := ownedBy(app, v, owner)
				if err != nil {
					return err
				}
				kept := []evidence.Exposure{}
				for _, e := range exposures {
					if (check == "" || e.Check == check) && owned.has(e.Control, e.Scope, e.Type, e.Subject) {
						kept = append(kept, e)
					}
				}
				if err := owned.err(); err != nil {
					return err
				}
				return c.print(kept, func(w io.Writer) error {
					return report.Exposures(w, kept, c.listOptions(all))
				})
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "90d", "start of the period: 2026-01-01, 90d (ago)")
	cmd.Flags().StringVar(&to, "to", "", "end of the period (default now)")
	cmd.Flags().StringVar(&check, "check", "", "only this check")
	cmd.Flags().StringVar(&owner, "owner", "", "only what this person or team owns")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}
