package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"exhibit/internal/daemon"
	"exhibit/internal/owner"
)

func explanationText(w io.Writer, e daemon.Explanation) error {
	fmt.Fprintf(w, "%s  %s\n%s\n%s\n", e.Type, printable(e.ID), printable(e.Scope), ownerText(e.Answer))
	if len(e.Services) > 0 {
		fmt.Fprintf(w, "part of %s\n", strings.Join(e.Services, ", "))
	}
	fmt.Fprintln(w, "\nRules")
	tw := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	for _, s := range e.Steps {
		fmt.Fprintf(tw, "  %d\tline %d\t%s\t%s\n", s.Rule, s.Line, printable(s.What), printable(s.Result))
	}
	if len(e.Steps) == 0 {
		fmt.Fprintln(tw, "  none")
	}
	return tw.Flush()
}

// lists writes one list after another, none longer than the limit.
type lists struct {
	w     io.Writer
	limit int // 0 is none
}

// list writes a heading and rows, and nothing when there are none.
func (l lists) list(heading string, n int, row func(i int) []string) {
	if n == 0 {
		return
	}
	fmt.Fprintf(l.w, "\n%s\n", heading)
	tw := tabwriter.NewWriter(l.w, 2, 4, 2, ' ', 0)
	shown := n
	if l.limit > 0 {
		shown = min(n, l.limit)
	}
	for i := range shown {
		cells := row(i)
		for j := range cells {
			cells[j] = printable(cells[j])
		}
		fmt.Fprintf(tw, "  %s\n", strings.Join(cells, "\t"))
	}
	_ = tw.Flush() // what it writes to keeps the error
	if n > shown {
		fmt.Fprintf(l.w, "  … and %d more; --all lists them\n", n-shown)
	}
}

func ownersText(w io.Writer, r daemon.OwnersReport, all bool) error {
	out := &errWriter{w: w}
	l := lists{w: out, limit: 20}
	if all {
		l.limit = 0
	}
	unowned := 0
	for _, u := range r.Unowned {
		unowned += u.Count
	}
	fmt.Fprintf(out, "Owners as of %s: %d subjects, %d owned by nobody\n", minute(r.AsOf), r.Subjects, unowned)
	if len(r.Owners) == 0 {
		fmt.Fprintln(out, "exhibit.yaml names nobody under people:, so failures are told as those of their control's owner.")
	}
	l.list("People", len(r.Owners), func(i int) []string {
		o := r.Owners[i]
		return []string{o.Name, fmt.Sprintf("%d subjects", o.Subjects)}
	})
	l.list("Owned by nobody: failures here go to the owner of their control", len(r.Unowned), func(i int) []string {
		u := r.Unowned[i]
		return []string{cmp.Or(u.Type, "(further places)"), u.Scope, fmt.Sprint(u.Count),
			"such as " + strings.Join(u.Examples, ", ")}
	})
	l.list("Named as owners, and not under people:", len(r.Strangers), func(i int) []string {
		s := r.Strangers[i]
		return []string{cmp.Or(s.Word, "(further names)"), fmt.Sprintf("%d subjects", s.Count),
			"by rule " + numbers(s.Rules), "such as " + s.Example}
	})
	l.list("Owners of controls, and not under people:", len(r.Roles), func(i int) []string {
		role := r.Roles[i]
		return []string{role.Name, fmt.Sprintf("%d controls", len(role.Controls)), "such as " + role.Controls[0]}
	})
	l.list("Owners without an address", len(r.Unreachable), func(i int) []string { return []string{r.Unreachable[i]} })
	l.list("People who own nothing", len(r.Idle), func(i int) []string { return []string{r.Idle[i]} })
	l.list("Rules", len(r.Rules), func(i int) []string {
		u := r.Rules[i]
		return []string{fmt.Sprint(u.Rule), fmt.Sprintf("line %d", u.Line), u.What,
			fmt.Sprintf("owns %d of %d", u.Owns, u.Matches), ruleNote(u)}
	})
	l.list("Services", len(r.Services), func(i int) []string {
		s := r.Services[i]
		note := fmt.Sprintf("%d subjects", s.Subjects)
		if s.Subjects == 0 {
			note = "nothing is part of it"
		}
		return []string{s.Name, s.Owner, s.Criticality, note}
	})
	mappingText(l, r.Mapping)
	if !r.Since.IsZero() {
		l.list("Another owner than at "+minute(r.Since), len(r.Moved), func(i int) []string {
			m := r.Moved[i]
			step := cmp.Or(m.Before, "nobody") + " → " + cmp.Or(m.After, "nobody")
			return []string{m.Type, m.Scope, m.ID, step, strings.Join(m.Fields, ", ")}
		})
		if len(r.Moved) == 0 {
			fmt.Fprintf(out, "\nNo subject has another owner than at %s.\n", minute(r.Since))
		}
	}
	return out.err
}

// mappingText writes where what is collected, checked and demanded do not meet.
func mappingText(l lists, m daemon.Mapping) {
	l.list("Collected, and read by no check", len(m.Unread), func(i int) []string {
		u := m.Unread[i]
		return []string{u.Type, fmt.Sprintf("%d subjects in %d scopes", u.Subjects, u.Scopes)}
	})
	l.list("Controls about what no source collects", len(m.Controls), func(i int) []string {
		g := m.Controls[i]
		note := ""
		if g.Manual {
			note = "by hand only"
		}
		return []string{g.Control, strings.Join(g.Types, ", "), note}
	})
	l.list("Requirements that rest on these alone", len(m.Requirements), func(i int) []string {
		g := m.Requirements[i]
		return []string{g.Framework, g.Requirement, g.Title}
	})
	l.list("Checks that never looked at anything", len(m.Checks), func(i int) []string {
		return []string{m.Checks[i].Check, m.Checks[i].Type}
	})
}

// ruleNote says what is wrong with a rule, if anything.
func ruleNote(r owner.Ruled) string {
	var parts []string
	switch {
	case r.Matches == 0:
		parts = append(parts, "matches nothing")
	case r.Owns == 0 && r.ShadowedBy > 0:
		parts = append(parts, fmt.Sprintf("comes too late: rule %d takes it", r.ShadowedBy))
	case r.Owns == 0:
		parts = append(parts, "names nobody under people:")
	}
	if r.Unread > 0 {
		parts = append(parts, fmt.Sprintf("cannot be told of %d: %s", r.Unread, r.Why))
	}
	return strings.Join(parts, "; ")
}

// printable quotes what would do more to a terminal than stand there: tags and ids are other people's text.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return strconv.QuoteToGraphic(s)
	}
	return s
}

func numbers(list []int) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = fmt.Sprint(n)
	}
	return strings.Join(out, ", ")
}

// errWriter keeps the first error.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) Write(b []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	var n int
	n, e.err = e.w.Write(b)
	return n, e.err
}
