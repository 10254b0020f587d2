package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// Warning is something that a reader of the catalog would stumble over. It does not keep the catalog from being used.
type Warning struct {
	Control, Check string // Check is empty for the control itself
	Msg            string
}

// String returns "control, check: message".
func (w Warning) String() string {
	if w.Check == "" {
		return w.Control + ": " + w.Msg
	}
	return w.Control + ", " + w.Check + ": " + w.Msg
}

// Lint returns the warnings, in order of controls and checks.
func (c *Catalog) Lint() []Warning {
	out := []Warning{}
	mapped := map[string]bool{}
	for _, f := range c.Frameworks {
		for _, q := range f.Requirements {
			for _, id := range q.Controls {
				mapped[id] = true
			}
		}
	}
	for _, ctl := range c.Controls {
		warn := func(check, format string, args ...any) {
			out = append(out, Warning{ctl.ID, check, fmt.Sprintf(format, args...)})
		}
		if len(c.Frameworks) > 0 && !mapped[ctl.ID] {
			warn("", "no framework maps to it")
		}
		for _, problem := range titleProblems(ctl.Title) {
			warn("", "%s", problem)
		}
		read := map[string]bool{}
		for _, k := range ctl.Checks {
			for _, problem := range titleProblems(k.Title) {
				warn(k.ID, "%s", problem)
			}
			c.lintCheck(k, warn)
			for _, e := range expressions(k) {
				for _, m := range paramRead.FindAllStringSubmatch(e, -1) {
					read[m[1]] = true
				}
			}
		}
		for _, name := range sorted(ctl.Params) {
			if !read[name] {
				warn("", "no check reads the param %s", name)
			}
		}
	}
	return out
}

var paramRead = regexp.MustCompile(`\bparams\.(\w+)`)

func (c *Catalog) lintCheck(k evidence.Check, warn func(check, format string, args ...any)) {
	if len(k.Facts) == 0 {
		warn(k.ID, "no facts: a reader sees a verdict and no value")
	}
	if provider, _, _ := strings.Cut(k.Subject, "."); !strings.HasPrefix(k.ID, provider+".") {
		warn(k.ID, "the id does not begin with its provider, %s", provider)
	}
	expected := map[evidence.Verdict]bool{}
	for _, one := range c.Cases {
		if one.Check == k.ID {
			expected[one.Expect] = true
		}
	}
	if len(expected) == 0 {
		return // decoded
	}
	if k.Where != "" && !expected[evidence.NotApplicable] {
		warn(k.ID, "no case is not-applicable, although where leaves subjects out")
	}
}

// titleProblems holds titles to one style: the state that is right, said in one line.
func titleProblems(title string) []string {
	var out []string
	if n := len([]rune(title)); n > 100 {
		out = append(out, fmt.Sprintf("the title has %d letters; the most is 100", n))
	}
	if strings.ContainsAny(title, "\n") || strings.HasSuffix(title, ".") || strings.HasSuffix(title, "?") {
		out = append(out, "the title is one line without a full stop")
	}
	first, _, _ := strings.Cut(title, " ")
	if slices.Contains([]string{"Ensure", "Check", "Verify", "Make", "Should"}, first) {
		out = append(out, "the title says what is right, not what to do: do not begin with "+first)
	}
	return out
}

// expressions returns all of a check's CEL.
func expressions(k evidence.Check) []string {
	out := []string{k.Where, k.Assert}
	for _, name := range sorted(k.Facts) {
		out = append(out, k.Facts[name])
	}
	return out
}
