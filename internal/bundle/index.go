package bundle

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"exhibit/internal/bundle/format"
	"exhibit/internal/evidence"
)

// tally counts the newest assessment's observations of one check in one scope.
type tally map[evidence.Verdict]int

// index writes the table from requirement to evidence, as of the newest assessment of the period.
func (b *builder) index() error {
	checks, findings, err := b.newestResults()
	if err != nil {
		return err
	}
	return b.out.file(format.Index, "every requirement with its controls, checks and results at the end of the period",
		func(w *bufio.Writer) error {
			table := csv.NewWriter(w)
			b.indexHeader(table)
			for _, r := range b.scope.framework.Requirements {
				b.requirementRows(table, r, checks, findings)
			}
			table.Flush()
			return table.Error()
		})
}

func (b *builder) indexHeader(table *csv.Writer) {
	row(table, "requirement", "requirement_title", "strength", "control", "control_title", "check", "check_title", "severity",
		"scope", "control_status", "pass", "fail", "unknown", "not_applicable", "observed_from", "as_of", "period_from",
		"period_to", "evidence", "note")
}

func (b *builder) requirementRows(
	table *csv.Writer, r evidence.Requirement, checks map[string]map[string]tally, findings map[string][]evidence.Finding,
) {
	from, to := stamp(b.request.Period.From), stamp(b.request.Period.To)
	asOf := ""
	if a := b.manifest.Assessment; a != nil {
		asOf = stamp(a.AsOf)
	}
	rows := 0
	for _, c := range b.scope.controls {
		named := slices.ContainsFunc(c.Checks, func(k evidence.Check) bool { return names(r, c, k) })
		for _, f := range findings[c.ID] {
			if !named && !slices.Contains(r.Controls, c.ID) || len(f.Counts) > 0 {
				continue
			}
			row(table, r.ID, r.Title, r.Strength, c.ID, c.Title, "", "", "", f.Scope, string(f.Status), "", "", "", "", "", asOf,
				from, to, "", strings.Join(f.Reasons, "; "))
			rows++
		}
		for _, k := range c.Checks {
			if !names(r, c, k) {
				continue
			}
			if len(findings[c.ID]) == 0 {
				row(table, r.ID, r.Title, r.Strength, c.ID, c.Title, k.ID, k.Title, string(k.Severity), "", "", "", "", "", "",
					"", asOf, from, to, "", "not assessed in the period")
				rows++
			}
			for _, f := range findings[c.ID] {
				n := checks[k.ID][f.Scope]
				if len(n) == 0 {
					continue
				}
				observed := ""
				if !f.ObservedFrom.IsZero() {
					observed = stamp(f.ObservedFrom)
				}
				row(table, r.ID, r.Title, r.Strength, c.ID, c.Title, k.ID, k.Title, string(k.Severity), f.Scope,
					string(f.Status), strconv.Itoa(n[evidence.Pass]), strconv.Itoa(n[evidence.Fail]),
					strconv.Itoa(n[evidence.Unknown]), strconv.Itoa(n[evidence.NotApplicable]), observed, asOf, from, to,
					format.Subjects(k.Subject), "")
				rows++
			}
		}
		if len(c.Checks) == 0 && len(findings[c.ID]) == 0 && slices.Contains(r.Controls, c.ID) {
			row(table, r.ID, r.Title, r.Strength, c.ID, c.Title, "", "", "", "", "", "", "", "", "", "", asOf, from, to, "",
				"by hand: "+c.Manual)
			rows++
		}
	}
	if rows > 0 {
		return
	}
	note := r.None
	if note == "" && r.Manual != "" {
		note = "by hand: " + r.Manual
	}
	if note == "" {
		note = "no observation in the period"
	}
	row(table, r.ID, r.Title, r.Strength, "", "", "", "", "", "", "", "", "", "", "", "", asOf, from, to, "", note)
}

// names reports whether the requirement is met by the check.
func names(r evidence.Requirement, c evidence.Control, k evidence.Check) bool {
	if len(r.Checks) == 0 {
		return slices.Contains(r.Controls, c.ID)
	}
	return slices.Contains(r.Checks, k.ID)
}

// newestResults counts the newest assessment by check and scope, and returns its findings by control.
func (b *builder) newestResults() (map[string]map[string]tally, map[string][]evidence.Finding, error) {
	checks, findings := map[string]map[string]tally{}, map[string][]evidence.Finding{}
	if len(b.assessments) == 0 {
		return checks, findings, nil
	}
	newest := b.assessments[len(b.assessments)-1]
	if newest.Observations.Count > 0 {
		err := b.view.Objects(newest.Observations, func(key string, _ evidence.Digest, object []byte) error {
			if b.scope.observation(key) != show {
				return b.ctx.Err()
			}
			var o struct {
				Check   string           `json:"check"`
				Scope   string           `json:"scope"`
				Verdict evidence.Verdict `json:"verdict"`
			}
			if err := json.Unmarshal(object, &o); err != nil {
				return err
			}
			scopes := checks[o.Check]
			if scopes == nil {
				scopes = map[string]tally{}
				checks[o.Check] = scopes
			}
			if scopes[o.Scope] == nil {
				scopes[o.Scope] = tally{}
			}
			scopes[o.Scope][o.Verdict]++
			return b.ctx.Err()
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if newest.Findings.Count == 0 {
		return checks, findings, nil
	}
	err := b.view.Objects(newest.Findings, func(key string, _ evidence.Digest, object []byte) error {
		if b.scope.finding(key) != show {
			return b.ctx.Err()
		}
		var f evidence.Finding
		if err := json.Unmarshal(object, &f); err != nil {
			return err
		}
		findings[f.Control] = append(findings[f.Control], f)
		return b.ctx.Err()
	})
	return checks, findings, err
}

// row writes one row; a cell that a spreadsheet would take for a formula is quoted for it. csv.Writer keeps the error.
func row(table *csv.Writer, cells ...string) {
	for i, c := range cells {
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			cells[i] = "'" + c
		}
	}
	_ = table.Write(cells)
}
