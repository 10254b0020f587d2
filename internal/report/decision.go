package report

import (
	"bufio"
	"cmp"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"exhibit/internal/evidence"
)

// DecisionText writes a gate's decision with its reasons, for a build log.
func DecisionText(w io.Writer, d evidence.Decision, o TextOptions) error {
	t := newPage(w, o)
	code := map[string]string{evidence.GateBlock: "31", evidence.GateWarn: "33"}[d.Outcome]
	t.line(t.paint("Gate: "+plain(decisionLine(d)), cmp.Or(code, "32")))
	t.line("As of ", minute(d.AsOf), ", ", plural(d.Judged, "observation"), " judged: ", plain(decisionCounts(d)), ".")
	if d.Simulated {
		t.line("Simulated: nothing here was seen in the world.")
	}
	if d.Override != nil {
		t.line("Overridden by ", plain(d.Override.By), ": ", plain(d.Override.Reason))
	}
	left := 0
	for i, r := range d.Reasons {
		if o.Limit > 0 && i >= o.Limit && r.Action != evidence.GateBlock { // what blocks is always told
			left++
			continue
		}
		t.line()
		action := strings.ToUpper(r.Action)
		if r.Action == evidence.GateBlock {
			action = t.paint(action, "31")
		}
		t.line("  ", action, "  ", plain(reasonLine(r)))
		for _, fact := range reasonFacts(r) {
			t.line("      ", fact[0], ": ", plain(fact[1]))
		}
	}
	if left += d.More; left > 0 {
		t.line()
		t.line("  … and ", group(left), " more; exhibit findings --all lists what fails")
	}
	return t.w.Flush()
}

// Decisions lists decisions, a line each.
func Decisions(w io.Writer, list []evidence.Decision, o TextOptions) error {
	t := newPage(w, o)
	var rows [][]string
	for _, d := range list {
		pipeline, override := "", ""
		if p := d.Pipeline; p != nil {
			pipeline = strings.TrimSpace(p.Repository + " " + p.Commit[:min(len(p.Commit), 12)])
		}
		if d.Override != nil {
			override = d.Override.By + ": " + d.Override.Reason
		}
		rows = append(rows, []string{minute(d.At), d.Outcome, plain(decisionCounts(d)), plain(pipeline), plain(override)})
	}
	t.rows([]string{"At", "Outcome", "Counts", "Pipeline", "Overridden by"}, []int{2, 4}, nil, rows)
	return t.w.Flush()
}

// decisionLine is "blocks", "passes with warnings", "blocks, and was overridden".
func decisionLine(d evidence.Decision) string {
	switch {
	case d.Override != nil:
		return "blocks, and was overridden"
	case d.Outcome == evidence.GateBlock:
		return "blocks"
	case d.Outcome == evidence.GateWarn:
		return "passes, with warnings"
	}
	return "passes"
}

// decisionCounts is "2 blocking, 1 only warned of, 3 accepted", "nothing fails or is unknown".
func decisionCounts(d evidence.Decision) string {
	var parts []string
	for _, one := range [][2]string{{evidence.GateBlock, "blocking"}, {evidence.GateWarn, "only warned of"},
		{evidence.GateTicket, "for tickets"}, {evidence.GateAccepted, "accepted"}, {evidence.GateIgnore, "ignored"}} {
		if n := d.Counts[one[0]]; n > 0 {
			parts = append(parts, group(n)+" "+one[1])
		}
	}
	if len(parts) == 0 {
		return "nothing fails or is unknown"
	}
	return strings.Join(parts, ", ")
}

// reasonLine says in one line what it is about: "critical: aws.s3.bucket-public fails on media (aws:1)".
func reasonLine(r evidence.GateReason) string {
	what := cmp.Or(r.Check, r.Type, "the evidence")
	verb := " fails on "
	if r.Verdict != evidence.Fail {
		verb = " is unknown for "
	}
	line := what + verb + subjectName(r.Name, r.Subject)
	if r.Count > 1 {
		line = what + " is unknown for " + plural(r.Count, "subject") + ", such as " + subjectName(r.Name, r.Subject)
	}
	if r.Check == "" {
		line = what + " is unknown"
	}
	if r.Severity != "" {
		line = string(r.Severity) + ": " + line
	}
	if r.Scope != "" {
		line += " (" + r.Scope + ")"
	}
	return line
}

// reasonFacts are the rest of a reason, by name.
func reasonFacts(r evidence.GateReason) [][2]string {
	var out [][2]string
	add := func(name, value string) {
		if value != "" {
			out = append(out, [2]string{name, value})
		}
	}
	add("title", r.Title)
	if r.Name != "" && r.Count <= 1 {
		add("subject", r.Subject)
	}
	add("rule", r.Rule)
	add("why", r.Why)
	if r.Accepted != "" {
		add("accepted", r.Accepted+" until "+lastDay(r.Until))
	}
	add("owner", r.Owner)
	if !r.Since.IsZero() {
		add("since", Failure{Since: r.Since, NeverGood: r.NeverGood}.began())
	}
	if !r.FixBy.IsZero() {
		add("fix by", day(r.FixBy))
	}
	add("how to fix", strings.TrimSpace(r.Fix))
	return out
}

// maxSummary bounds the rows of a summary: what shows it takes a megabyte.
const maxSummary = 100

// DecisionMarkdown writes a decision for the summary of a pipeline's run. All that comes from outside is text there,
// and neither markup nor a link.
func DecisionMarkdown(w io.Writer, d evidence.Decision) error {
	b := bufio.NewWriter(w) // keeps the first error for Flush
	put := func(parts ...string) {
		for _, p := range parts {
			_, _ = b.WriteString(p)
		}
	}
	put("## exhibit gate: ", decisionLine(d), "\n\n")
	put("As of ", minute(d.AsOf), ", ", plural(d.Judged, "observation"), " judged: ", decisionCounts(d), ".\n")
	if d.Override != nil {
		put("\nOverridden by ", mark(d.Override.By), ": ", mark(d.Override.Reason), "\n")
	}
	if d.Simulated {
		put("\nSimulated: nothing here was seen in the world.\n")
	}
	if len(d.Reasons) > 0 {
		put("\n| | Severity | Check | Subject | Scope | Owner | Since | Fix by | Why |\n", strings.Repeat("|---", 9), "|\n")
	}
	for _, r := range d.Reasons[:min(len(d.Reasons), maxSummary)] {
		subject := subjectName(r.Name, r.Subject)
		if r.Count > 1 {
			subject += " and " + group(r.Count-1) + " more"
		}
		since := ""
		if !r.Since.IsZero() {
			since = Failure{Since: r.Since, NeverGood: r.NeverGood}.began()
		}
		due := ""
		if !r.FixBy.IsZero() {
			due = day(r.FixBy)
		}
		why := r.Rule
		if r.Verdict != evidence.Fail {
			why = "unknown: " + why
		}
		for _, more := range []string{r.Why, r.Accepted} {
			if more != "" {
				why += ": " + more
			}
		}
		for _, cell := range []string{r.Action, mark(string(r.Severity)), mark(cmp.Or(r.Check, r.Type)), mark(subject),
			mark(r.Scope), mark(r.Owner), since, due, mark(why)} {
			put("| ", cell, " ")
		}
		put("|\n")
	}
	if left := max(0, len(d.Reasons)-maxSummary) + d.More; left > 0 {
		put("\n… and ", group(left), " more.\n")
	}
	return b.Flush()
}

// mark makes text safe in a line or a cell of Markdown: code in which every sign is written as its number, so that it
// is no markup, no element, no link and calls nobody.
func mark(s string) string {
	if s == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("<code>")
	for _, r := range plain(strings.ToValidUTF8(s, "\ufffd")) {
		if r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && !strings.ContainsRune("-,/", r) {
			b.WriteString("&#" + itoa(int(r)) + ";")
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteString("</code>")
	return b.String()
}
