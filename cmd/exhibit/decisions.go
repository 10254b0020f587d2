package main

import (
	"io"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) decisionsCommand() *cobra.Command {
	var since, until string
	var overridden, all bool
	cmd := &cobra.Command{
		Use:   "decisions",
		Short: "List what gates decided for pipelines, and who overrode them",
		Long: `decisions lists what exhibit gate decided, the newest first, from the ledger, where nobody can alter it unseen: the
outcome, the pipeline that asked and the override, if there was one. --json has every reason.`,
		Example: "  exhibit decisions\n  exhibit decisions --overridden --since 90d",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, to, err := c.parsePeriod(since, until)
			if err != nil {
				return err
			}
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				return app.Store.View(func(v *store.View) error {
					list, err := within(v, evidence.KindDecision, from, to, func(d evidence.Decision) time.Time { return d.At })
					if err != nil {
						return err
					}
					kept := []evidence.Decision{}
					for _, d := range list {
						if !overridden || d.Override != nil {
							kept = append(kept, d)
						}
					}
					return c.print(kept, func(w io.Writer) error { return report.Decisions(w, kept, c.listOptions(all)) })
				})
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "30d", "from this time: 30d (ago), 2026-03-01, 2026-03-01T12:00:00Z")
	cmd.Flags().StringVar(&until, "until", "", "to this time (default now)")
	cmd.Flags().BoolVar(&overridden, "overridden", false, "only those that were overridden")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}
