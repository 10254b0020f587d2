package main

import (
	"io"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/evidence"
	"exhibit/internal/report"
)

func (c *command) decisionsCommand() *cobra.Command {
	var p period
	var overridden, all bool
	cmd := &cobra.Command{
		Use:   "decisions",
		Short: "List what gates decided for pipelines, and who overrode them",
		Long: `decisions lists what exhibit gate decided, the newest first, from the ledger, where nobody can alter it unseen: the
outcome, the pipeline that asked and the override, if there was one. --json has every reason.`,
		Example: "  exhibit decisions\n  exhibit decisions --overridden --since 90d",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return list(cmd.Context(), c, p, entries[evidence.Decision]{
				kind: evidence.KindDecision, at: func(d evidence.Decision) time.Time { return d.At },
				keep: func(d evidence.Decision) bool { return !overridden || d.Override != nil },
				text: func(w io.Writer, kept []evidence.Decision) error {
					return report.Decisions(w, kept, c.listOptions(all))
				},
			})
		},
	}
	p.flags(cmd, "30d")
	cmd.Flags().BoolVar(&overridden, "overridden", false, "only those that were overridden")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}
