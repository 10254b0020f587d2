package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"exhibit/internal/collect"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) collectCommand() *cobra.Command {
	var trigger string
	var operations bool
	var pace float64
	cmd := &cobra.Command{
		Use:   "collect [SOURCE...]",
		Short: "Collect once, commit, assess and print the posture",
		Long: `collect asks every configured source, or those that are named, and commits what it saw as one run, whole or not at all.
It then judges everything that is committed and commits the judgement too.

It ends with 0 when everything that was asked for could be seen, and with 3 when something could not: what, why and which
permission was missing is printed, and the checks concerned are unknown.

Every service is asked at a pace that leaves most of its quota to others. --pace multiplies it: 0.5 where even that is felt,
more where nobody else asks. EXHIBIT_PACE in the environment is its default.`,
		Example: "  exhibit collect\n  exhibit collect prod-aws --json\n  exhibit collect --pace 0.5",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := paced(&pace, cmd.Flags().Changed("pace")); err != nil {
				return usage(err)
			}
			return c.withApp(cmd.Context(), daemon.Write, func(app *daemon.App) error {
				return c.collect(cmd.Context(), app, args, trigger, pace, operations)
			})
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if cfg, err := c.configuration(); err == nil {
				for _, s := range cfg.Sources {
					names = append(names, s.Name)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVar(&trigger, "trigger", "manual", "what the run says about why it was made: manual, schedule, ci")
	cmd.Flags().Float64Var(&pace, "pace", 1, "how fast providers are asked, as a multiple of the usual")
	cmd.Flags().BoolVar(&operations, "operations", false, "list every API operation with its outcome, not only those that were not answered")
	return cmd
}

// paced takes the pace from the environment where no flag gives it, and refuses one that is none.
func paced(pace *float64, given bool) error {
	if text := os.Getenv("EXHIBIT_PACE"); text != "" && !given {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("EXHIBIT_PACE=%s: expected a number such as 0.5", text)
		}
		*pace = v
	}
	if !(*pace > 0) {
		return fmt.Errorf("pace %v: expected more than 0", *pace)
	}
	return nil
}

func (c *command) collect(
	ctx context.Context, app *daemon.App, sources []string, trigger string, pace float64, operations bool,
) error {
	switch trigger {
	case "manual", "schedule", "ci":
	default:
		return usage(fmt.Errorf("trigger %q: expected manual, schedule or ci", trigger))
	}
	bar := c.progress("collect")
	res, err := app.Collect(ctx, daemon.CollectRequest{
		Sources: sources, Trigger: trigger, Limits: collect.Limits{Pace: pace},
		Progress: func(p collect.Progress) { bar.set(int64(p.Done), int64(p.Total)) },
	})
	bar.done()
	if errors.Is(err, daemon.ErrConfig) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	err = c.print(res, func(w io.Writer) error {
		if err := runText(w, res.Run); err != nil {
			return err
		}
		fmt.Fprintln(w)
		for _, r := range res.Reached {
			fmt.Fprintln(w, r)
		}
		economyText(w, res.Economy)
		reconciledText(w, res.Reconciled)
		if err := operationsText(w, res.Operations, operations); err != nil {
			return err
		}
		return app.Store.View(func(v *store.View) error {
			posture, err := app.Posture(v, app.Now(), evidence.Window{})
			if err != nil {
				return err
			}
			fmt.Fprintln(w)
			return report.Text(w, posture, c.textOptions())
		})
	})
	if err == nil && !res.Run.Outcome.Seen() {
		return silent(exitIncomplete)
	}
	return err
}

// runText writes how each scope of a run ended.
func runText(w io.Writer, run evidence.Run) error {
	fmt.Fprintf(w, "Run %s: %s\n", run.ID, run.Outcome)
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "SOURCE\tSCOPE\tOUTCOME\tSUBJECTS\tREQUESTS\tREASON")
	for _, s := range run.Scopes {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%d\t%s\n", s.Source, s.Scope.ID(), s.Outcome, s.Subjects, s.Requests, s.Reason)
	}
	return tw.Flush()
}

// economyText writes how much each source was asked.
func economyText(w io.Writer, list []daemon.Economy) {
	fmt.Fprintln(w)
	for _, e := range list {
		fmt.Fprintf(w, "%s: %d requests, %d subjects", e.Source, e.Requests, e.Subjects)
		if e.Subjects > 0 {
			fmt.Fprintf(w, ", %.0f requests per 1,000 subjects", e.PerThousand)
		}
		fmt.Fprintln(w)
	}
}

// reconciledText writes which lists an inventory counts otherwise.
func reconciledText(w io.Writer, list []daemon.Reconciled) {
	if len(list) == 0 {
		return
	}
	agree := 0
	for _, r := range list {
		if r.Agrees {
			agree++
		}
	}
	fmt.Fprintf(w, "%d of %d lists agree with the inventory\n", agree, len(list))
	for _, r := range list {
		if r.Agrees && r.Late == 0 {
			continue
		}
		fmt.Fprintf(w, "%s in %s: %d listed, the inventory counts %d", r.Collector, r.Scope, r.Listed, r.Counted)
		if r.Missed > 0 {
			fmt.Fprintf(w, "; %d in no list", r.Missed)
		}
		if r.Beyond > 0 {
			fmt.Fprintf(w, "; %d not in the inventory", r.Beyond)
		}
		if r.Late > 0 {
			fmt.Fprintf(w, "; %d explained by how late it learns of changes", r.Late)
		}
		if len(r.IDs) > 0 {
			fmt.Fprintf(w, ": %s", strings.Join(r.IDs, ", "))
		}
		fmt.Fprintln(w)
	}
}

// operationsText writes how the API operations ended: all of them, or those that were not answered everywhere.
func operationsText(w io.Writer, list []daemon.AskedOperation, all bool) error {
	answered := 0
	for _, o := range list {
		if o.Outcome.Seen() {
			answered++
		}
	}
	fmt.Fprintf(w, "\n%d API operations, %d answered everywhere\n", len(list), answered)
	if answered == len(list) && !all {
		return nil
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "SOURCE\tOPERATION\tOUTCOME\tCALLS\tREQUESTS\tNEEDS\tNOT ANSWERED IN")
	for _, o := range list {
		if o.Outcome.Seen() && !all {
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", o.Source, o.Name, o.Outcome, callsText(o.Calls), o.Requests, o.Permission,
			strings.Join(o.Scopes, ", "))
	}
	return tw.Flush()
}

// callsText is "97 ok, 3 denied", the most frequent outcome first.
func callsText(calls map[evidence.Outcome]int) string {
	outcomes := slices.SortedFunc(maps.Keys(calls), func(a, b evidence.Outcome) int {
		return cmp.Or(cmp.Compare(calls[b], calls[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, o := range outcomes {
		parts = append(parts, fmt.Sprintf("%d %s", calls[o], o))
	}
	return strings.Join(parts, ", ")
}
