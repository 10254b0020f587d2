package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/outbox"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) outboxCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "outbox",
		Short: "List the messages that wait and how others ended; show one, try again, send without a daemon",
		Long: `outbox lists what is to be told outside and how it ended. Every message is kept before it is sent, and how it ended
after, as entries of the ledger: what an owner was told, and when, can be shown later.`,
		Example: "  exhibit outbox\n  exhibit outbox show KEY\n  exhibit outbox retry KEY\n  exhibit outbox send --report weekly\n" +
			"  exhibit outbox test grc@example.com",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error { return c.listOutbox(app, all) })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all that are over, and not only the newest twenty")
	cmd.AddCommand(c.outboxShowCommand(), c.outboxRetryCommand(), c.outboxSendCommand(), c.outboxTestCommand())
	return cmd
}

func (c *command) listOutbox(app *daemon.App, all bool) error {
	waiting, over, err := app.Messages()
	if err != nil {
		return err
	}
	if !all {
		over = over[:min(len(over), 20)]
	}
	return c.print(map[string][]outbox.Stand{"waiting": orEmpty(waiting), "over": orEmpty(over)}, func(w io.Writer) error {
		if len(waiting)+len(over) == 0 {
			fmt.Fprintln(w, "no messages")
			return nil
		}
		tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(tw, "KEY\tTO\tSTATE\tATTEMPTS\tWHEN\tERROR")
		for _, s := range slices.Concat(waiting, over) {
			state, when := s.Outcome, s.Ended
			if state == "" {
				state, when = "waiting", s.Next
			}
			fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%s\t%s\n", report.Line(s.Key), report.Line(s.To), state, s.Attempts,
				timeText(when), report.Line(s.Error))
		}
		return tw.Flush()
	})
}

func orEmpty[T any](s []T) []T { return append([]T{}, s...) }

func (c *command) outboxShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show KEY",
		Short: "Show a message as it was queued",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				m, err := app.Message(args[0])
				if errors.Is(err, store.ErrUnknown) {
					return fmt.Errorf("outbox: no message has the key %q; exhibit outbox --all lists them", args[0])
				}
				if err != nil {
					return err
				}
				return c.print(m, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "To:      %s (%s)\nCreated: %s\nSubject: %s\n\n%s", m.To, m.Channel,
						m.Created.Format(time.RFC3339), m.Subject, m.Text)
					return err
				})
			})
		},
	}
}

func (c *command) outboxRetryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "retry KEY",
		Short: "Make a message that waits due at once",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withBox(cmd.Context(), func(app *daemon.App, box *outbox.Box) error {
				err := box.Retry(args[0])
				return errors.Join(err, app.Act(daemon.UserName(c.getenv), "retry message", err, "key", args[0]))
			})
		},
	}
}

func (c *command) outboxSendCommand() *cobra.Command {
	var reports []string
	cmd := &cobra.Command{
		Use:   "send",
		Short: "Tell reports now, and try everything that is due once: for those who run no daemon",
		Long: `send tells the reports that are named, each from where it ended the last time, and tries every message that is due
once. It ends with 3 when messages wait afterwards.`,
		Example: "  exhibit outbox send --report weekly --report grc",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withBox(cmd.Context(), func(app *daemon.App, box *outbox.Box) error {
				return c.sendReports(cmd.Context(), app, box, reports)
			})
		},
	}
	cmd.Flags().StringSliceVar(&reports, "report", nil, "tell this report of notify.drift first")
	return cmd
}

func (c *command) sendReports(ctx context.Context, app *daemon.App, box *outbox.Box, names []string) error {
	var known []string
	for _, r := range app.Config.Notify.Reports {
		known = append(known, r.Name)
	}
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return usage(fmt.Errorf("report %q: notify.drift has %s", name, cmp.Or(strings.Join(known, ", "), "none")))
		}
		r := app.Config.Notify.Reports[i]
		if err := app.Tell(r, r.Schedule.Next(app.Now()), box); err != nil {
			return err
		}
	}
	waiting, err := box.Once(ctx)
	if err != nil {
		return err
	}
	err = c.print(map[string]int{"waiting": waiting}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%d messages wait\n", waiting)
		return err
	})
	if err == nil && waiting > 0 {
		return silent(exitIncomplete)
	}
	return err
}

func (c *command) outboxTestCommand() *cobra.Command {
	var channel string
	cmd := &cobra.Command{
		Use:     "test TO",
		Short:   "Send a message that says that this way works",
		Example: "  exhibit outbox test grc@example.com\n  exhibit outbox test '#grc' --channel slack",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withBox(cmd.Context(), func(app *daemon.App, box *outbox.Box) error {
				now := app.Now()
				m := evidence.Message{Key: "test|" + channel + "|" + args[0] + "|" + now.Format(time.RFC3339Nano), Channel: channel, To: args[0],
					Created: now, Subject: "exhibit reaches you", Text: "This message was asked for to see whether it arrives. It did.\n"}
				if _, err := box.Put(m); err != nil {
					return usage(err)
				}
				if _, err := box.Once(cmd.Context()); err != nil {
					return err
				}
				s, _, err := box.Find(m.Key)
				if err == nil && s.Outcome != evidence.Delivered {
					err = fmt.Errorf("the message did not arrive: %s", s.Error)
				}
				if err != nil {
					return err
				}
				return c.print(s, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "delivered: %s\n", cmp.Or(s.Receipt, "no receipt"))
					return err
				})
			})
		},
	}
	cmd.Flags().StringVar(&channel, "channel", evidence.ChannelMail, "the way: mail, slack or webhook")
	return cmd
}

// withBox opens the store and its outbox: that of the daemon where one serves.
func (c *command) withBox(ctx context.Context, f func(*daemon.App, *outbox.Box) error) error {
	return c.withApp(ctx, daemon.Write, func(app *daemon.App) error {
		box, err := c.box(app)
		if err != nil {
			return err
		}
		return f(app, box)
	})
}

// box is the daemon's outbox where one serves, else one of this process.
func (c *command) box(app *daemon.App) (*outbox.Box, error) {
	if c.service != nil {
		return c.service.Box(), nil
	}
	box, err := app.Post()
	if errors.Is(err, daemon.ErrConfig) {
		return nil, usage(err)
	}
	return box, err
}
