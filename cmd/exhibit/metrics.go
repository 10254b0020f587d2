package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) metricsCommand() *cobra.Command {
	var from, to, again string
	var asCSV bool
	cmd := &cobra.Command{
		Use:   "metrics",
		Short: "Measure coverage, freshness, readiness, times to fix, repetition, noise and the score, with every formula",
		Long: `metrics tells for a period how completely and how freshly was looked, how much would stand before an audit, how
long failures lasted, how often they came back, and what moved the score. Each number comes with its formula, its
numerator and its denominator, and with what is in neither. What has nothing to count is not measurable, and says why.

A time is known between the least and the most that looking now and then, or an access log, leaves possible. What a
change of checks, of scopes or of permissions did to the score is told apart from what the estate did.`,
		Example: "  exhibit metrics\n  exhibit metrics --from 2026-01-01 --to 2026-03-31 --csv > q1.csv",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asCSV && c.json {
				return usage(errors.New("--csv and --json exclude each other"))
			}
			start, end, err := c.parsePeriod(from, to)
			if err != nil {
				return err
			}
			within, err := evidence.ParseDuration(again)
			if err != nil || within <= 0 {
				return usage(fmt.Errorf("--again %q: expected a time such as 30d", again))
			}
			return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
				metrics, err := app.Metrics(v, daemon.MetricsRequest{Period: evidence.Window{From: start, To: end},
					Again: time.Duration(within)})
				if err != nil {
					return err
				}
				return c.print(metrics, func(w io.Writer) error {
					if asCSV {
						return report.MetricsCSV(w, metrics)
					}
					return report.MetricsText(w, metrics, c.textOptions())
				})
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "90d", "start of the period: 2026-01-01, 90d (ago)")
	cmd.Flags().StringVar(&to, "to", "", "end of the period (default now)")
	cmd.Flags().StringVar(&again, "again", "30d", "how soon after it was fixed a failure is a repeated one")
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print CSV")
	return cmd
}

func (c *command) trendCommand() *cobra.Command {
	var from, to, by string
	var all bool
	one := map[string]*string{"control": new(string), "framework": new(string), "owner": new(string)}
	cmd := &cobra.Command{
		Use:   "trend",
		Short: "Show how the score moved over time, and what moved it: the estate, the checks or what was asked for",
		Long: `trend follows the part of the observations that pass, of those judged, over the last assessment of each
day of the period: of everything, of one control, framework or owner, or of all of a kind with --by. What moved it is
told by cause, so that a fall which a new version of the checks brought is not read as one of the estate. An accepted
failure counts as one.`,
		Example: "  exhibit trend\n  exhibit trend --framework soc2 --from 2026-01-01\n  exhibit trend --by control",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			start, end, err := c.parsePeriod(from, to)
			if err != nil {
				return err
			}
			req := daemon.TrendRequest{Period: evidence.Window{From: start, To: end}}
			if req.Kind, req.Name, err = trendOf(by, one); err != nil {
				return usage(err)
			}
			return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
				if req.Kind == "owner" {
					if req.Name, err = knownOwner(app, req.Name); err != nil {
						return err
					}
				}
				trends, err := app.Trends(v, req)
				if errors.Is(err, daemon.ErrNoGroup) || errors.Is(err, daemon.ErrNoOwners) {
					return usage(err)
				}
				if err != nil {
					return err
				}
				return c.print(trends, func(w io.Writer) error { return report.TrendsText(w, trends, c.listOptions(all)) })
			})
		},
	}
	cmd.Flags().StringVar(&from, "from", "90d", "start of the period: 2026-01-01, 90d (ago)")
	cmd.Flags().StringVar(&to, "to", "", "end of the period (default now)")
	cmd.Flags().StringVar(&by, "by", "", "all of a kind: control, framework, owner")
	cmd.Flags().StringVar(one["control"], "control", "", "only this control")
	cmd.Flags().StringVarP(one["framework"], "framework", "f", "", "only this framework: soc2, cis-aws@5.0")
	cmd.Flags().StringVar(one["owner"], "owner", "", "only what this owner owns")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}

// trendOf returns the one kind and name that the flags ask for.
func trendOf(by string, one map[string]*string) (kind, name string, err error) {
	kind = by
	for _, k := range []string{"control", "framework", "owner"} {
		if *one[k] == "" {
			continue
		}
		if kind != "" {
			return "", "", fmt.Errorf("--%s and --%s: ask for one", kind, k)
		}
		kind, name = k, *one[k]
	}
	switch {
	case kind == "":
		return "all", "", nil
	case one[kind] == nil:
		return "", "", fmt.Errorf("--by %q: expected control, framework or owner", by)
	}
	return kind, name, nil
}
