package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) statusCommand() *cobra.Command {
	var at, framework string
	var all bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show the posture by control or by a framework's requirements, now or at a date",
		Example: "  exhibit status\n  exhibit status --at 2026-03-31 --framework soc2",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := c.parseTime(at, true)
			if err != nil {
				return err
			}
			return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
				posture, err := app.Posture(v, t, evidence.Window{}, nonEmpty(framework)...)
				if err != nil {
					return err
				}
				return c.print(posture, func(w io.Writer) error {
					o := c.listOptions(all)
					if framework == "" {
						return report.Text(w, posture, o)
					}
					if len(posture.Frameworks) == 0 {
						return usage(fmt.Errorf("framework %q is in no mapping; exhibit controls list shows what there is", framework))
					}
					return report.Requirements(w, posture.Frameworks[0], o)
				})
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "as of this time: 2026-03-31, 2026-03-31T12:00:00Z, 7d (ago)")
	cmd.Flags().StringVarP(&framework, "framework", "f", "", "by this framework's requirements: soc2, iso27001, cis-aws@5.0")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out of long lists")
	return cmd
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
