package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"exhibit/internal/config"
	"exhibit/internal/daemon"
)

var update = flag.Bool("update", false, "write the generated pages anew")

// TestPages holds that the generated pages are current. go test ./cmd/exhibit -update writes them.
func TestPages(t *testing.T) {
	for path, generate := range map[string]func(io.Writer) error{
		"COMMANDS.md":                     commandsPage,
		"../../collectors/PERMISSIONS.md": permissionsPage,
		"../../controls/CONTROLS.md": func(w io.Writer) error {
			cat, err := daemon.LoadCatalog(config.Default("."))
			if err != nil {
				return err
			}
			return cat.Docs(w)
		},
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			var b bytes.Buffer
			if err := generate(&b); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			have, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(have, b.Bytes()) {
				t.Errorf("%s is not current: run go test ./cmd/exhibit -update", path)
			}
		})
	}
}

// TestCommandsDocumented holds that every command says what it does, and what may follow it.
func TestCommandsDocumented(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" {
			t.Errorf("%s says nothing about itself", cmd.CommandPath())
		}
		if cmd.Runnable() && cmd.Args == nil {
			t.Errorf("%s takes any arguments", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk((&command{}).root())
}

func commandsPage(w io.Writer) error {
	fmt.Fprint(w, "# Commands\n\nGenerated from the commands themselves.\n")
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		fmt.Fprintf(w, "\n## %s\n\n%s\n", cmd.CommandPath(), cmd.Short+".")
		if cmd.Long != "" {
			fmt.Fprintf(w, "\n%s\n", cmd.Long)
		}
		if cmd.Runnable() {
			fmt.Fprintf(w, "\n```\n%s\n", strings.TrimSpace(cmd.UseLine()))
			if cmd.HasLocalFlags() {
				fmt.Fprintf(w, "\n%s", cmd.LocalFlags().FlagUsages())
			}
			if cmd.Example != "" {
				fmt.Fprintf(w, "\n%s\n", cmd.Example)
			}
			fmt.Fprint(w, "```\n")
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk((&command{}).root())
	return nil
}

func permissionsPage(w io.Writer) error {
	fmt.Fprint(w, "# Permissions\n\nGenerated from the operations that the collectors declare; no other operation leaves the machine.\n")
	for _, name := range daemon.PermissionProviders() {
		p, err := daemon.Permissions(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n## %s\n\n```\n%s\n```\n\n| operation | permissions | lost without it |\n|---|---|---|\n", name, strings.TrimSpace(p.Policy))
		for _, o := range p.Operations {
			lost := strings.Join(o.Types, ", ")
			if lost == "" {
				lost = "the whole source"
			}
			fmt.Fprintf(w, "| `%s` | %s | %s |\n", o.Name, strings.Join(o.Permissions, ", "), lost)
		}
	}
	return nil
}
