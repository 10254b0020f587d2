package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"exhibit/internal/daemon"
	"exhibit/internal/store"
)

func (c *command) showCommand() *cobra.Command {
	var subjectType, scope string
	cmd := &cobra.Command{
		Use:   "show SUBJECT",
		Short: "Show one subject: its raw evidence, how it changed, and what each check said when",
		Long: `show finds a subject by its full id (an ARN, a self link, a resource id, a URL), by the end of its id or by its name,
and prints its evidence as it is kept, the versions that were seen, and the intervals of every check's verdict.`,
		Example: "  exhibit show arn:aws:s3:::press-kit\n  exhibit show --type aws.iam.user ada.lovelace --json",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withApp(cmd.Context(), daemon.Read, func(app *daemon.App) error {
				return app.Store.View(func(v *store.View) error {
					found, err := findSubjects(v, subjectType, scope, args[0])
					if err != nil {
						return err
					}
					return c.show(app, v, args[0], found)
				})
			})
		},
	}
	cmd.Flags().StringVarP(&subjectType, "type", "t", "", "only subjects of this type, aws.s3.bucket")
	cmd.Flags().StringVar(&scope, "scope", "", "only in this scope, aws:111122223333")
	return cmd
}

// findSubjects returns the subjects that go by a name, of one type and in one scope only unless these are empty.
func findSubjects(v *store.View, subjectType, scope, what string) ([]daemon.Place, error) {
	found, err := daemon.FindSubjects(v, subjectType, what)
	return slices.DeleteFunc(found, func(p daemon.Place) bool { return scope != "" && p.Scope != scope }), err
}

func (c *command) show(app *daemon.App, v *store.View, what string, found []daemon.Place) error {
	if err := c.onlyOne("show", what, found); err != nil {
		return err
	}
	shown, err := daemon.Show(v, found[0])
	if err != nil {
		return err
	}
	if app.Config.Owners.Configured() {
		owned, err := app.Owners(v).Explain(found[0], "")
		if err != nil {
			return err
		}
		shown.Owner = &owned.Answer
	}
	return c.print(shown, func(w io.Writer) error { return showText(w, shown) })
}

// onlyOne refuses a name that nothing or more than one subject goes by.
func (c *command) onlyOne(verb, what string, found []daemon.Place) error {
	switch len(found) {
	case 0:
		return fmt.Errorf("%s %s: no subject has that id or name", verb, what)
	case 1:
		return nil
	}
	fmt.Fprintf(c.stderr, "%d subjects match %s:\n", len(found), what)
	for _, p := range found {
		fmt.Fprintf(c.stderr, "  %s  %s  %s\n", p.Type, p.Scope, p.ID)
	}
	return usage(errors.New("name one by its full id, with --type and --scope where needed"))
}

func showText(w io.Writer, s daemon.Shown) error {
	fmt.Fprintf(w, "%s  %s\n%s\n", s.Type, s.ID, s.Scope)
	if s.Name != "" {
		fmt.Fprintf(w, "name %s\n", s.Name)
	}
	if s.Owner != nil {
		fmt.Fprintf(w, "%s\n", ownerText(*s.Owner))
	}
	if c := s.Coverage; c != nil {
		fmt.Fprintf(w, "events known %s to %s\n", minute(c.Span.From), minute(c.Span.To))
		for _, g := range c.Gaps {
			fmt.Fprintf(w, "  not %s to %s: %s\n", minute(g.Window.From), minute(g.Window.To), g.Reason)
		}
	}
	if c := s.Recounted; c != nil {
		fmt.Fprintf(w, "its list is not proven whole: %s counts %d, %d were listed\n", c.Operation, c.Count, s.Listed)
	}
	fmt.Fprintln(w, "\nVersions")
	tw := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	for _, v := range s.Versions {
		what := v.Object.Short()
		if v.Object.IsZero() {
			what = "gone"
		}
		fmt.Fprintf(tw, "  %s\t%s to %s\tentry %d\n", what, minute(v.First.To), minute(v.Last.To), v.Entry)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nVerdicts")
	for i, st := range s.States {
		if i == 0 || s.States[i-1].Check != st.Check {
			fmt.Fprintf(tw, "  %s\t\t\n", st.Check)
		}
		verdict := string(st.Verdict)
		if verdict == "" {
			verdict = "gone"
		}
		last := "now"
		if i+1 < len(s.States) && s.States[i+1].Check == st.Check {
			last = minute(st.Last)
		}
		fmt.Fprintf(tw, "    %s\t%s to %s\t\n", verdict, minute(st.First), last)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if s.Disposed != "" {
		_, err := fmt.Fprintf(w, "\nEvidence %s\n%s\n", s.Digest, s.Disposed)
		return err
	}
	var doc bytes.Buffer
	if err := json.Indent(&doc, s.Latest, "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nEvidence %s\n%s\n", s.Digest, doc.Bytes())
	return err
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }
