package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"exhibit/internal/config"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) accessReviewCommand() *cobra.Command {
	var at, source, out string
	var all bool
	cmd := &cobra.Command{
		Use:   "access-review",
		Short: "List who can get into which AWS account and GitHub organisation, how, and with what power: the population of an access review",
		Long: `access-review lists every identity that people, other accounts or holders of tokens can act as: how it is entered, whether
a second factor is asked for, its groups and policies, whether it administers the account by whatever path or can make
itself an administrator, and when it was last used. Where IAM Identity Center was collected, everybody who has a permission
set is a row of his own in each account where he has it, with the groups through which he has it. What the service control
policies above an account take away is taken away where they were collected, and each account says whether they were. It
reads what was collected, never the account itself.

What could not be seen is said at the top and "unknown" in its place, and the exit code is 3. With -o the population is
written as CSV and committed to the ledger as an entry of its own, so that what the reviewer was given can be proven.
The same evidence gives the same bytes.`,
		Example: "  exhibit access-review\n  exhibit access-review --at 2026-03-31 -o access-q1.csv",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := c.parseTime(at, true)
			if err != nil {
				return err
			}
			mode := daemon.Read
			if out != "" {
				mode = daemon.Write
			}
			return c.withApp(cmd.Context(), mode, func(app *daemon.App) error {
				if source != "" && !slices.ContainsFunc(app.Config.Sources, func(s config.Source) bool { return s.Name == source }) {
					return usage(fmt.Errorf("there is no source %q in the configuration", source))
				}
				var review evidence.AccessReview
				err := orNothing(app.Store.View(func(v *store.View) (err error) {
					review, err = app.AccessReview(v, t, source)
					return err
				}))
				if err != nil {
					return err
				}
				return c.giveAccessReview(cmd.Context(), app, review, out, all)
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "as of this time: 2026-03-31, 2026-03-31T12:00:00Z, 7d (ago)")
	cmd.Flags().StringVar(&source, "source", "", "only this source of the configuration")
	cmd.Flags().StringVarP(&out, "output", "o", "", "CSV file to write, which must not exist; the review is recorded as evidence")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}

// giveAccessReview prints the review, or writes and records it.
func (c *command) giveAccessReview(ctx context.Context, app *daemon.App, r evidence.AccessReview, out string, all bool) error {
	err := ctx.Err()
	if err == nil && out != "" {
		_, err = writeNew(c.path(out), func(w io.Writer) (int64, error) {
			return 0, errors.Join(report.AccessCSV(w, r), app.Record(r))
		})
		if err != nil {
			return fmt.Errorf("write the access review: %w", err)
		}
	}
	if err != nil {
		return err
	}
	err = c.print(r, func(w io.Writer) error {
		if out != "" {
			_, err := fmt.Fprintf(w, "%s: %d identities as of %s, recorded as evidence\n", out, len(r.Rows), r.AsOf.Format("2006-01-02 15:04 UTC"))
			return err
		}
		return report.AccessText(w, r, c.listOptions(all))
	})
	if err == nil && !r.Whole() {
		return silent(exitIncomplete)
	}
	return err
}
