package catalog

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Docs writes the catalog as one Markdown page: every control with its checks, and every framework with what meets it.
func (c *Catalog) Docs(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := func(format string, args ...any) { fmt.Fprintf(out, format, args...) }
	checks := 0
	for _, k := range c.Controls {
		checks += len(k.Checks)
	}
	p("# Controls\n\n%d controls with %d checks. This page is made from the catalog by `exhibit controls docs`.\n",
		len(c.Controls), checks)
	used := c.requirementsOf()
	for _, domain := range c.domains() {
		p("\n## %s\n", domain)
		for _, k := range c.Controls {
			if k.Domain == domain {
				c.docControl(p, k, used[k.ID])
			}
		}
	}
	for _, f := range c.Frameworks {
		docFramework(p, f)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the controls page: %w", err)
	}
	return nil
}

func (c *Catalog) domains() []string {
	found := map[string]bool{}
	for _, k := range c.Controls {
		found[k.Domain] = true
	}
	return sorted(found)
}

// requirementsOf returns for each control the requirements that name it, "soc2@2017-2022 CC6.1".
func (c *Catalog) requirementsOf() map[string][]string {
	out := map[string][]string{}
	for _, f := range c.Frameworks {
		for _, q := range f.Requirements {
			for _, id := range q.Controls {
				out[id] = append(out[id], f.Key()+" "+q.ID)
			}
		}
	}
	return out
}

func (c *Catalog) docControl(p func(string, ...any), k evidence.Control, used []string) {
	p("\n### %s\n\n%s\n\n%s\n\n", k.ID, markdown(k.Title), markdown(k.Statement))
	p("- Owner: %s. Evidence may be %s old.\n", markdown(k.Owner), strings.TrimSuffix(k.Freshness.String(), "0m0s"))
	for _, name := range sorted(k.Params) {
		param := k.Params[name]
		bound := map[string]string{"max": "at most", "min": "at least"}[param.Bound]
		p("- `%s`: %s %s.\n", name, bound, code(string(param.Value)))
	}
	if len(used) > 0 {
		p("- Meets: %s.\n", markdown(strings.Join(used, ", ")))
	}
	if k.Manual != "" {
		p("- By hand: %s\n", markdown(k.Manual))
	}
	for _, check := range k.Checks {
		p("\n#### %s\n\n%s\n\n", check.ID, markdown(check.Title))
		p("- Severity %s; looks at `%s`; when there are none: %s.\n", check.Severity, check.Subject, check.OnEmpty)
		if check.Where != "" {
			p("- Where %s\n", code(check.Where))
		}
		p("- Passes when %s\n", code(check.Assert))
		p("- To mend: %s\n", markdown(check.Remediation))
		if check.Notes != "" {
			p("- Note: %s\n", markdown(check.Notes))
		}
	}
}

func docFramework(p func(string, ...any), f evidence.Framework) {
	p("\n## %s (%s)\n\n", markdown(f.Title), f.Key())
	p("| requirement | title | met by | strength | by hand, or why not |\n|---|---|---|---|---|\n")
	for _, q := range f.Requirements {
		met := q.Controls
		if len(q.Checks) > 0 {
			met = append(slices.Clone(met), q.Checks...)
		}
		other := q.Manual
		if q.None != "" {
			other = "None: " + q.None
		}
		p("| %s | %s | %s | %s | %s |\n", markdown(q.ID), markdown(q.Title), markdown(strings.Join(met, ", ")), q.Strength,
			markdown(other))
	}
}

// markdown makes text safe in a line and in a table's cell.
func markdown(s string) string {
	r := strings.NewReplacer("\\", `\\`, "|", `\|`, "\n", " ", "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", "[", `\[`)
	return r.Replace(strings.TrimSpace(s))
}

// code puts text between as many backticks as it takes.
func code(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	s = strings.Join(strings.Fields(s), " ")
	if len(fence) > 1 || strings.HasPrefix(s, "`") {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}
