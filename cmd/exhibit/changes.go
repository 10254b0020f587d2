package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/change"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

// changesFlags say which changes are meant.
type changesFlags struct {
	from, to, repository string
	csv, all             bool
}

func (f *changesFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.from, "from", "90d", "start of the period: 2026-01-01, 90d (ago)")
	cmd.Flags().StringVar(&f.to, "to", "", "end of the period (default: as far as everything was collected)")
	cmd.Flags().StringVar(&f.repository, "repository", "", "only this repository: its address, or owner/name")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "write CSV for a spreadsheet")
	cmd.Flags().BoolVar(&f.all, "all", false, "leave nothing out")
}

func (c *command) changesCommand() *cobra.Command {
	var f changesFlags
	cmd := &cobra.Command{
		Use:   "changes",
		Short: "List all changes of a period with their approvals, what went around them, and the deployments",
		Long: `changes lists every change that was merged into a default branch within the period: who made it, who approved which state
of it when, the verdict and what decided it, and where it was deployed to. Commits that reached the branch past all changes
are listed, and all commits of the period are counted against those that a change accounts for: that is how it is known that
the list is whole. What could not be seen is said at the top, and the exit code is 3.

The numbers below it: how much reached the branch without another person's approval, how long approval took, how many
deployments to production nobody else approved, were rolled back or followed by a failure, and how long commits waited
elsewhere before they went to production. The same evidence gives the same bytes.

Where exhibit.yaml says in which accounts deployments change things (environments), each production deployment is told with
what began to fail there from its start to a day after its end, or to the next deployment to the same place. That is what
came first, never what made it. Perhaps is said where looking now and then leaves open whether it began in that time.`,
		Example: "  exhibit changes --from 2026-01-01 --to 2026-03-31\n  exhibit changes --repository acme/shop --csv > changes.csv",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := c.changes(cmd.Context(), f)
			if err != nil {
				return err
			}
			err = c.print(p, func(w io.Writer) error {
				if f.csv {
					return report.ChangeListCSV(w, p)
				}
				return report.ChangeListText(w, p, c.listOptions(f.all))
			})
			return whole(p, err)
		},
	}
	f.add(cmd)
	return cmd
}

func (c *command) sampleCommand() *cobra.Command {
	var f changesFlags
	var population, seed string
	var size int
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Draw a sample of a population that can be drawn again",
		Long: `sample draws some changes of a period for an auditor to look at. The seed and the list decide alone: those whose SHA-256
of the seed, a line feed, the type, a space and the id comes first. Whoever has both draws the same. The digest of the
population stands beside the sample, with what could not be seen of it; the exit code is 3 then.`,
		Example: "  exhibit sample --population changes --from 2026-01-01 --to 2026-03-31 --size 25 --seed 'Q1 2026'",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case population != "changes":
				return usage(fmt.Errorf("population %q: there is only changes", population))
			case seed == "":
				return usage(errors.New("--seed is missing: the auditor chooses it"))
			case size < 1:
				return usage(fmt.Errorf("size %d: expected at least 1", size))
			}
			p, err := c.changes(cmd.Context(), f)
			if err != nil {
				return err
			}
			drawn := p.Draw(size, seed)
			err = c.print(drawn, func(w io.Writer) error {
				if f.csv {
					return report.SampleCSV(w, drawn)
				}
				return report.SampleText(w, drawn, c.listOptions(f.all))
			})
			return whole(p, err)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&population, "population", "changes", "what to draw from: changes")
	cmd.Flags().IntVar(&size, "size", 25, "how many to draw")
	cmd.Flags().StringVar(&seed, "seed", "", "any text; the same seed draws the same")
	return cmd
}

// changes reads the population that the flags name.
func (c *command) changes(ctx context.Context, f changesFlags) (p change.Population, err error) {
	start, end, err := c.parsePeriod(f.from, f.to)
	if err != nil {
		return p, err
	}
	err = c.view(ctx, func(app *daemon.App, v *store.View) error {
		period := evidence.Window{From: start, To: end}
		if f.to == "" {
			period.To = time.Time{}
		}
		p, err = app.Changes(v, end, period, f.repository)
		return err
	})
	return p, err
}

// whole adds to what was printed that not everything could be seen.
func whole(p change.Population, err error) error {
	if err == nil && !p.Whole() {
		return silent(exitIncomplete)
	}
	return err
}
