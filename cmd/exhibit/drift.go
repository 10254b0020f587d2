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
	var since, until, cause, owner, output string
	var all, mail bool
	cmd := &cobra.Command{
		Use:   "drift",
		Short: "Show what changed, by cause: the thing itself, a check, a mapping, scope, a permission, a collector",
		Long: `drift compares what was known at two times and tells what changed, each change with its cause: a check that was
upgraded, a mapping, a scope or a permission is never shown as if the thing itself had changed.

With --mail it shows the report that owners get: what newly fails, since when and by whom as far as that is known, by
when to fix it and how; what is overdue, fixed, judged differently or can no longer be seen; what is about to end.
Without --owner it is the one about everybody's things. Written to a file that ends in .html or .eml, it is the mail with its
pictures. Nothing is sent, and no report tells less for it.`,
		Example: "  exhibit drift --since 7d\n  exhibit drift --since 2026-03-01 --until 2026-03-31 --cause subject\n" +
			"  exhibit drift --mail --owner payments --since 7d\n  exhibit drift --mail -o report.html",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, to, err := c.parsePeriod(since, until)
			if err != nil {
				return err
			}
			if err := mailFlags(mail, output, cause); err != nil {
				return err
			}
			return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
				if mail {
					return c.driftMail(app, v, evidence.Window{From: from, To: to}, owner, output)
				}
				changes, err := app.Drift(v, from, to)
				if err != nil {
					return err
				}
				owned, err := ownedBy(app, v, owner)
				if err != nil {
					return err
				}
				kept := []evidence.Change{}
				for _, ch := range changes {
					if (cause == "" || string(ch.Cause) == cause) && owned.has(ch.Control, ch.Scope, ch.Type, ch.Subject) {
						kept = append(kept, ch)
					}
				}
				if err := owned.err(); err != nil {
					return err
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
	cmd.Flags().BoolVar(&mail, "mail", false, "show the report that is sent by mail")
	cmd.Flags().StringVarP(&output, "output", "o", "", "with --mail: write to this file, ending in .txt, .html or .eml")
	cmd.Flags().StringVar(&owner, "owner", "", "only what this person or team owns")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out of long lists")
	return cmd
}
