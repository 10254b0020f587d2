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

func (c *command) attestCommand() *cobra.Command {
	var n config.NewAttestation
	var id, as string
	cmd := &cobra.Command{
		Use:   "attest CONTROL|FRAMEWORK/REQUIREMENT",
		Short: "State that a control or requirement is met where no API proves it; list such statements",
		Long: `attest writes a person's statement as YAML into the folder of attestations, with copies of what is attached to
it. The next collection or assessment commits it to the ledger with the attachments.

A statement counts where a control or requirement has only a manual procedure; elsewhere it is shown beside what is
judged. It counts until it expires, and ends early when a check of the control fails in its scope. To sign it, print
what is to be signed with exhibit attest message, sign that with ssh-keygen, and put the signature beside the file as
ID.sig: it must be by a key that attestation.signers allows the author.`,
		Example: `  exhibit attest soc2/CC1.2 --statement 'The board discussed the risk register.' --from 2026-01-01 \
    --to 2026-03-31 --attach minutes.pdf
  exhibit attest message soc2-CC1.2-20260402 | ssh-keygen -Y sign -n exhibit-attestation -f ~/.ssh/id_ed25519 \
    > attestations/soc2-CC1.2-20260402.sig
  exhibit attest list`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				who := cmp.Or(as, daemon.UserName(c.getenv))
				n.Author = cmp.Or(n.Author, who)
				name := strings.NewReplacer("/", "-", "@", "-").Replace(args[0])
				id = cmp.Or(id, name+"-"+strings.ReplaceAll(c.today(n.Zone), "-", ""))
				return c.attest(app, id, who, args[0], n)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&n.Scope, "scope", "", "only for this scope: aws:111122223333 (default everywhere)")
	f.StringVar(&n.Author, "author", "", "who states it (default: --as)")
	f.StringVar(&n.Statement, "statement", "", "what was examined, and what was found")
	f.StringVar(&n.From, "from", "", "first day of the period that it is about")
	f.StringVar(&n.To, "to", "", "last day of the period that it is about")
	f.StringVar(&n.Expires, "expires", "",
		"last day on which it counts (default: attestation.expires from today, 90d unless it is set)")
	f.StringVar(&n.Zone, "zone", "", "IANA time zone of the days (default UTC)")
	f.StringArrayVar(&n.Attach, "attach", nil, "file to keep with it; more than one may be named")
	f.StringVar(&id, "id", "", "name of the file (default: what it is about and day)")
	f.StringVar(&as, "as", "", "who does this (default: the operating system's user)")
	cmd.AddCommand(c.attestListCommand(), c.attestMessageCommand())
	return cmd
}

func (c *command) attest(app *daemon.App, id, who, about string, n config.NewAttestation) error {
	for i, file := range n.Attach {
		n.Attach[i] = c.path(file)
	}
	if n.Expires == "" {
		expires, err := c.expiry(app.Config.Attestation.Expires, n.Zone)
		if err != nil {
			return usage(err)
		}
		n.Expires = expires
	}
	var err error
	if n.Control, n.Requirement, err = app.Attestable(about); err != nil {
		return usage(err)
	}
	file, s, err := app.Config.AddAttestation(id, n)
	if err != nil {
		return wrongFile(err)
	}
	if err := app.Act(who, "attest", nil, "attestation", id, "about", about, "author", n.Author); err != nil {
		return err
	}
	return c.print(s.Attestation, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s: stated by %s, %d attached, counts until %s\n", file, s.Author, len(s.Files),
			s.Expires.Add(-time.Second).Format(time.DateOnly))
		return err
	})
}

// expiry is the last day on which a statement of today counts.
func (c *command) expiry(d evidence.Duration, zone string) (string, error) {
	l, err := time.LoadLocation(zone)
	if err != nil {
		return "", fmt.Errorf("zone %q is no IANA time zone", zone)
	}
	return c.clock().In(l).AddDate(0, 0, int(time.Duration(d)/(24*time.Hour))).Format(time.DateOnly), nil
}

func (c *command) attestListCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List people's statements with whether they count",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.decided(cmd, func(_ *daemon.App, _ *store.View, d daemon.Decided) error {
				return c.print(d.Attestations, func(w io.Writer) error {
					if err := report.Attestations(w, d.Attestations, c.listOptions(all)); err != nil {
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

func (c *command) attestMessageCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "message ID",
		Short: "Print what the author of a statement signs: all of it, with the digests of what is attached",
		Example: "  exhibit attest message board-q1 | ssh-keygen -Y sign -n " + evidence.AttestationNamespace +
			" -f ~/.ssh/id_ed25519 > attestations/board-q1.sig",
		Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := c.configuration()
			if err != nil {
				return err
			}
			s, err := cfg.ReadAttestation(args[0])
			if err != nil {
				return wrongFile(err)
			}
			message, err := s.Message()
			if err != nil {
				return err
			}
			_, err = c.stdout.Write(message)
			return err
		},
	}
}
