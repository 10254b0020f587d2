package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
)

func (c *command) reloadCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reload",
		Short: "Let the process that serves read its configuration again, and say what is wrong with it",
		Long: `reload does what SIGHUP does, and prints why a configuration is refused. It is taken whole or not at all: with one
mistake in it, everything stays as it was.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(*daemon.App) error {
				if c.service == nil {
					return errors.New("reload: nothing serves this store; start exhibit serve")
				}
				jobs, err := c.service.Reread(daemon.UserName(c.getenv))
				if err != nil {
					return usage(err)
				}
				return c.print(map[string]int{"jobs": jobs}, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "read; %d jobs\n", jobs)
					return err
				})
			})
		},
	}
}
