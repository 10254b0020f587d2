package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/report"
)

func (c *command) reassessCommand() *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "reassess",
		Short: "Judge stored evidence by today's controls: every verdict that would change",
		Long: `reassess takes the evidence of the newest assessment (or of the one at a date) and judges it again by the controls that
are configured now, as of the same time. It prints every verdict that would differ, and keeps nothing. Run it before
controls are changed: a fall that an upgrade of checks causes is then known as one.`,
		Example: "  exhibit reassess\n  exhibit reassess --at 2026-03-31",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				t, err := c.parseTime(at, true)
				if err != nil {
					return err
				}
				res, err := app.Reassess(cmd.Context(), app.Catalog, t)
				if err != nil {
					return orNothing(err)
				}
				return c.print(res, func(w io.Writer) error {
					fmt.Fprintf(w, "Evidence as of %s, catalog %s then, %s now: %d verdicts stay, %d change\n",
						minute(res.AsOf), res.Before.Short(), res.After.Short(), res.Same, len(res.Changes))
					if len(res.Changes) == 0 {
						return nil
					}
					return report.Changes(w, res.Changes, c.textOptions())
				})
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "the evidence of this time: 2026-03-31, 7d (ago)")
	return cmd
}
