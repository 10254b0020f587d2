package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/config"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/strictyaml"
)

// wrongFile marks the errors that are about what the user wrote.
func wrongFile(err error) error {
	var bad strictyaml.Errors
	if errors.As(err, &bad) || errors.Is(err, daemon.ErrConfig) {
		return usage(err)
	}
	return err
}

func (c *command) acceptApproveCommand() *cobra.Command {
	var as, approver string
	cmd := &cobra.Command{
		Use:   "approve ID",
		Short: "Approve an acceptance that somebody else asked for and owns",
		Long: `approve writes the approver into the file of an acceptance. It is refused to whom asked for it and to whom owns
the risk.`,
		Example: "  exhibit accept approve press-kit --as ben@example.com",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				who := cmp.Or(as, daemon.UserName(c.getenv))
				return c.approve(app, args[0], who, cmp.Or(approver, who))
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "who does this (default: the operating system's user)")
	cmd.Flags().StringVar(&approver, "approver", "", "who approves, as the file is to name the person (default: --as)")
	return cmd
}

func (c *command) approve(app *daemon.App, id, who, approver string) error {
	one, _, err := app.Config.ReadAcceptance(id)
	if err != nil {
		return wrongFile(err)
	}
	switch {
	case one.Approver != "":
		return fmt.Errorf("approve %s: %s approved it already", id, one.Approver)
	case evidence.SamePerson(who, one.Requester) || evidence.SamePerson(approver, one.Requester):
		return fmt.Errorf("approve %s: %s asked for it, and nobody approves his own request", id, one.Requester)
	case evidence.SamePerson(who, one.Owner) || evidence.SamePerson(approver, one.Owner):
		return fmt.Errorf("approve %s: %s owns the risk, and somebody else has to approve it", id, one.Owner)
	}
	if one, err = app.Config.SetAcceptance(id, "approver", approver); err != nil {
		return wrongFile(err)
	}
	if err := app.Act(who, "accept approve", nil, "acceptance", id, "approver", approver); err != nil {
		return err
	}
	return c.print(one, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s: approved by %s\n  %s of %s in %s\n  %s, asked for by %s, owned by %s, until %s: %s\n",
			id, approver,
			one.Check, strings.Join(one.Subjects, ", "), one.Scope, one.Category, one.Requester, one.Owner, lastOf(one),
			one.Reason)
		return err
	})
}

// lastOf is the last day of an acceptance, or its last moment.
func lastOf(a evidence.RiskAcceptance) string { return cmp.Or(a.LastDay, a.End.Format(time.RFC3339)) }

func (c *command) acceptRenewCommand() *cobra.Command {
	var as, requester, until, id, reason string
	cmd := &cobra.Command{
		Use:   "renew ID",
		Short: "Ask for an accepted risk to be accepted again, by a new acceptance that is to be approved anew",
		Long: `renew writes a new acceptance that names the old one. It begins when the old one ends, or today when that is
over. How often a risk can be accepted again is configured (acceptance.max_renewals, 2 unless it is set).`,
		Example: "  exhibit accept renew press-kit --until 2027-03-31",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				who := cmp.Or(as, daemon.UserName(c.getenv))
				n, err := c.renewal(app, args[0])
				if err != nil {
					return err
				}
				n.Requester, n.End, n.Reason = cmp.Or(requester, who), until, cmp.Or(reason, n.Reason)
				return c.accept(app, cmp.Or(id, nextID(args[0])), who, n)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&until, "until", "", "last day, or a time")
	f.StringVar(&reason, "reason", "", "why still (default: the old reason)")
	f.StringVar(&requester, "requester", "", "who asks (default: --as)")
	f.StringVar(&id, "id", "", "name of the new file (default: the old one's with -r2, -r3 …)")
	f.StringVar(&as, "as", "", "who does this (default: the operating system's user)")
	return cmd
}

// renewal is a new acceptance of what an old one covers.
func (c *command) renewal(app *daemon.App, id string) (n config.NewAcceptance, err error) {
	old, zone, err := app.Config.ReadAcceptance(id)
	if err != nil {
		return n, wrongFile(err)
	}
	all, err := app.Config.ReadAcceptances()
	if err != nil {
		return n, wrongFile(err)
	}
	if often := evidence.Renewals(all)[id] + 1; often > app.Config.Acceptance.Renewals {
		return n, fmt.Errorf("renew %s: it would be accepted again for the %d. time, and %d are allowed; mend what fails",
			id, often,
			app.Config.Acceptance.Renewals)
	}
	n = config.NewAcceptance{Owner: old.Owner, Reason: old.Reason, Category: old.Category, Check: old.Check,
		Scope:    old.Scope,
		Subjects: old.Subjects, Compensating: old.Compensating, Ticket: old.Ticket, Renews: id, Zone: zone,
		Start: c.today(zone)}
	if old.End.After(c.clock()) {
		n.Start = old.End.Format(time.RFC3339)
	}
	return n, nil
}

var renewedID = regexp.MustCompile(`^(.*)-r([0-9]{1,3})$`)

// nextID is the id of a renewal: press-kit-r2 of press-kit, press-kit-r3 of press-kit-r2.
func nextID(id string) string {
	n := 1
	if m := renewedID.FindStringSubmatch(id); m != nil {
		id = m[1]
		_, _ = fmt.Sscan(m[2], &n)
	}
	return fmt.Sprintf("%s-r%d", id, n+1)
}

func (c *command) acceptEndCommand() *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use:     "end ID",
		Short:   "End an accepted risk now",
		Example: "  exhibit accept end press-kit",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				now := c.clock().Truncate(time.Second)
				one, _, err := app.Config.ReadAcceptance(args[0])
				if err != nil {
					return wrongFile(err)
				}
				switch {
				case !now.Before(one.End):
					return fmt.Errorf("end %s: it ended on %s", args[0], lastOf(one))
				case !one.Start.Before(now):
					return fmt.Errorf("end %s: it has not begun; delete its file", args[0])
				}
				if one, err = app.Config.SetAcceptance(args[0], "end", now.Format(time.RFC3339)); err != nil {
					return wrongFile(err)
				}
				if err := app.Act(cmp.Or(as, daemon.UserName(c.getenv)), "accept end", nil, "acceptance", args[0]); err != nil {
					return err
				}
				return c.print(one, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "%s: ended\n", args[0])
					return err
				})
			})
		},
	}
	cmd.Flags().StringVar(&as, "as", "", "who does this (default: the operating system's user)")
	return cmd
}
