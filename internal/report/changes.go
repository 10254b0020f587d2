package report

import (
	"io"
	"maps"
	"slices"

	"exhibit/internal/change"
)

// ChangeListText writes a population of changes for a terminal: whether it is whole, the numbers, what went around approval,
// and the list.
func ChangeListText(w io.Writer, p change.Population, o TextOptions) error {
	t := newPage(w, o)
	t.line(t.paint("Changes from "+minute(p.Period.From)+" to "+minute(p.Period.To), "1"))
	for _, line := range changesHead(p) {
		t.line("  ", plain(line[0]), ": ", plain(line[1]))
	}
	t.notSeen(p.Missing)
	t.heading("Numbers")
	for _, line := range metricLines(p.Metrics) {
		t.line("  ", line[0], ": ", line[1])
	}
	if len(p.Unexplained) > 0 {
		t.heading("Commits that no change accounts for")
		var rows [][]string
		for _, u := range p.Unexplained {
			rows = append(rows, []string{minute(u.LandedAt), plain(u.Repository), plain(u.Commit), plain(several(u.Authors)),
				string(u.Verdict), plain(u.Why)})
		}
		t.rows([]string{"Landed", "Repository", "Commit", "By", "Verdict", "Why"}, []int{5, 1}, []int{2}, rows)
	}
	if len(p.Bypasses) > 0 {
		t.heading("Past the rules of a branch")
		var rows [][]string
		for _, b := range p.Bypasses {
			rows = append(rows, []string{minute(b.At), plain(b.Repository), plain(b.Branch), plain(b.Commit), plain(b.By),
				plain(several(b.Rules))})
		}
		t.rows([]string{"Time", "Repository", "Branch", "Commit", "By", "Rules"}, []int{5, 1}, []int{3}, rows)
	}
	t.heading("Changes")
	t.changes(p.Changes)
	if len(p.Deployments) > 0 {
		t.heading("Deployments")
		columns := []string{"Deployment", "Environment", "Outcome", "Verdict", "Approved by", "Changes"}
		wrap := []int{0, 5}
		if p.Metrics.Followed != nil {
			columns, wrap = append(columns, "Began to fail after it"), append(wrap, 6)
		}
		var rows [][]string
		for _, d := range p.Deployments {
			row := []string{plain(d.ID), plain(d.Environment), string(d.Outcome) + rolledBack(d), string(d.Verdict),
				plain(several(d.Approvers)), plain(deployedChanges(d)), plain(aftermath(d.Aftermath, 3))}
			rows = append(rows, row[:len(columns)])
		}
		t.rows(columns, wrap, []int{1}, rows)
	}
	return t.w.Flush()
}

func (p *page) notSeen(missing []string) {
	if len(missing) == 0 {
		return
	}
	p.heading("Not seen")
	var rows [][]string
	for _, m := range missing {
		rows = append(rows, []string{plain(m)})
	}
	p.rows([]string{"What"}, []int{0}, nil, rows)
}

func (p *page) changes(list []change.Row) {
	var rows [][]string
	for _, r := range list {
		rows = append(rows, []string{minute(r.MergedAt), plain(r.ID), plain(r.Author), string(r.Verdict), plain(several(r.Approvers)),
			plain(r.Why), plain(several(r.Deployments))})
	}
	p.rows([]string{"Merged", "Change", "Author", "Verdict", "Approved by", "Why", "Deployed"}, []int{5, 6, 1}, []int{6}, rows)
}

func rolledBack(d change.Deployed) string {
	if d.Rollback {
		return ", a rollback"
	}
	return ""
}

func deployedChanges(d change.Deployed) string {
	if !d.Known {
		return "unknown"
	}
	return several(d.Changes)
}

// changesHead says what a population is and how whole.
func changesHead(p change.Population) [][2]string {
	c := p.Commits
	commits := itoa(c.Explained) + " of " + plural(c.All, "commit") + " explained by a change, " + itoa(c.Direct) + " direct, " +
		itoa(c.Unknown) + " unknown"
	if c.All == 0 {
		commits = "no commits were collected to count against"
	}
	whole := "complete: " + commits
	if !p.Whole() {
		whole = "incomplete: " + plural(len(p.Missing), "thing") + " could not be seen; " + commits
	}
	head := [][2]string{{"completeness", whole}, {"repository", orAll(p.Repository)}, {"changes", itoa(len(p.Changes))},
		{"deployments", itoa(len(p.Deployments))}, {"population", p.Digest.String()},
		{"view", itoa(int(p.View)) + " ledger entries as of " + minute(p.AsOf)}, {"evaluator", p.Evaluator}}
	if p.Simulated {
		head = append(head, [2]string{"simulated", "nothing here was seen in the world"})
	}
	for _, n := range p.Notes {
		head = append(head, [2]string{"past the rules of branches, not known", n})
	}
	for _, e := range p.Excluded {
		head = append(head, [2]string{"left out", itoa(e.Count) + " × " + e.Reason})
	}
	return head
}

func orAll(s string) string {
	if s == "" {
		return "all"
	}
	return s
}

// metricLines are the metrics in words. A rate has its parts beside it, and what is unknown.
func metricLines(m change.Metrics) [][2]string {
	var verdicts []string
	for _, v := range slices.Sorted(maps.Keys(m.Verdicts)) {
		verdicts = append(verdicts, itoa(m.Verdicts[v])+" "+string(v))
	}
	return [][2]string{
		{"verdicts", several(verdicts)},
		{"reached the branch without another's approval", rate(m.Bypass)},
		{"opened to approved", times(m.LeadToApproval)},
		{"production deployments without another's approval", rate(m.Unapproved)},
		{"production deployments that rolled back", rate(m.Rollback)},
		{"production deployments followed by a failure or rollback within a day", rate(m.Failed)},
		{"production deployments that drift followed within a day", followedRate(m.Followed)},
		{"elsewhere to production", times(m.InStaging) + "; " + itoa(m.Stuck) + " never went on"},
		{"production deployments whose end nobody knows", itoa(m.Unended)},
	}
}

func rate(r change.Rate) string {
	s := itoa(r.Part) + " of " + itoa(r.Of)
	if r.Of > 0 {
		s += " (" + percent(r.Part, r.Of) + ")"
	}
	if r.Unknown > 0 {
		s += ", " + itoa(r.Unknown) + " unknown"
	}
	return s
}

func times(t change.Times) string {
	if t.Count == 0 {
		return "none"
	}
	return "median " + duration(t.Median) + ", 90 % within " + duration(t.P90) + " (" + itoa(t.Count) + ")"
}

// changeColumns are the columns of a list of changes, commits and deployments.
func changeColumns() []string {
	return []string{"kind", "time", "repository", "id", "name", "by", "by_kind", "merged_or_approved_by", "target", "commit",
		"strategy_or_outcome", "verdict", "why", "approvers", "approved_at", "opened_at", "linked", "began_to_fail_after", "scope", "type", "evidence"}
}

// ChangeListCSV writes a population for a spreadsheet: first what it is, what is missing and the numbers, a line each beginning
// with #, then a row for each change, each commit that no change accounts for, each push past the rules, and
// each deployment.
func ChangeListCSV(w io.Writer, p change.Population) error {
	s := newSheet(w, "#", "changes", stamp(p.Period.From), stamp(p.Period.To))
	for _, line := range slices.Concat(changesHead(p), metricLines(p.Metrics)) {
		s.row("#", line[0], line[1])
	}
	for _, l := range p.Lists {
		s.row("#", "list", l.Scope, l.Type, string(l.Outcome), itoa(l.Subjects.Count)+" seen", stamp(l.CollectedAt), l.Source,
			l.Subjects.Root.String())
	}
	for _, m := range p.Missing {
		s.row("#", "missing", m)
	}
	s.row(changeColumns()...)
	changeRows(s, p.Changes)
	for _, u := range p.Unexplained {
		s.row("commit", stamp(u.LandedAt), u.Repository, u.ID, "", several(u.Authors), "", "", "", u.Commit, "", string(u.Verdict),
			u.Why, "none", "", "", "none", "", u.Scope, u.Type, u.Evidence.String())
	}
	for _, b := range p.Bypasses {
		s.row("bypass", stamp(b.At), b.Repository, b.ID, "", b.By, "", "", b.Branch, b.Commit, "", "bypassed", several(b.Rules), "none",
			"", "", "none", "", b.Scope, b.Type, b.Evidence.String())
	}
	for _, d := range p.Deployments {
		s.row("deployment", stamp(d.CreatedAt), d.Repository, d.ID, "", several(d.StartedBy), "", several(d.Approvers),
			d.Environment, d.Commit, string(d.Outcome)+rolledBack(d), string(d.Verdict), d.Why, several(d.Approvers), "", "",
			deployedChanges(d), aftermath(d.Aftermath, change.MaxAftermath), d.Scope, d.Type, d.Evidence.String())
	}
	return s.flush("the changes")
}

func changeRows(s sheet, list []change.Row) {
	for _, r := range list {
		s.row("change", stamp(r.MergedAt), r.Repository, r.ID, r.Name, r.Author, string(r.AuthorKind), r.MergedBy, r.Target, r.Merge,
			string(r.Strategy), string(r.Verdict), r.Why, several(r.Approvers), stamp(r.ApprovedAt), stamp(r.CreatedAt),
			several(r.Deployments), "", r.Scope, r.Type, r.Evidence.String())
	}
}

// drawnHead says what a sample was drawn from, and how it is drawn again.
func drawnHead(d change.Drawn) [][2]string {
	whole := "complete"
	if len(d.Missing) > 0 {
		whole = "incomplete: " + plural(len(d.Missing), "thing") + " could not be seen"
	}
	return [][2]string{{"population", d.Population.String()}, {"period", stamp(d.Period.From) + " to " + stamp(d.Period.To)},
		{"repository", orAll(d.Repository)}, {"completeness", whole},
		{"drawn", itoa(len(d.Changes)) + " of " + plural(d.Of, "change") + " with the seed " + d.Seed},
		{"view", itoa(int(d.View)) + " ledger entries as of " + minute(d.AsOf)}, {"evaluator", d.Evaluator},
		{"how", "those whose SHA-256 of seed, line feed, type, space and id comes first"}}
}

// SampleText writes a sample for a terminal.
func SampleText(w io.Writer, d change.Drawn, o TextOptions) error {
	t := newPage(w, o)
	t.line(t.paint("Sample of changes", "1"))
	for _, line := range drawnHead(d) {
		t.line("  ", plain(line[0]), ": ", plain(line[1]))
	}
	t.notSeen(d.Missing)
	t.heading("Drawn")
	t.changes(d.Changes)
	return t.w.Flush()
}

// SampleCSV writes a sample for a spreadsheet.
func SampleCSV(w io.Writer, d change.Drawn) error {
	s := newSheet(w, "#", "sample of changes")
	for _, line := range drawnHead(d) {
		s.row("#", line[0], line[1])
	}
	for _, m := range d.Missing {
		s.row("#", "missing", m)
	}
	s.row(changeColumns()...)
	changeRows(s, d.Changes)
	return s.flush("the sample")
}
