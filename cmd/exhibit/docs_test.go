package main

import (
	"bytes"
	"cmp"
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
	cat, err := daemon.LoadCatalog(config.Default("."))
	if err != nil {
		return err
	}
	fmt.Fprint(w, `# Permissions

Generated from the operations that the collectors declare; no other operation leaves the machine. What is lost without a
permission is what the recorded answers of each collector lack when its operation is refused, and the checks that read it:
those become unknown, and nothing else changes.
`)
	for _, name := range daemon.PermissionProviders() {
		p, err := daemon.Permissions(cat, name, "policy")
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n## %s\n\n```\n%s\n```\n", name, strings.TrimSpace(p.Policy))
		fmt.Fprint(w, "\n| permission | operations | lost without it | checks that become unknown |\n|---|---|---|---|\n")
		for _, n := range p.Needs {
			var checks []string
			for _, k := range n.Lost.Checks {
				checks = append(checks, k.Check)
			}
			fmt.Fprintf(w, "| %s | %s | %s | %s |\n", n.Permission, strings.Join(n.Operations, ", "), n.Lost,
				cmp.Or(strings.Join(checks, ", "), "none"))
		}
		for _, o := range p.Operations {
			if len(o.Permissions) == 0 {
				fmt.Fprintf(w, "\n`%s` needs no permission.\n", o.Name)
			}
		}
	}
	return nil
}
