package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/owner"
	"exhibit/internal/store"
)

func (c *command) ownersCommand() *cobra.Command {
	var of, subjectType, scope, control, since string
	var all bool
	cmd := &cobra.Command{
		Use:   "owners",
		Short: "Show who owns what, what nobody owns, and where the mapping no longer fits the estate",
		Long: `owners surveys the newest view by the rules under owners: in exhibit.yaml. The first rule that gives a
subject to somebody under people: decides; a name that is not there is passed over and listed. Failures on what no rule
gives away go to the owner of their control, then to owners_default:.

It also lists rules that match nothing or come too late, services without members, subject types that no check reads,
controls and requirements that no source says anything about, and checks that never looked at anything.

--of explains one subject, rule by rule. --since lists the subjects whose owner changed because they did (a tag, a
CODEOWNERS). A changed rule is no change of the estate; and of a repository whose CODEOWNERS changed, only itself is
listed, and not what belongs to it.`,
		Example: "  exhibit owners\n  exhibit owners --of arn:aws:s3:::press-kit\n  exhibit owners --since 30d --json",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if of == "" && subjectType+scope+control != "" {
				return usage(errors.New("--type, --scope and --control go with --of"))
			}
			var from time.Time
			if since != "" {
				var err error
				if from, err = c.parseTime(since, false); err != nil {
					return err
				}
			}
			return c.view(cmd.Context(), func(app *daemon.App, v *store.View) error {
				if of != "" {
					return c.explainOwner(app, v, of, subjectType, scope, control)
				}
				r, err := app.OwnersReport(v, from)
				if err != nil {
					return err
				}
				return c.print(r, func(w io.Writer) error { return ownersText(w, r, all) })
			})
		},
	}
	cmd.Flags().StringVar(&of, "of", "", "explain who owns this subject: its id, the end of its id, or its name")
	cmd.Flags().StringVarP(&subjectType, "type", "t", "", "with --of: only subjects of this type, aws.s3.bucket")
	cmd.Flags().StringVar(&scope, "scope", "", "with --of: only in this scope, aws:111122223333")
	cmd.Flags().StringVar(&control, "control", "", "with --of: as this control sees it")
	cmd.Flags().StringVar(&since, "since", "", "also list whose owner changed since: 30d (ago), 2026-03-01")
	cmd.Flags().BoolVar(&all, "all", false, "leave nothing out of long lists")
	return cmd
}

func (c *command) explainOwner(app *daemon.App, v *store.View, what, subjectType, scope, control string) error {
	if control != "" {
		if _, ok := app.Catalog.Control(control); !ok {
			return usage(fmt.Errorf("control %q: there is none; exhibit controls list shows what there is", control))
		}
	}
	found, err := findSubjects(v, subjectType, scope, what)
	if err != nil {
		return err
	}
	if err := c.onlyOne("owner of", what, found); err != nil {
		return err
	}
	e, err := app.Owners(v).Explain(found[0], control)
	if err != nil {
		return err
	}
	return c.print(e, func(w io.Writer) error { return explanationText(w, e) })
}

// knownOwner returns the name under people that a flag means, "" when it is not set.
func knownOwner(app *daemon.App, name string) (string, error) {
	switch known := app.Config.Owners.Known(name); {
	case name == "" || known != "":
		return known, nil
	case !app.Config.Owners.Configured():
		return "", usage(fmt.Errorf("owner %q: exhibit.yaml names nobody under people:", name))
	}
	names := strings.Join(slices.Sorted(maps.Keys(app.Config.People)), ", ")
	return "", usage(fmt.Errorf("owner %q is not under people: in exhibit.yaml; there are %s", name, names))
}

// owned tells what one person owns; without one, everything.
type owned struct {
	name   string
	owners *daemon.Owners
}

func ownedBy(app *daemon.App, v *store.View, name string) (owned, error) {
	known, err := knownOwner(app, name)
	return owned{known, app.Owners(v)}, err
}

func (o owned) has(control, scope, subjectType, subject string) bool {
	return o.name == "" || o.owners.Of(control, scope, subjectType, subject) == o.name
}

func (o owned) err() error { return o.owners.Err() }

// ownerText is "owned by payments, by rule 2".
func ownerText(a owner.Answer) string {
	switch a.By {
	case owner.ByRule:
		return fmt.Sprintf("owned by %s, by rule %d", a.Owner, a.Rule)
	case owner.ByControl:
		return "owned by " + a.Owner + ", who owns the control"
	case owner.ByDefault:
		return "owned by " + a.Owner + ", by owners_default"
	}
	return "owned by nobody"
}
