package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/bundle"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
)

func (c *command) bundleCommand() *cobra.Command {
	var framework, from, to, out string
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "Write the audit bundle of a framework and a period",
		Long: `bundle writes one zip with everything that a framework's controls rest on in a period: raw evidence, the judgements, the
ledger's proofs, exposures, gaps and omissions, tables and a report. An auditor verifies it offline, with exhibit-verify
or with sha256sum and ssh-keygen alone; its README says how.`,
		Example: "  exhibit bundle --framework soc2 --from 2026-01-01 --to 2026-03-31 -o soc2-q1.zip",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), c.recording(), func(app *daemon.App) error {
				if framework == "" {
					return usage(errors.New("bundle needs --framework; exhibit controls lint counts what there is"))
				}
				start, end, err := c.parsePeriod(from, to)
				if err != nil {
					return err
				}
				if _, err := app.Catalog.Framework(framework); err != nil {
					return usage(err)
				}
				sum, err := c.writeBundle(cmd.Context(), app, framework, evidence.Window{From: start, To: end}, c.clock(), c.path(out))
				if err != nil {
					return err
				}
				if err := c.record(app, "bundle", "file", c.path(out), "framework", framework, "from", start.Format(time.RFC3339),
					"to", end.Format(time.RFC3339)); err != nil {
					return err
				}
				err = c.print(sum, func(w io.Writer) error { return bundleText(w, out, sum) })
				if err == nil && sum.Empty {
					return silent(exitIncomplete)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&framework, "framework", "f", "", "framework: soc2, iso27001, cis-aws@5.0")
	cmd.Flags().StringVar(&from, "from", "90d", "start of the period: 2026-01-01, 90d (ago)")
	cmd.Flags().StringVar(&to, "to", "", "end of the period (default now)")
	cmd.Flags().StringVarP(&out, "output", "o", "bundle.zip", "file to write; it must not exist")
	return cmd
}

func (c *command) writeBundle(ctx context.Context, app *daemon.App, framework string, period evidence.Window, asOf time.Time, path string,
) (sum bundle.Summary, err error) {
	_, err = writeNew(path, func(w io.Writer) (int64, error) {
		sum, err = app.Bundle(ctx, w, framework, period, asOf)
		return sum.Bytes, err
	})
	if err != nil {
		return sum, fmt.Errorf("write the bundle: %w", err)
	}
	return sum, nil
}

func bundleText(w io.Writer, file string, sum bundle.Summary) error {
	if sum.Empty {
		fmt.Fprintf(w, "%s has no evidence: nothing was collected in the period, and the bundle says so\n", file)
	}
	_, err := fmt.Fprintf(w, "wrote %s, %s, %d omissions listed in it\nverify with: exhibit-verify --key %s %s\n", file, bytesText(sum.Bytes),
		sum.Omissions, "'"+sum.Manifest.Ledger.Key+"'", file)
	return err
}
