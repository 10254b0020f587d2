package main

import (
	"io"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) driftCommand() *cobra.Command {
	var since, until, cause string
	var all bool
	cmd := &cobra.Command{
		Use:     "drift",
		Short:   "Show what changed, by cause: the thing itself, a check, a mapping, scope, a permission, a collector",
		Example: "  exhibit drift --since 7d\n  exhibit drift --since 2026-03-01 --until 2026-03-31 --cause subject",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, to, err := c.parsePeriod(since, until)
			if err != nil {
				return err
			}
			return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
				changes, err := app.Drift(v, from, to)
				if err != nil {
					return err
				}
				kept := []evidence.Change{}
				for _, ch := range changes {
					if cause == "" || string(ch.Cause) == cause {
						kept = append(kept, ch)
					}
				}
				return c.print(kept, func(w io.Writer) error {
					return report.Changes(w, kept, c.listOptions(all))
				})
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "7d", "from this time: 7d (ago), 2026-03-01, 2026-03-01T12:00:00Z")
	cmd.Flags().StringVar(&until, "until", "", "to this time (default now)")
	cmd.Flags().StringVar(&cause, "cause", "", "only by this cause: subject, rule, mapping, scope, permission, collector")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out of long lists")
	return cmd
}
