package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// textOptions are how tables are laid out where the command writes to.
func (c *command) textOptions() report.TextOptions {
	o := report.TextOptions{Limit: 20, Width: 400} // into a file or a pipe, a row is a line
	if f, ok := c.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		o.Color, o.Width = c.getenv("NO_COLOR") == "", 0
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			o.Width = width
		}
	}
	return o
}

func (c *command) statusCommand() *cobra.Command {
	var at, framework string
	var all bool
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Show the posture by control or by a framework's requirements, now or at a date",
		Example: "  exhibit status\n  exhibit status --at 2026-03-31 --framework soc2",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				t, err := c.parseTime(at, true)
				if err != nil {
					return err
				}
				return app.Store.View(func(v *store.View) error {
					posture, err := app.Posture(v, t, evidence.Window{}, nonEmpty(framework)...)
					if err != nil {
						return c.nothingAssessed(err)
					}
					return c.print(posture, func(w io.Writer) error {
						o := c.textOptions()
						if all {
							o.Limit = 0
						}
						if framework == "" {
							return report.Text(w, posture, o)
						}
						if len(posture.Frameworks) == 0 {
							return usage(fmt.Errorf("framework %q is in no mapping; exhibit controls list shows what there is", framework))
						}
						return report.Requirements(w, posture.Frameworks[0], o)
					})
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

// nothingAssessed turns the absence of an assessment into its exit code: there is nothing to show, which is not an empty
// posture.
func (c *command) nothingAssessed(err error) error {
	if errors.Is(err, daemon.ErrNoAssessment) {
		return &exitError{code: exitIncomplete, err: err}
	}
	return err
}

func (c *command) findingsCommand() *cobra.Command {
	var at, control, severity string
	var unknowns, all bool
	cmd := &cobra.Command{
		Use:     "findings",
		Short:   "List what fails, with the deciding facts, owner and remediation; or what is unknown and why",
		Example: "  exhibit findings --severity high\n  exhibit findings --unknown",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				t, err := c.parseTime(at, true)
				if err != nil {
					return err
				}
				least := evidence.Severity(severity)
				if severity != "" && least.Rank() == 0 {
					return usage(fmt.Errorf("severity %q: expected low, medium, high or critical", severity))
				}
				return app.Store.View(func(v *store.View) error {
					posture, err := app.Posture(v, t, evidence.Window{})
					if err != nil {
						return c.nothingAssessed(err)
					}
					if unknowns {
						return c.printUnknowns(posture, control)
					}
					failures := []report.Failure{}
					for _, f := range posture.Failures {
						if (control == "" || f.Control == control) && f.Severity.Rank() >= least.Rank() {
							failures = append(failures, f)
						}
					}
					return c.print(failures, func(w io.Writer) error {
						o := c.textOptions()
						if all {
							o.Limit = 0
						}
						return report.Failures(w, failures, o)
					})
				})
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "as of this time: 2026-03-31, 2026-03-31T12:00:00Z, 7d (ago)")
	cmd.Flags().StringVar(&control, "control", "", "only of this control")
	cmd.Flags().StringVar(&severity, "severity", "", "only this grave or graver: low, medium, high, critical")
	cmd.Flags().BoolVar(&unknowns, "unknown", false, "list what is unknown instead, with the missing permissions")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}

func (c *command) printUnknowns(p *report.Posture, control string) error {
	list := []report.Unknown{}
	for _, u := range p.Unknowns {
		if control == "" || u.Control == control {
			list = append(list, u)
		}
	}
	return c.print(list, func(w io.Writer) error {
		for _, u := range list {
			fmt.Fprintf(w, "%s  %s  %d unknown: %s\n", u.Check, u.Scope, u.Count, u.Reason)
			for _, m := range u.Missing {
				fmt.Fprintf(w, "    %s: %s %s\n", m.Operation, m.Outcome, permissionText(m))
			}
		}
		_, err := fmt.Fprintf(w, "%d reasons for not knowing\n", len(list))
		return err
	})
}

func permissionText(m evidence.Missing) string {
	var parts []string
	if m.Permission != "" {
		parts = append(parts, "needs "+m.Permission)
	}
	if m.Code != "" {
		parts = append(parts, m.Code)
	}
	return strings.Join(parts, ", ")
}

func (c *command) driftCommand() *cobra.Command {
	var since, until, cause string
	var all bool
	cmd := &cobra.Command{
		Use:     "drift",
		Short:   "Show what changed, by cause: the thing itself, a check, a mapping, scope, a permission, a collector",
		Example: "  exhibit drift --since 7d\n  exhibit drift --since 2026-03-01 --until 2026-03-31 --cause subject",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				from, to, err := c.parsePeriod(since, until)
				if err != nil {
					return err
				}
				return app.Store.View(func(v *store.View) error {
					changes, err := app.Drift(v, from, to)
					if err != nil {
						return c.nothingAssessed(err)
					}
					kept := []evidence.Change{}
					for _, ch := range changes {
						if cause == "" || string(ch.Cause) == cause {
							kept = append(kept, ch)
						}
					}
					return c.print(kept, func(w io.Writer) error {
						o := c.textOptions()
						if all {
							o.Limit = 0
						}
						return report.Changes(w, kept, o)
					})
				})
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "7d", "from this time: 7d (ago), 2026-03-01, 2026-03-01T12:00:00Z")
	cmd.Flags().StringVar(&until, "until", "", "to this time (default now)")
	cmd.Flags().StringVar(&cause, "cause", "", "only by this cause: subject, rule, mapping, scope, permission, collector")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out of long lists")
	return cmd
}

func (c *command) exposureCommand() *cobra.Command {
	var from, to, check string
	var all bool
	cmd := &cobra.Command{
		Use:   "exposure",
		Short: "Show how long what was failing, with the uncertainty at both ends",
		Long: `exposure lists the intervals in which a check on a subject failed within the period. Looking now and then cannot tell
when exactly something opened or closed: "least" is the time between the first and the last failing look, "most" that
between the looks around them at which it was good.`,
		Example: "  exhibit exposure --from 2026-01-01 --to 2026-03-31",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				start, end, err := c.parsePeriod(from, to)
				if err != nil {
					return err
				}
				return app.Store.View(func(v *store.View) error {
					exposures, err := app.Exposures(v, evidence.Window{From: start, To: end}, end)
					if err != nil {
						return c.nothingAssessed(err)
					}
					kept := []evidence.Exposure{}
					for _, e := range exposures {
						if check == "" || e.Check == check {
							kept = append(kept, e)
						}
					}
					return c.print(kept, func(w io.Writer) error {
						o := c.textOptions()
						if all {
							o.Limit = 0
						}
						return report.Exposures(w, kept, o)
					})
				})
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "90d", "start of the period: 2026-01-01, 90d (ago)")
	cmd.Flags().StringVar(&to, "to", "", "end of the period (default now)")
	cmd.Flags().StringVar(&check, "check", "", "only this check")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}

func (c *command) parsePeriod(from, to string) (start, end time.Time, err error) {
	if start, err = c.parseTime(from, false); err != nil {
		return start, end, err
	}
	if end, err = c.parseTime(to, true); err != nil {
		return start, end, err
	}
	if !start.Before(end) {
		return start, end, usage(fmt.Errorf("the period ends (%s) before it begins (%s)", end.Format(time.RFC3339), start.Format(time.RFC3339)))
	}
	return start, end, nil
}
