package bundle

import (
	"bufio"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// controls writes the framework's requirements and their controls as they were judged, for people.
func (b *builder) controls() error {
	return b.out.file(format.Controls, "the requirements, the controls and the checks, as they were judged",
		func(w *bufio.Writer) error {
			f := b.scope.framework
			fmt.Fprintf(w, "# %s (%s)\n\n## Requirements\n", f.Title, f.Key())
			for _, r := range f.Requirements {
				fmt.Fprintf(w, "\n### %s %s\n\n", r.ID, flat(r.Title))
				item(w, "Controls", strings.Join(r.Controls, ", "))
				item(w, "Checks", strings.Join(r.Checks, ", "))
				item(w, "Strength", r.Strength)
				item(w, "By hand", flat(r.Manual))
				item(w, "Not met by this tool", flat(r.None))
			}
			fmt.Fprint(w, "\n## Controls\n")
			for _, c := range b.scope.controls {
				control(w, c)
			}
			return nil
		})
}

func control(w *bufio.Writer, c evidence.Control) {
	fmt.Fprintf(w, "\n### %s: %s\n\n%s\n\n", c.ID, flat(c.Title), flat(c.Statement))
	item(w, "Owner", c.Owner)
	item(w, "Evidence may be as old as", c.Freshness.String())
	item(w, "By hand", flat(c.Manual))
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		item(w, "Threshold "+name, fmt.Sprintf("%s (%s)", c.Params[name].Value, c.Params[name].Bound))
	}
	for _, k := range c.Checks {
		fmt.Fprintf(w, "\n#### %s: %s\n\n", k.ID, flat(k.Title))
		item(w, "Looks at", k.Subject)
		item(w, "Severity", string(k.Severity))
		item(w, "Only where", code(k.Where))
		item(w, "Passes when", code(k.Assert))
		item(w, "When there is nothing to look at", string(k.OnEmpty))
		item(w, "Notes", flat(k.Notes))
	}
}

func item(w *bufio.Writer, name, text string) {
	if text != "" {
		fmt.Fprintf(w, "- %s: %s\n", name, text)
	}
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

func code(expression string) string {
	if expression == "" {
		return ""
	}
	return "`" + flat(expression) + "`"
}
