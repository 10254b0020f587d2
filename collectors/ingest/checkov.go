package ingest

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The parts of Checkov's report that are read.
type (
	checkovRun struct {
		CheckType string `json:"check_type"`
		Results   *struct {
			Passed        []checkovCheck   `json:"passed_checks"`
			Failed        []checkovCheck   `json:"failed_checks"`
			Skipped       []checkovCheck   `json:"skipped_checks"`
			Unknown       []checkovCheck   `json:"unknown_checks"`
			ParsingErrors []jsontext.Value `json:"parsing_errors"`
		} `json:"results"`
		Summary *checkovSummary `json:"summary"`
		// Of a run that looked at nothing there is only the summary itself.
		Version string `json:"checkov_version"`
		Passed  *int   `json:"passed"`
	}
	checkovSummary struct {
		Passed        int    `json:"passed"`
		Failed        int    `json:"failed"`
		Skipped       int    `json:"skipped"`
		ParsingErrors int    `json:"parsing_errors"`
		Version       string `json:"checkov_version"`
	}
	checkovCheck struct {
		ID     string `json:"check_id"`
		Name   string `json:"check_name"`
		Result struct {
			Result  string `json:"result"`
			Comment string `json:"suppress_comment"`
		} `json:"check_result"`
		Path     string         `json:"file_path"`
		RepoPath string         `json:"repo_file_path"`
		Lines    []int          `json:"file_line_range"`
		Resource string         `json:"resource"`
		Severity jsontext.Value `json:"severity"`
	}
)

// readCheckov reads the report of checkov -o json: one run or a list of them.
func readCheckov(body []byte) ([]*Report, error) {
	var runs []checkovRun
	if bytes.TrimSpace(body)[0] == '[' {
		if err := decode(body, &runs); err != nil {
			return nil, err
		}
	} else {
		runs = make([]checkovRun, 1)
		if err := decode(body, &runs[0]); err != nil {
			return nil, err
		}
	}
	if len(runs) == 0 {
		return nil, wrong("expected at least one run")
	}
	var out []*Report
	for i := range runs {
		run := &runs[i]
		switch {
		case run.Results != nil && run.CheckType != "":
			out = append(out, run.report())
		case run.Results == nil && run.Passed != nil:
			out = append(out, &Report{tool: "checkov", version: run.Version, ran: "yes",
				gap: "nothing was found that can be looked at"})
		default:
			return nil, wrong("/%d: expected check_type and results, or the summary of a run that looked at nothing", i)
		}
	}
	return out, nil
}

func (run *checkovRun) report() *Report {
	r := &Report{tool: "checkov", name: run.CheckType, target: run.CheckType}
	for _, list := range []struct {
		checks []checkovCheck
		result string
	}{
		{run.Results.Passed, pass}, {run.Results.Failed, fail}, {run.Results.Skipped, suppressed},
		{run.Results.Unknown, unknown},
	} {
		for i := range list.checks {
			r.add(list.checks[i].result(list.result, run.CheckType))
		}
	}
	if s := run.Summary; s != nil {
		r.version, r.ran = s.Version, "yes"
		switch {
		case s.Passed > len(run.Results.Passed), s.Skipped > len(run.Results.Skipped):
			r.gap = "checks passed that the report does not name: checkov names them without --quiet"
		case s.Failed > len(run.Results.Failed):
			r.gap = "checks failed that the report does not name"
		}
		if lost := s.ParsingErrors - len(run.Results.ParsingErrors); lost > 0 {
			r.failed(fmt.Sprintf("%d files could not be parsed", lost))
		}
	} else {
		r.gap = "the report has no summary that says what passed"
	}
	if run.Results.Failed == nil && run.Results.Passed == nil {
		r.gap = "the report has neither failed nor passed checks"
	}
	for _, e := range run.Results.ParsingErrors {
		r.failed("could not be parsed: " + inRepository(textOf(e)))
	}
	return r
}

// result is the check as in a list of that result. A check that says otherwise itself is unknown.
func (c *checkovCheck) result(listed, kind string) result {
	file := inRepository(c.Path)
	// repo_file_path leads out of where checkov was started, "/../tf/main.tf", unless that is the repository.
	if c.RepoPath != "" && !strings.Contains(c.RepoPath, "..") {
		file = inRepository(c.RepoPath)
	}
	out := result{rule: c.ID, title: c.Name, result: listed, severity: textOf(c.Severity), kind: kind,
		resource: inCode(file, c.Resource), location: location{Path: file}, message: c.Name}
	if t, name, ok := strings.Cut(path.Base(c.Resource), "."); ok && name != "" && kind == "terraform" {
		out.kind = t
	}
	if len(c.Lines) > 0 {
		out.location.Line = c.Lines[0]
	}
	own := map[string]string{pass: "PASSED", fail: "FAILED", suppressed: "SKIPPED", unknown: "UNKNOWN"}[listed]
	if said := cmp.Or(strings.ToUpper(c.Result.Result), own); said != own {
		out.result = unknown
		out.message = "it is listed as " + listed + " and says " + said + " itself"
	}
	if out.result == suppressed {
		out.reason = c.Result.Comment
	}
	return out
}
