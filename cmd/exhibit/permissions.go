package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
)

func (c *command) permissionsCommand() *cobra.Command {
	names := daemon.PermissionProviders()
	var format string
	var part int
	cmd := &cobra.Command{
		Use:   "permissions " + strings.Join(names, "|"),
		Short: "Print the least privilege that collecting needs, generated from what collectors declare",
		Long: `permissions prints what the collecting identity must be allowed to do, in the provider's own form: an IAM policy, a custom
role, the permissions of a token. It is generated from the operations that the collectors declare; the transport lets no
other operation out.

An IAM managed policy is bounded, so that AWS may need several: they are printed one after the other, or one with --part.
terraform and cloudformation make the role that the accounts are read through; stackset is a CloudFormation template that
makes it in every account of an organization, those that join later among them.

With --json each permission says what is lost without it: the checks that become unknown.`,
		Example: "  exhibit permissions aws > exhibit-read.json\n  exhibit permissions aws --format terraform > exhibit-read.tf\n" +
			"  exhibit permissions aws --format stackset > exhibit-read.json",
		Args:      exactly(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			return c.permissions(args[0], format, part)
		},
	}
	cmd.Flags().StringVar(&format, "format", "policy", strings.Join(daemon.PermissionFormats(), ", "))
	cmd.Flags().IntVar(&part, "part", 0, "print one of several policies, counted from 1")
	return cmd
}

func (c *command) permissions(name, format string, part int) error {
	if !slices.Contains(daemon.PermissionProviders(), name) {
		return usage(fmt.Errorf("permissions %s: expected one of %s", name, strings.Join(daemon.PermissionProviders(), ", ")))
	}
	cfg, err := c.configuration()
	if err != nil {
		return err
	}
	cat, err := daemon.LoadCatalog(cfg)
	if err != nil {
		return usage(err)
	}
	p, err := daemon.Permissions(cat, name, format)
	if err != nil {
		return usage(err)
	}
	if part != 0 {
		if part < 0 || part > len(p.Parts) {
			return usage(fmt.Errorf("part %d: there are %d", part, len(p.Parts)))
		}
		p.Policy, p.Parts = p.Parts[part-1], nil
	}
	return c.print(p, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, strings.TrimSuffix(p.Policy, "\n"))
		if len(p.Parts) > 1 {
			fmt.Fprintf(c.stderr, "These are %d policies: a managed policy holds no more. --part prints one of them.\n", len(p.Parts))
		}
		return err
	})
}
