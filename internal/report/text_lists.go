package report

import (
	"cmp"
	"io"
	"strings"

	"exhibit/internal/evidence"
)

func (p *page) failures(failures []Failure) {
	var rows [][]string
	for _, f := range failures {
		verdict := p.status(string(f.Verdict))
		if f.Accepted != "" {
			verdict = plain(f.Label())
		}
		rows = append(rows, []string{plain(string(f.Severity)), verdict, plain(f.Check), plain(subjectName(f.Name, f.Subject)),
			plain(f.Scope), plain(cmp.Or(f.Owner, "nobody")), f.began(), plain(factLine(f.Observation))})
	}
	p.rows([]string{"Severity", "Verdict", "Check", "Subject", "Scope", "Owner", "Since", "Facts"}, []int{7, 1, 3}, []int{7, 6, 5}, rows)
}

// factLine is "open=22, public=true": the deciding values in order of name.
func factLine(o evidence.Observation) string {
	var parts []string
	for _, k := range sortedKeys(o.Facts) {
		parts = append(parts, k+"="+string(o.Facts[k]))
	}
	return strings.Join(parts, ", ")
}

func (p *page) unknowns(unknowns []Unknown) {
	var rows [][]string
	for _, u := range unknowns {
		rows = append(rows, []string{plain(u.Check), plain(u.Scope), group(u.Count), plain(u.Reason)})
	}
	p.rows([]string{"Check", "Scope", "Count", "Reason"}, []int{3}, nil, rows)
}

func (p *page) scopes(scopes []evidence.ScopeOutcome) {
	var rows [][]string
	for _, s := range scopes {
		rows = append(rows, []string{plain(s.Source), plain(s.Scope.ID()), plain(s.Scope.Name), p.status(string(s.Outcome)),
			group(s.Subjects), group(s.Requests), plain(s.Reason)})
	}
	p.rows([]string{"Source", "Scope", "Name", "Outcome", "Subjects", "Requests", "Reason"}, []int{6, 2}, []int{5, 2}, rows)
}

func (p *page) omissions(list []Omission) {
	var rows [][]string
	for _, o := range list {
		rows = append(rows, []string{plain(o.Scope), plain(o.Type), plain(o.Operation), p.status(string(o.Outcome)),
			plain(o.Permission), plain(strings.Join(o.Controls, ", "))})
	}
	p.rows([]string{"Scope", "Type", "Operation", "Outcome", "Needs", "Controls that lose by it"}, []int{5}, []int{1}, rows)
}

func (p *page) acceptances(list []AcceptanceState) {
	var rows [][]string
	for _, a := range list {
		state := a.State
		if a.Why != "" {
			state += ": " + a.Why
		}
		rows = append(rows, []string{plain(a.ID), plain(state), plain(a.Check), plain(a.Scope), plain(coverage(a)),
			a.UntilDay, plain(a.Reason)})
	}
	p.rows([]string{"Acceptance", "State", "Check", "Scope", "Covers", "Last day", "Reason"}, []int{6, 1, 4}, []int{6, 3, 4}, rows)
}

func (p *page) attestations(list []AttestationState) {
	var rows [][]string
	for _, a := range list {
		state := a.State
		if a.Why != "" {
			state += ": " + a.Why
		}
		rows = append(rows, []string{plain(a.ID), plain(state), plain(firstOf(a.Control, a.Requirement)),
			plain(firstOf(a.Scope, "everywhere")),
			plain(a.Author), lastDay(a.Expires), kept(a.Attestation), plain(a.Statement)})
	}
	p.rows([]string{"Attestation", "State", "About", "Scope", "Author", "Last day", "Kept", "Statement"}, []int{7, 1, 2},
		[]int{6, 3}, rows)
}

// Acceptances writes accepted risks with their effect.
func Acceptances(w io.Writer, list []AcceptanceState, o TextOptions) error {
	t := newPage(w, o)
	var rows [][]string
	for _, a := range list {
		state, left := a.State+": "+a.Why, "-"
		if a.Why == "" {
			state, left = a.State, itoa(a.DaysLeft)
		}
		rows = append(rows, []string{plain(a.ID), plain(state), left, a.UntilDay, plain(a.Category), string(a.Severity),
			plain(a.Check),
			plain(coverage(a)), plain(a.Owner), plain(firstOf(a.Approver, "nobody"))})
	}
	t.rows([]string{"Acceptance", "State", "Days left", "Last day", "Category", "Severity", "Check", "Covers", "Owner",
		"Approved by"},
		[]int{1, 6, 7}, []int{5, 8, 9}, rows)
	return t.w.Flush()
}

// Attestations writes people's statements with whether they count.
func Attestations(w io.Writer, list []AttestationState, o TextOptions) error {
	t := newPage(w, o)
	t.attestations(list)
	return t.w.Flush()
}

// coverage says what an acceptance speaks of: one that matches nothing is worth knowing of.
func coverage(a AcceptanceState) string {
	if a.Matched == 0 {
		return "nothing that was looked at"
	}
	return itoa(a.Failing) + " failing of " + itoa(a.Matched)
}

// Changes writes drift by cause.
func Changes(w io.Writer, changes []evidence.Change, o TextOptions) error {
	t := newPage(w, o)
	if len(changes) == 0 {
		t.line("Nothing changed.")
	}
	for _, g := range byCause(changes) {
		t.heading(plain(causeTitle(g.cause)) + " (" + group(g.n) + ")")
		var rows [][]string
		for _, c := range g.changes {
			rows = append(rows, []string{plain(c.What), plain(c.Scope), plain(changeThing(c)), plain(changeStep(c)),
				minute(c.Between.To), plain(changeDetail(c))})
		}
		t.rows([]string{"What", "Scope", "Thing", "Step", "Seen by", "Detail"}, []int{5, 2}, []int{4, 0}, rows)
	}
	return t.w.Flush()
}

// Exposures writes how long what failed.
func Exposures(w io.Writer, exposures []evidence.Exposure, o TextOptions) error {
	t := newPage(w, o)
	var rows [][]string
	for _, e := range exposures {
		rows = append(rows, []string{plain(string(e.Severity)), plain(e.Check), plain(subjectName(e.Name, e.Subject)),
			plain(e.Scope), plain(exposureStart(e)), plain(exposureEnd(e)), lasted(e), unseen(e)})
	}
	t.rows([]string{"Severity", "Check", "Subject", "Scope", "Began", "Ended", "Failed for", "Unseen"}, []int{2, 4, 5, 6}, []int{7, 0}, rows)
	t.turns(exposures)
	return t.w.Flush()
}

// turns tells who began and who ended what failed, as far as an access log tells.
func (p *page) turns(exposures []evidence.Exposure) {
	var rows [][]string
	for _, e := range exposures {
		for _, one := range []struct {
			what string
			turn *evidence.Turn
		}{{"opened", e.Opened}, {"closed", e.Closed}} {
			if one.turn != nil {
				rows = append(rows, []string{plain(e.Check), plain(subjectName(e.Name, e.Subject)), one.what, turnWhen(one.turn),
					plain(turnWho(one.turn))})
			}
		}
	}
	if len(rows) > 0 {
		p.heading("By whom, as access logs tell")
		p.rows([]string{"Check", "Subject", "What", "When", "By"}, []int{4, 1, 3}, []int{0}, rows)
	}
}

// Gaps writes where nobody looked.
func Gaps(w io.Writer, gaps []evidence.Gap, o TextOptions) error {
	t := newPage(w, o)
	var rows [][]string
	for _, g := range gaps {
		rows = append(rows, []string{plain(g.Series), minute(g.Window.From), minute(g.Window.To), gapLength(g), gapReason(g)})
	}
	t.rows([]string{"Series", "From", "To", "Length", "Reason"}, []int{4}, nil, rows)
	return t.w.Flush()
}

func gapLength(g evidence.Gap) string {
	return duration(evidence.Duration(g.Window.To.Sub(g.Window.From)))
}

func gapReason(g evidence.Gap) string {
	switch g.Reason {
	case "":
		return "no collection was tried"
	case evidence.OutcomeSkipped:
		return "nobody can tell any more"
	}
	return plain(string(g.Reason))
}
