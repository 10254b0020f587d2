package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/report"
	"exhibit/internal/schedule"
	"exhibit/internal/store"
)

func (c *command) jobsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "List what serve does by itself, with when next and how it last ended; run a job now, or cancel it",
		Long: `jobs lists what exhibit serve does by itself: collections, assessments, checks of the store, reports. Without a process
that serves, it lists what the store remembers of them.`,
		Example: "  exhibit jobs\n  exhibit jobs run 'collect prod-aws'\n  exhibit jobs cancel 'collect prod-aws'",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, c.listJobs)
		},
	}
	cmd.AddCommand(
		c.jobCommand("run", "Run a job now and wait for its end; its turns stay as they are",
			func(ctx context.Context, who, job string) error { return c.service.RunNow(ctx, who, job) }),
		c.jobCommand("cancel", "End a job that runs or waits; what it saw by then is kept",
			func(_ context.Context, who, job string) error { return c.service.Cancel(who, job) }),
	)
	return cmd
}

// jobCommand does something with a job, in the process that serves.
func (c *command) jobCommand(name, short string, do func(ctx context.Context, who, job string) error) *cobra.Command {
	return &cobra.Command{
		Use:     name + " JOB",
		Short:   short,
		Example: "  exhibit jobs " + name + " 'collect prod-aws'",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(*daemon.App) error {
				if c.service == nil {
					return errors.New("jobs: nothing serves this store; start exhibit serve")
				}
				err := do(cmd.Context(), daemon.UserName(c.getenv), args[0])
				if errors.Is(err, schedule.ErrUnknown) {
					return usage(err)
				}
				return err
			})
		},
	}
}

func (c *command) listJobs(app *daemon.App) error {
	var jobs []schedule.Status
	var err error
	if c.service != nil {
		jobs, err = c.service.Jobs()
	} else {
		err = app.Store.View(func(v *store.View) (err error) {
			jobs, err = app.StoredJobs(v)
			return err
		})
	}
	if err != nil {
		return err
	}
	return c.print(jobs, func(w io.Writer) error {
		if c.service == nil {
			fmt.Fprintln(w, "nothing serves this store: no job will run")
		}
		tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(tw, "JOB\tSCHEDULE\tNEXT\tLAST\tTOOK\tOUTCOME\tERROR")
		for _, j := range jobs {
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", j.Name, cmp.Or(j.Schedule, "by hand"), timeText(j.Next),
				timeText(j.Started), took(j), stands(j), report.Line(firstLine(j.Error)))
		}
		return tw.Flush()
	})
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}

func took(j schedule.Status) string {
	if j.Ended.IsZero() {
		return "-"
	}
	return j.Ended.Sub(j.Started).Round(time.Second).String()
}

func stands(j schedule.Status) string {
	switch {
	case j.Running:
		return "running"
	case j.Due:
		return "waiting"
	}
	return cmp.Or(j.Outcome, "-")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
