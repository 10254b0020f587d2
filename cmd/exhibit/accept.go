package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/config"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) acceptCommand() *cobra.Command {
	var n config.NewAcceptance
	var id, as string
	cmd := &cobra.Command{
		Use:   "accept CHECK",
		Short: "Ask for a risk to be accepted; approve, list, review, renew and end accepted risks",
		Long: `accept writes a YAML file into the folder of acceptances, which is reviewed like code. It has no effect until
another person than requester and owner approves it. An acceptance never changes an observation: reports apply it while
it is approved, has not ended, is no longer than its severity allows, and the checks that compensate for it pass. Then
the failure is back.

It is bound to the ids of subjects in one scope, as exhibit findings --json shows them: not to names, tags or
patterns.`,
		Example: `  exhibit accept aws.s3.bucket-not-public --scope aws:111122223333 --subject arn:aws:s3:::press-kit \
    --category waiver --reason 'Pictures for the press.' --owner marketing --until 2026-12-31 --zone Europe/Berlin
  exhibit accept approve aws-s3-bucket-not-public-20261001 --as ben@example.com
  exhibit accept list
  exhibit accept review`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n.Check = args[0]
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				who := cmp.Or(as, daemon.UserName(c.getenv))
				n.Requester = cmp.Or(n.Requester, who)
				if n.Start == "" {
					n.Start = c.today(n.Zone)
				}
				id = cmp.Or(id, strings.ReplaceAll(n.Check, ".", "-")+"-"+strings.ReplaceAll(c.today(n.Zone), "-", ""))
				return c.accept(app, id, who, n)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&n.Scope, "scope", "", "scope of the subjects, as findings show it: aws:111122223333")
	f.StringArrayVar(&n.Subjects, "subject", nil, "id of a subject; more than one may be named")
	f.StringVar(&n.Category, "category", "", "waiver (the risk is taken), mitigated (met another way) or false-positive")
	f.StringVar(&n.Reason, "reason", "", "why")
	f.StringArrayVar(&n.Compensating, "compensating", nil,
		"check that must pass in the same scope, or the acceptance lapses")
	f.StringVar(&n.Owner, "owner", "", "who owns the risk")
	f.StringVar(&n.Requester, "requester", "", "who asks (default: --as)")
	f.StringVar(&n.Start, "start", "", "first day, or a time (default today)")
	f.StringVar(&n.End, "until", "", "last day, or a time")
	f.StringVar(&n.Zone, "zone", "", "IANA time zone of the days (default UTC)")
	f.StringVar(&n.Ticket, "ticket", "", "address of a ticket")
	f.StringVar(&id, "id", "", "name of the file (default: check and day)")
	f.StringVar(&as, "as", "", "who does this (default: the operating system's user)")
	cmd.AddCommand(c.acceptApproveCommand(), c.acceptListCommand(), c.acceptReviewCommand(), c.acceptRenewCommand(),
		c.acceptEndCommand())
	return cmd
}

// today is the day in a zone; in UTC when there is no such zone, which the file's reader says better.
func (c *command) today(zone string) string {
	l, err := time.LoadLocation(zone)
	if err != nil {
		l = time.UTC
	}
	return c.clock().In(l).Format(time.DateOnly)
}

// asked is an acceptance that was written down.
type asked struct {
	ID     string   `json:"id"`
	File   string   `json:"file"`
	Doubts []string `json:"doubts"`
	evidence.RiskAcceptance
}

// accept writes a new acceptance, records who did, and says what is doubtful.
func (c *command) accept(app *daemon.App, id, who string, n config.NewAcceptance) error {
	one, err := app.Config.CheckAcceptance(id, n)
	if err != nil {
		return usage(err)
	}
	var doubts []string
	err = app.Store.View(func(v *store.View) (err error) {
		doubts, err = app.Doubts(v, one)
		return err
	})
	if err != nil {
		return usage(err)
	}
	file, err := app.Config.AddAcceptance(id, n)
	if err != nil {
		return err
	}
	err = app.Act(who, "accept", nil, "acceptance", id, "check", n.Check, "scope", n.Scope,
		"renews", n.Renews)
	if err != nil {
		return err
	}
	return c.print(asked{id, file, doubts, one}, func(w io.Writer) error {
		for _, d := range doubts {
			fmt.Fprintln(w, "beware:", d)
		}
		_, err := fmt.Fprintf(w,
			"%s: asked for by %s, without effect until another person approves it:\n  exhibit accept approve %s --as NAME\n",
			file, one.Requester, id)
		return err
	})
}

func (c *command) acceptListCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List accepted risks with their effect, why they lapsed, and the days left",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.decided(cmd, func(_ *daemon.App, _ *store.View, d daemon.Decided) error {
				return c.print(d.Acceptances, func(w io.Writer) error {
					if err := report.Acceptances(w, d.Acceptances, c.listOptions(all)); err != nil {
						return err
					}
					return waiting(w, d)
				})
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}

func (c *command) acceptReviewCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "review",
		Short: "Say which accepted risks need a look; exit 1 when there are any",
		Long: `review tells which acceptances nobody but the requester or owner approved, cover what is not there or does not
fail, cover what fails otherwise than when it was approved, are too long, renewed often, or over while the failure goes
on.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.decided(cmd, func(app *daemon.App, v *store.View, d daemon.Decided) error {
				seen, err := app.SeenAtApproval(v, d.Acceptances)
				if err != nil {
					return err
				}
				notes := report.ReviewAcceptances(d.Posture, seen)
				err = c.print(notes, func(w io.Writer) error {
					return report.AcceptanceReview(w, notes, d.At, c.listOptions(all))
				})
				if err == nil && len(notes) > 0 {
					return silent(exitProblem)
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}

// decided runs f with how acceptances and attestations stand now.
func (c *command) decided(cmd *cobra.Command, f func(*daemon.App, *store.View, daemon.Decided) error) error {
	return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
		d, err := app.DecidedNow(v)
		if err != nil {
			return wrongFile(err)
		}
		return f(app, v, d)
	})
}

// waiting says what the ledger does not have yet.
func waiting(w io.Writer, d daemon.Decided) error {
	if len(d.Waiting) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "not in the ledger as written until the next collection or assessment: %s\n",
		strings.Join(d.Waiting, ", "))
	return err
}
