package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"exhibit/internal/catalog"
	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
)

func (c *command) controlsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "controls",
		Short: "List, lint, test and document controls and mappings",
		Args:  exactly(0),
		RunE:  helpOnly,
	}
	cmd.AddCommand(c.controlsListCommand(), c.controlsLintCommand(), c.controlsTestCommand(), c.controlsDocsCommand())
	return cmd
}

// catalog loads the catalog without opening a store. A mistake in it is the user's.
func (c *command) catalog() (*catalog.Catalog, error) {
	cfg, err := c.configuration()
	if err != nil {
		return nil, err
	}
	cat, err := daemon.LoadCatalog(cfg)
	return cat, usage(err)
}

func (c *command) controlsListCommand() *cobra.Command {
	var framework string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List controls, or the requirements of a framework with what meets them",
		Args:  exactly(0),
		RunE: func(*cobra.Command, []string) error {
			cat, err := c.catalog()
			if err != nil {
				return err
			}
			if framework != "" {
				return c.listRequirements(cat, framework)
			}
			return c.print(cat.Controls, func(w io.Writer) error {
				tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
				fmt.Fprintln(tw, "DOMAIN\tCONTROL\tCHECKS\tTITLE")
				for _, one := range cat.Controls {
					fmt.Fprintf(tw, "%s\t%s\t%d\t%s\n", one.Domain, one.ID, len(one.Checks), one.Title)
				}
				return tw.Flush()
			})
		},
	}
	cmd.Flags().StringVarP(&framework, "framework", "f", "", "list this framework's requirements: soc2, iso27001, cis-aws@5.0")
	return cmd
}

func (c *command) listRequirements(cat *catalog.Catalog, name string) error {
	f, err := cat.Framework(name)
	if err != nil {
		return usage(err)
	}
	return c.print(f, func(w io.Writer) error {
		tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintf(w, "%s, version %s\n", f.Title, f.Version)
		fmt.Fprintln(tw, "REQUIREMENT\tMET BY\tTITLE")
		for _, r := range f.Requirements {
			fmt.Fprintf(tw, "%s\t%s\t%s\n", r.ID, metBy(r), r.Title)
		}
		return tw.Flush()
	})
}

func metBy(r evidence.Requirement) string {
	switch {
	case len(r.Controls) == 1:
		return "1 control, " + r.Strength
	case len(r.Controls) > 1:
		return fmt.Sprintf("%d controls, %s", len(r.Controls), r.Strength)
	case r.Manual != "":
		return "by hand"
	}
	return "nothing here"
}

func (c *command) controlsLintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lint",
		Short: "Read all controls and mappings strictly; say what is wrong, with file, line and column",
		Args:  exactly(0),
		RunE: func(*cobra.Command, []string) error {
			cat, err := c.catalog()
			if err != nil {
				return err
			}
			warnings := cat.Lint()
			digest, err := cat.Digest()
			if err != nil {
				return err
			}
			checks := 0
			for _, one := range cat.Controls {
				checks += len(one.Checks)
			}
			return c.print(map[string]any{"controls": len(cat.Controls), "checks": checks, "frameworks": len(cat.Frameworks),
				"digest": digest, "warnings": warnings}, func(w io.Writer) error {
				for _, s := range warnings {
					fmt.Fprintln(w, "warning:", s)
				}
				fmt.Fprintf(w, "%d controls, %d checks, %d frameworks: no errors, %d warnings\n", len(cat.Controls), checks,
					len(cat.Frameworks), len(warnings))
				return nil
			})
		},
	}
}

func (c *command) controlsTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test",
		Short: "Run the cases that controls carry, and say which give another verdict",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cat, err := c.catalog()
			if err != nil {
				return err
			}
			return c.runCases(cmd.Context(), cat)
		},
	}
}

func (c *command) runCases(ctx context.Context, cat *catalog.Catalog) error {
	results, err := cat.RunCases(ctx)
	if err != nil {
		return err
	}
	bad := 0
	for _, r := range results {
		if !r.OK() {
			bad++
		}
	}
	err = c.print(results, func(w io.Writer) error {
		for _, r := range results {
			if !r.OK() {
				fmt.Fprintln(w, r)
			}
		}
		fmt.Fprintf(w, "%d cases, %d wrong\n", len(results), bad)
		return nil
	})
	if err == nil && bad > 0 {
		return silent(exitProblem)
	}
	return err
}

func (c *command) controlsDocsCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "docs",
		Short: "Write the reference page of all controls, checks and mappings (Markdown)",
		Args:  exactly(0),
		RunE: func(*cobra.Command, []string) error {
			cat, err := c.catalog()
			if err != nil {
				return err
			}
			if c.json {
				return c.print(cat.Controls, nil)
			}
			if out == "" {
				return cat.Docs(c.stdout)
			}
			f, err := os.Create(filepath.Clean(c.path(out)))
			if err != nil {
				return err
			}
			defer f.Close()
			if err := cat.Docs(f); err != nil {
				return err
			}
			return f.Close()
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to this file")
	return cmd
}
