package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
)

func (c *command) permissionsCommand() *cobra.Command {
	names := daemon.PermissionProviders()
	return &cobra.Command{
		Use:   "permissions " + strings.Join(names, "|"),
		Short: "Print the least privilege that collecting needs, generated from what collectors declare",
		Long: `permissions prints what the collecting identity must be allowed to do, in the provider's own form: an IAM policy, a custom
role, the permissions of a token. It is generated from the operations that the collectors declare; the transport lets no
other operation out.`,
		Example:   "  exhibit permissions aws > exhibit-read.json",
		Args:      exactly(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := daemon.Permissions(args[0])
			if err != nil {
				return usage(err)
			}
			return c.print(p, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, strings.TrimSuffix(p.Policy, "\n"))
				return err
			})
		},
	}
}
