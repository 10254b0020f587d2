package report

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/evidence"
)

// AccessCSV writes an access review for a spreadsheet: first what it is and what is missing, a line each beginning with #,
// then one row for each identity, and of a person for each permission set. No cell is blank: "none" is known, "unknown" is
// not.
func AccessCSV(w io.Writer, r evidence.AccessReview) error {
	s := newSheet(w, "#", "access review", "as of", stamp(r.AsOf))
	for _, line := range accessHead(r) {
		s.row("#", line[0], line[1])
	}
	for _, l := range r.Lists {
		s.row("#", "list", l.Scope, l.Type, string(l.Outcome), itoa(l.Subjects.Count)+" seen", stamp(l.CollectedAt), l.Source,
			l.Subjects.Root.String())
	}
	for _, m := range r.Missing {
		s.row("#", "missing", m)
	}
	s.row("scope", "identity", "name", "kind", "permission_set", "entry", "mfa", "groups", "policies", "administrator",
		"administrator_by", "can_escalate", "escalates_by", "last_used", "idle_days", "unknown_because", "evidence", "collected_at")
	for _, a := range r.Rows {
		s.row(a.Scope, a.Identity, a.Name, a.Kind, cmp.Or(a.PermissionSet, "none"), several(a.Entry), a.MFA,
			several(a.Groups), several(a.Policies), a.Admin, several(a.Via), a.Escalates, several(a.Ways), a.LastUsed, a.Idle, several(a.Unknown), a.Evidence.String(),
			stamp(a.CollectedAt))
	}
	return s.flush("the access review")
}

// notWeighed is what no row takes into account.
const notWeighed = "policies of the resources themselves, session policies, and an organisation's resource control policies"

// accessHead says what a review is, in words and values.
func accessHead(r evidence.AccessReview) [][2]string {
	whole := "whole"
	if !r.Whole() {
		whole = "incomplete: " + plural(len(r.Missing), "thing") + " could not be seen"
	}
	source := r.Source
	if source == "" {
		source = "all"
	}
	head := [][2]string{{"source", source}, {"scope", several(accessScopes(r))}, {"completeness", whole},
		{"identities", itoa(len(r.Rows))}, {"view", itoa(int(r.View)) + " ledger entries"}, {"evaluator", r.Evaluator},
		{"not weighed", notWeighed}}
	for _, stand := range accessStands(r) {
		head = append(head, [2]string{"service control policies", stand})
	}
	if r.Simulated {
		head = append(head, [2]string{"simulated", "nothing here was seen in the world"})
	}
	for _, e := range r.Excluded {
		head = append(head, [2]string{"left out", itoa(e.Count) + " × " + e.Reason})
	}
	return head
}

// accessStands says of which accounts the service control policies were weighed, and of which not.
func accessStands(r evidence.AccessReview) []string {
	scopes := map[string][]string{}
	for _, l := range r.Limits {
		scopes[l.Stand] = append(scopes[l.Stand], l.Scope)
	}
	var out []string
	for _, stand := range slices.Sorted(maps.Keys(scopes)) {
		out = append(out, stand+": "+several(scopes[stand]))
	}
	return out
}

// accessScopes are the accounts that were looked at, in their order.
func accessScopes(r evidence.AccessReview) []string {
	var out []string
	for _, l := range r.Lists {
		if len(out) == 0 || out[len(out)-1] != l.Scope {
			out = append(out, l.Scope)
		}
	}
	return out
}

// several is a list in one cell.
func several(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, "; ")
}

// AccessText writes an access review for a terminal.
func AccessText(w io.Writer, r evidence.AccessReview, o TextOptions) error {
	t := newPage(w, o)
	t.line(t.paint("Access review as of "+minute(r.AsOf), "1"))
	for _, line := range accessHead(r) {
		t.line("  ", plain(line[0]), ": ", plain(line[1]))
	}
	if len(r.Missing) > 0 {
		t.heading("Not seen")
		var rows [][]string
		for _, m := range r.Missing {
			rows = append(rows, []string{plain(m)})
		}
		t.rows([]string{"What"}, []int{0}, nil, rows)
	}
	t.heading("Who can do what")
	var rows [][]string
	for _, a := range r.Rows {
		name := a.Name
		if a.PermissionSet != "" && a.PermissionSet != a.Name {
			name += " as " + a.PermissionSet
		}
		rows = append(rows, []string{plain(a.Scope), plain(a.Kind), plain(name), plain(several(a.Entry)), plain(a.MFA),
			plain(a.Admin), plain(a.Escalates), plain(a.Idle), plain(several(a.Policies))})
	}
	t.rows([]string{"Scope", "Kind", "Identity", "Way in", "MFA", "Administrator", "Escalates", "Days idle", "Policies"},
		[]int{8, 3, 2}, []int{8, 6}, rows)
	return t.w.Flush()
}
