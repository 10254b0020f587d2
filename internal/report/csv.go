package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// sheet writes CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets an apostrophe before it.
type sheet struct{ w *csv.Writer }

func newSheet(w io.Writer, header ...string) sheet {
	s := sheet{csv.NewWriter(w)}
	s.w.UseCRLF = true
	s.row(header...)
	return s
}

// row keeps the first error for flush.
func (s sheet) row(cells ...string) {
	for i, c := range cells {
		cells[i] = guard(c)
	}
	_ = s.w.Write(cells)
}

func (s sheet) flush(what string) error {
	s.w.Flush()
	if err := s.w.Error(); err != nil {
		return fmt.Errorf("write CSV of %s: %w", what, err)
	}
	return nil
}

// guard disarms formulas; a space before them does not make them safe.
func guard(cell string) string {
	t := strings.TrimLeft(cell, " \u00a0\ufeff")
	if t != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(t)[0]) {
		return "'" + cell
	}
	return cell
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func seconds(d evidence.Duration) string { return itoa(int(time.Duration(d) / time.Second)) }

// FailuresCSV writes the failures with their acceptances.
func FailuresCSV(w io.Writer, failures []Failure) error {
	s := newSheet(w, "severity", "verdict", "accepted_by", "accepted_until", "control", "check", "title", "scope", "type", "subject",
		"name", "since", "owner", "facts", "remediation")
	for _, f := range failures {
		s.row(string(f.Severity), string(f.Verdict), f.Accepted, stamp(f.Until), f.Control, f.Check, f.Title, f.Scope, f.Type,
			f.Subject, f.Name, stamp(f.Since), f.Owner, factLine(f.Observation), f.Remediation)
	}
	return s.flush("failures")
}

// ObservationsCSV streams observations as they come.
func ObservationsCSV(w io.Writer, observations iter.Seq2[evidence.Observation, error]) error {
	s := newSheet(w, "control", "check", "scope", "type", "subject", "name", "verdict", "reason", "facts", "evidence", "missing")
	for o, err := range observations {
		if err != nil {
			return fmt.Errorf("read observations: %w", err)
		}
		var digests, missing []string
		for _, d := range o.Evidence {
			digests = append(digests, d.String())
		}
		for _, m := range o.Missing {
			missing = append(missing, strings.TrimSpace(m.Operation+" "+string(m.Outcome)+" "+m.Permission))
		}
		s.row(o.Control, o.Check, o.Scope, o.Type, o.Subject, o.Name, string(o.Verdict), o.Reason, factLine(o),
			strings.Join(digests, " "), strings.Join(missing, "; "))
	}
	return s.flush("observations")
}

// ControlsCSV writes one row for each control and scope; controls without findings have one row.
func ControlsCSV(w io.Writer, controls []ControlPosture) error {
	s := newSheet(w, "control", "domain", "title", "owner", "scope", "status", "accepted", "severity", "pass", "fail", "unknown",
		"not_applicable", "observed_from", "reasons", "attested")
	for _, c := range controls {
		if len(c.Findings) == 0 {
			s.row(c.ID, c.Domain, c.Title, c.Owner, "", string(c.Status), "", "", "", "", "", "", "", c.Manual,
				strings.Join(c.Attested, " "))
		}
		for _, f := range c.Findings {
			s.row(c.ID, c.Domain, c.Title, c.Owner, f.Scope, string(f.Status), yes(c.Accepted), string(f.Severity),
				itoa(f.Counts[evidence.Pass]), itoa(f.Counts[evidence.Fail]), itoa(f.Counts[evidence.Unknown]),
				itoa(f.Counts[evidence.NotApplicable]), stamp(f.ObservedFrom), strings.Join(f.Reasons, "; "),
				strings.Join(c.Attested, " "))
		}
	}
	return s.flush("controls")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// RequirementsCSV writes the requirements of frameworks.
func RequirementsCSV(w io.Writer, frameworks []FrameworkPosture) error {
	s := newSheet(w, "framework", "requirement", "title", "status", "strength", "accepted", "pass", "fail", "accepted_failures",
		"unknown", "coverage", "rests_on", "manual", "not_covered_because", "attested")
	for _, f := range frameworks {
		for _, r := range f.Requirements {
			var on []string
			for _, p := range r.Parts {
				if p.Check != "" {
					on = append(on, p.Check)
				} else {
					on = append(on, p.Control)
				}
			}
			s.row(f.Key, r.ID, r.Title, string(r.Status), r.Strength, yes(r.Accepted), itoa(r.Score.Pass), itoa(r.Score.Fail),
				itoa(r.Score.Accepted), itoa(r.Score.Unknown), r.Score.Coverage(), strings.Join(on, " "), r.Manual, r.None,
				strings.Join(r.Attested, " "))
		}
	}
	return s.flush("requirements")
}

// ExposuresCSV writes exposures; durations are seconds.
func ExposuresCSV(w io.Writer, exposures []evidence.Exposure) error {
	s := newSheet(w, "severity", "control", "check", "scope", "type", "subject", "name", "last_good", "first_bad", "last_bad",
		"first_good", "ended", "least_seconds", "most_seconds", "unseen_seconds", "opened_from", "opened_to", "opened_by",
		"closed_from", "closed_to", "closed_by", "least_seconds_by_looks", "most_seconds_by_looks")
	for _, e := range exposures {
		row := []string{string(e.Severity), e.Control, e.Check, e.Scope, e.Type, e.Subject, e.Name, stamp(e.LastGood), stamp(e.FirstBad),
			stamp(e.LastBad), stamp(e.FirstGood), e.Ended, seconds(e.Least), seconds(e.Most), seconds(e.Unseen)}
		row = append(append(row, turnCells(e.Opened)...), turnCells(e.Closed)...)
		if e.ByLooks != nil {
			row = append(row, seconds(e.ByLooks.Least), seconds(e.ByLooks.Most))
		} else {
			row = append(row, "", "")
		}
		s.row(row...)
	}
	return s.flush("exposures")
}

// turnCells are the bounds of a turn and who made it.
func turnCells(t *evidence.Turn) []string {
	if t == nil {
		return []string{"", "", ""}
	}
	return []string{stamp(t.Window.From), stamp(t.Window.To), turnWho(t)}
}

// ChangesCSV writes drift, one row for each differing field, or one when no field is named.
func ChangesCSV(w io.Writer, changes []evidence.Change) error {
	s := newSheet(w, "what", "cause", "scope", "type", "subject", "name", "control", "check", "before", "after", "from", "to",
		"severity", "reason", "field", "field_before", "field_after")
	for _, c := range changes {
		fields := c.Fields
		if len(fields) == 0 {
			fields = []evidence.FieldChange{{}}
		}
		for _, f := range fields {
			s.row(c.What, string(c.Cause), c.Scope, c.Type, c.Subject, c.Name, c.Control, c.Check, c.Before, c.After,
				stamp(c.Between.From), stamp(c.Between.To), string(c.Severity), c.Reason, f.Path, string(f.Before), string(f.After))
		}
	}
	return s.flush("changes")
}

// GapsCSV writes the intervals without evidence.
func GapsCSV(w io.Writer, gaps []evidence.Gap) error {
	s := newSheet(w, "series", "from", "to", "seconds", "reason")
	for _, g := range gaps {
		s.row(g.Series, stamp(g.Window.From), stamp(g.Window.To), seconds(evidence.Duration(g.Window.To.Sub(g.Window.From))),
			string(g.Reason))
	}
	return s.flush("gaps")
}

// AcceptancesCSV writes accepted risks with their effect.
func AcceptancesCSV(w io.Writer, list []AcceptanceState) error {
	s := newSheet(w, "id", "state", "why", "category", "check", "scope", "subjects", "failing", "matched", "requester", "approver",
		"owner", "reason", "compensating", "start", "end", "effect_until", "last_day", "days_left", "severity", "ticket",
		"renews",
		"renewals", "withdrawn")
	for _, a := range list {
		s.row(a.ID, a.State, a.Why, a.Category, a.Check, a.Scope, strings.Join(a.Subjects, " "), itoa(a.Failing), itoa(a.Matched),
			a.Requester, a.Approver, a.Owner, a.Reason, strings.Join(a.Compensating, " "), stamp(a.Start), stamp(a.End),
			stamp(a.Until), a.UntilDay, itoa(a.DaysLeft), string(a.Severity), a.Ticket, a.Renews, itoa(a.Renewals),
			stamp(a.Withdrawn))
	}
	return s.flush("acceptances")
}

// AttestationsCSV writes people's statements with whether they count.
func AttestationsCSV(w io.Writer, list []AttestationState) error {
	s := newSheet(w, "id", "state", "why", "control", "requirement", "scope", "author", "statement", "from", "to",
		"expires", "signed_with",
		"attachments")
	for _, a := range list {
		key := ""
		if a.Signature != nil {
			key = a.Signature.Key
		}
		var files []string
		for _, name := range sortedKeys(a.Attachments) {
			files = append(files, name+" "+a.Attachments[name].String())
		}
		s.row(a.ID, a.State, a.Why, a.Control, a.Requirement, a.Scope, a.Author, a.Statement, stamp(a.Period.From),
			stamp(a.Period.To),
			stamp(a.Expires), key, strings.Join(files, "; "))
	}
	return s.flush("attestations")
}
