package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"exhibit/internal/bundle/verify"
	"exhibit/internal/daemon"
)

func (c *command) verifyCommand() *cobra.Command {
	var key, previous string
	var whole bool
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Verify a bundle offline, or with --whole-store the store itself",
		Long: `verify checks a bundle from the signed checkpoint down to the last byte, and names each file that is wrong with the reason.
It does what the separate program exhibit-verify does, which an auditor may rather trust.

Exit codes: 0 whole, 1 something is wrong, 2 not a bundle.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case whole && len(args) == 0:
				return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
					return c.checkStore(cmd.Context(), app)
				})
			case whole || len(args) != 1:
				return usage(errors.New("verify takes one bundle, or --whole-store and none"))
			}
			return c.verifyBundle(args[0], key, previous)
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the ledger's verifier line, as the company gave it by other means")
	cmd.Flags().StringVar(&previous, "previous", "", "an earlier checkpoint or bundle of the same ledger, which this one must extend")
	cmd.Flags().BoolVar(&whole, "whole-store", false, "verify the store instead, as store check does")
	return cmd
}

func (c *command) verifyBundle(file, key, previous string) error {
	o := verify.Options{TrustedKey: key}
	if previous != "" {
		err := withFile(c.path(previous), func(f *os.File, size int64) (err error) {
			o.Previous, err = verify.Checkpoint(f, size)
			return err
		})
		if err != nil {
			return usage(fmt.Errorf("read the earlier checkpoint: %w", err))
		}
	}
	var report verify.Report
	err := withFile(c.path(file), func(f *os.File, size int64) (err error) {
		report, err = verify.Bundle(f, size, o)
		return err
	})
	if err != nil {
		return usage(fmt.Errorf("verify %s: %w", file, err))
	}
	if err := c.print(report, func(w io.Writer) error { return report.Text(w) }); err != nil {
		return err
	}
	if !report.OK() {
		return silent(exitProblem)
	}
	return nil
}

func withFile(path string, use func(f *os.File, size int64) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return use(f, info.Size())
}
