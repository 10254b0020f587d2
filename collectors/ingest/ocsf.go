package ingest

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The parts of an OCSF finding that are read.
type ocsfFinding struct {
	Class        int            `json:"class_uid"`
	Message      string         `json:"message"`
	Severity     string         `json:"severity"`
	SeverityID   int            `json:"severity_id"`
	StatusID     int            `json:"status_id"`
	Status       string         `json:"status"`
	StatusCode   string         `json:"status_code"`
	StatusDetail string         `json:"status_detail"`
	Comment      string         `json:"comment"`
	Resources    []ocsfResource `json:"resources"`
	Resource     ocsfResource   `json:"resource"`
	Compliance   struct {
		Control    string `json:"control"`
		Status     string `json:"status"`
		StatusID   int    `json:"status_id"`
		StatusCode string `json:"status_code"`
	} `json:"compliance"`
	Info struct {
		UID   string `json:"uid"`
		Title string `json:"title"`
	} `json:"finding_info"`
	Metadata struct {
		EventCode string `json:"event_code"`
		Product   struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"product"`
	} `json:"metadata"`
	Cloud struct {
		Account struct {
			UID string `json:"uid"`
		} `json:"account"`
	} `json:"cloud"`
	Vulnerabilities []struct {
		Title string `json:"title"`
		CVE   struct {
			UID string `json:"uid"`
		} `json:"cve"`
	} `json:"vulnerabilities"`
}

type ocsfResource struct {
	UID  string `json:"uid"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// The classes of OCSF that are read.
const (
	vulnerabilityFinding = 2002
	complianceFinding    = 2003
	detectionFinding     = 2004
)

// readOCSF reads OCSF findings in one list or one after the other: one report for each tool and account.
func readOCSF(body []byte) ([]*Report, error) {
	if err := shallow(body); err != nil {
		return nil, err
	}
	d := jsontext.NewDecoder(bytes.NewReader(body))
	list := d.PeekKind() == '['
	if list {
		if _, err := d.ReadToken(); err != nil {
			return nil, jsonMistake(err, 0)
		}
	}
	var out []*Report
	by := map[string]*Report{}
	for n := 0; ; n++ {
		if list && d.PeekKind() == ']' {
			break
		}
		value, err := d.ReadValue()
		if errors.Is(err, io.EOF) && !list {
			break
		}
		if err != nil {
			return nil, jsonMistake(err, 0)
		}
		start := d.InputOffset() - int64(len(value))
		var f ocsfFinding
		if err := json.Unmarshal(value, &f); err != nil {
			return nil, jsonMistake(err, start)
		}
		switch f.Class {
		case vulnerabilityFinding, complianceFinding, detectionFinding:
		default:
			return nil, &mistake{offset: start, expected: "class_uid: expected a finding: 2002, 2003 or 2004"}
		}
		if n >= maxResults {
			return nil, &mistake{offset: start, expected: "more findings than are read from one file"}
		}
		tool, account := f.Metadata.Product.Name, f.Cloud.Account.UID
		r := by[tool+"\x00"+account]
		if r == nil {
			r = &Report{tool: tool, version: f.Metadata.Product.Version, target: account, name: account,
				gap: "the report names nothing that passed"}
			by[tool+"\x00"+account] = r
			out = append(out, r)
		}
		f.addTo(r)
	}
	if list {
		if _, err := d.ReadToken(); err != nil {
			return nil, jsonMistake(err, 0)
		}
		if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
			return nil, &mistake{offset: d.InputOffset(), expected: "expected the end of the file after the list"}
		}
	}
	if len(out) == 0 {
		return nil, wrong("expected at least one finding: an empty list does not say which tool looked at what")
	}
	return out, nil
}

// addTo adds the finding, once for each resource.
func (f *ocsfFinding) addTo(r *Report) {
	one := result{rule: cmp.Or(f.Metadata.EventCode, f.Compliance.Control, f.Info.UID), title: f.Info.Title,
		message: cmp.Or(f.StatusDetail, f.Message, f.Info.Title), severity: cmp.Or(f.Severity, ocsfSeverity(f.SeverityID)),
		result: f.result()}
	if one.result == suppressed {
		one.reason = f.Comment
	}
	if one.result == pass || one.result == notApplicable {
		r.gap = ""
	}
	resources := f.Resources
	if len(resources) == 0 {
		resources = []ocsfResource{f.Resource}
	}
	rules := []string{one.rule}
	if f.Class == vulnerabilityFinding && len(f.Vulnerabilities) > 0 {
		rules = rules[:0]
		for _, v := range f.Vulnerabilities {
			rules = append(rules, cmp.Or(v.CVE.UID, one.rule))
		}
	}
	for _, rule := range rules {
		for _, res := range resources {
			one.rule, one.resource, one.kind = rule, cmp.Or(res.UID, res.Name), res.Type
			r.add(one)
		}
	}
}

// result reads how the finding ended. What is muted is no pass.
func (f *ocsfFinding) result() string {
	const statusSuppressed, statusResolved = 3, 4
	code := strings.ToUpper(cmp.Or(f.StatusCode, f.Compliance.StatusCode, f.Compliance.Status))
	switch {
	case code == "PASS":
		return pass // a mute changes nothing about it
	case f.StatusID == statusSuppressed || strings.EqualFold(f.Status, "suppressed"):
		return suppressed
	}
	switch code {
	case "FAIL", "FAILED", "WARNING":
		return fail
	case "PASSED":
		return pass
	case "NOT_APPLICABLE", "NOT APPLICABLE":
		return notApplicable
	case "":
	default: // MANUAL, and what is not known
		return unknown
	}
	switch {
	case f.Class == complianceFinding && f.Compliance.StatusID == 1:
		return pass
	case f.Class == complianceFinding && (f.Compliance.StatusID == 2 || f.Compliance.StatusID == 3):
		return fail
	case f.Class == complianceFinding || f.StatusID == statusResolved:
		return unknown
	}
	return fail // a detection or vulnerability is a finding by being there
}

func ocsfSeverity(id int) string {
	switch id {
	case 1:
		return "info"
	case 2:
		return "low"
	case 3:
		return "medium"
	case 4:
		return "high"
	case 5, 6:
		return "critical"
	}
	return unknown
}
