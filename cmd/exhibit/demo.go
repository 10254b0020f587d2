package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"exhibit/internal/config"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) demoCommand() *cobra.Command {
	var dir string
	var noServe bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Ninety days of a simulated company: collect, assess, drift, exposure, bundle and report; no account needed",
		Long: `demo lets 90 days of a simulated company pass. Real collectors ask simulated providers over HTTP on loopback, every day is
committed and judged, and things go wrong on the way: a bucket that is public for two days between two green month ends,
a trail that stops, an accepted risk that ends, a permission that is lost. It ends with the posture, what drifted, how
long what was exposed, and a bundle, and shows the report at a local address.`,
		Example: "  exhibit demo\n  exhibit demo --dir ./demo --no-serve",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.demo(cmd.Context(), c.path(dir), noServe)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "keep evidence.db and bundle.zip here (default: a temporary folder)")
	cmd.Flags().BoolVar(&noServe, "no-serve", false, "do not show the report at a local address; exit when done")
	return cmd
}

// demoResult is what demo prints with --json.
type demoResult struct {
	Company   string              `json:"company"`
	Dir       string              `json:"dir"`
	Period    evidence.Window     `json:"period"`
	Bundle    string              `json:"bundle"`
	Posture   *report.Posture     `json:"posture"`
	Exposures []evidence.Exposure `json:"exposures"`
}

func (c *command) demo(ctx context.Context, dir string, noServe bool) error {
	if c.held != nil {
		return errors.New("demo: run it apart from a process that holds a store")
	}
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "exhibit-demo-"); err != nil {
			return err
		}
	} else if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if !c.json {
		fmt.Fprintf(c.stdout, "Simulating a company for 90 days, in %s\n", dir)
	}
	bar := c.progress("days")
	demo, err := daemon.RunDemo(ctx, daemon.DemoOptions{Dir: dir, Until: c.clock(), Getenv: c.getenv, Progress: func(n, total int) {
		bar.set(int64(n), int64(total))
	}})
	bar.done()
	if err != nil {
		return err
	}
	return errors.Join(c.demoEnd(ctx, demo, dir, noServe), demo.App.Close())
}

func (c *command) demoEnd(ctx context.Context, demo *daemon.Demo, dir string, noServe bool) error {
	res := demoResult{Company: demo.Company, Dir: dir, Period: demo.Period, Bundle: filepath.Join(dir, "bundle.zip")}
	err := demo.App.Store.View(func(v *store.View) (err error) {
		res.Posture, err = demo.App.Posture(v, demo.Period.To, demo.Period)
		return err
	})
	if err != nil {
		return err
	}
	res.Exposures = res.Posture.Exposures
	if _, err := c.writeBundle(ctx, demo.App, "soc2", demo.Period, demo.Period.To, res.Bundle); err != nil {
		return err
	}
	if c.json {
		if err := c.print(res, nil); err != nil {
			return err
		}
	} else if err := c.demoText(res); err != nil {
		return err
	}
	if noServe {
		return nil
	}
	return c.serve(ctx, demo.App, filepath.Join(dir, config.FileName), "", slog.New(slog.DiscardHandler))
}

func (c *command) demoText(res demoResult) error {
	o := c.textOptions()
	o.Limit = 12
	w := c.stdout
	for _, part := range []struct {
		title string
		write func(io.Writer) error
	}{
		{fmt.Sprintf("%s, %s to %s", res.Company, day(res.Period.From), day(res.Period.To)), func(w io.Writer) error { return report.Text(w, res.Posture, o) }},
		{"What changed over the period", func(w io.Writer) error { return report.Changes(w, res.Posture.Changes, o) }},
		{"How long what was exposed", func(w io.Writer) error { return report.Exposures(w, res.Exposures, o) }},
		{"Where nobody looked", func(w io.Writer) error { return report.Gaps(w, res.Posture.Gaps, o) }},
	} {
		fmt.Fprintf(w, "\n%s\n\n", part.title)
		if err := part.write(w); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "\nbundle  %s\nTry:    exhibit verify %s\n", res.Bundle, res.Bundle)
	fmt.Fprintf(w, "        exhibit -c %s show larkspur-prod-media\n", filepath.Join(res.Dir, "exhibit.yaml"))
	return nil
}
