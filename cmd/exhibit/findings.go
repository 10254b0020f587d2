package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/evidence"
	"exhibit/internal/report"
	"exhibit/internal/store"
)

func (c *command) findingsCommand() *cobra.Command {
	var at, control, severity, owner string
	var unknowns, all bool
	cmd := &cobra.Command{
		Use:     "findings",
		Short:   "List what fails, with the deciding facts, owner and remediation; or what is unknown and why",
		Example: "  exhibit findings --severity high --owner payments\n  exhibit findings --unknown",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := c.parseTime(at, true)
			if err != nil {
				return err
			}
			least := evidence.Severity(severity)
			if severity != "" && least.Rank() == 0 {
				return usage(fmt.Errorf("severity %q: expected low, medium, high or critical", severity))
			}
			return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
				posture, err := app.Posture(v, t, evidence.Window{})
				if err != nil {
					return err
				}
				if err := knownControl(posture, control); err != nil {
					return err
				}
				who, err := knownOwner(app, owner)
				if err != nil {
					return err
				}
				if unknowns {
					return c.printUnknowns(posture, control, who)
				}
				failures := []report.Failure{}
				for _, f := range posture.Failures {
					if (control == "" || f.Control == control) && (who == "" || f.Owner == who) && f.Severity.Rank() >= least.Rank() {
						failures = append(failures, f)
					}
				}
				return c.print(failures, func(w io.Writer) error {
					return report.Failures(w, failures, c.listOptions(all))
				})
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "as of this time: 2026-03-31, 2026-03-31T12:00:00Z, 7d (ago)")
	cmd.Flags().StringVar(&control, "control", "", "only of this control")
	cmd.Flags().StringVar(&severity, "severity", "", "only this grave or graver: low, medium, high, critical")
	cmd.Flags().StringVar(&owner, "owner", "", "only what this person or team owns")
	cmd.Flags().BoolVar(&unknowns, "unknown", false, "list what is unknown instead, with the missing permissions")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out")
	return cmd
}

// knownControl refuses a control that was not judged: that nothing of it fails would be no news.
func knownControl(p *report.Posture, id string) error {
	if id == "" || slices.ContainsFunc(p.Controls, func(k report.ControlPosture) bool { return k.ID == id }) {
		return nil
	}
	return usage(fmt.Errorf("control %q was not judged by then; exhibit controls list shows what there is", id))
}

func (c *command) printUnknowns(p *report.Posture, control, owner string) error {
	list := []report.Unknown{}
	for _, u := range p.Unknowns {
		if (control == "" || u.Control == control) && (owner == "" || u.Owner == owner) {
			list = append(list, u)
		}
	}
	return c.print(list, func(w io.Writer) error {
		for _, u := range list {
			fmt.Fprintf(w, "%s  %s  %d unknown: %s\n", u.Check, u.Scope, u.Count, u.Reason)
			for _, m := range u.Missing {
				fmt.Fprintf(w, "    %s: %s %s\n", m.Operation, m.Outcome, permissionText(m))
			}
		}
		_, err := fmt.Fprintf(w, "%d reasons for not knowing\n", len(list))
		return err
	})
}

func permissionText(m evidence.Missing) string {
	var parts []string
	if m.Permission != "" {
		parts = append(parts, "needs "+m.Permission)
	}
	if m.Code != "" {
		parts = append(parts, m.Code)
	}
	return strings.Join(parts, ", ")
}
