package ingest

import (
	"cmp"
	"fmt"
	"strings"
)

// The parts of Trivy's report that are read. Of a secret neither the match nor the code around it is.
type (
	trivyReport struct {
		SchemaVersion int           `json:"SchemaVersion"`
		Artifact      string        `json:"ArtifactName"`
		ArtifactType  string        `json:"ArtifactType"`
		CreatedAt     string        `json:"CreatedAt"`
		Results       []trivyResult `json:"Results"`
		Trivy         struct {
			Version string `json:"Version"`
		} `json:"Trivy"`
	}
	trivyResult struct {
		Target  string `json:"Target"`
		Class   string `json:"Class"`
		Type    string `json:"Type"`
		Summary *struct {
			Successes int `json:"Successes"`
		} `json:"MisconfSummary"`
		Misconfigurations []trivyMisconfiguration `json:"Misconfigurations"`
		Vulnerabilities   []trivyVulnerability    `json:"Vulnerabilities"`
		Secrets           []trivySecret           `json:"Secrets"`
		Modified          []trivyModified         `json:"ExperimentalModifiedFindings"`
	}
	trivyMisconfiguration struct {
		ID       string `json:"ID"`
		AVDID    string `json:"AVDID"`
		Title    string `json:"Title"`
		Message  string `json:"Message"`
		Severity string `json:"Severity"`
		Status   string `json:"Status"`
		Cause    struct {
			Resource  string `json:"Resource"`
			StartLine int    `json:"StartLine"`
		} `json:"CauseMetadata"`
	}
	trivyVulnerability struct {
		ID        string `json:"VulnerabilityID"`
		Package   string `json:"PkgName"`
		Path      string `json:"PkgPath"`
		Installed string `json:"InstalledVersion"`
		Fixed     string `json:"FixedVersion"`
		Title     string `json:"Title"`
		Severity  string `json:"Severity"`
		Status    string `json:"Status"`
	}
	trivySecret struct {
		RuleID    string `json:"RuleID"`
		Category  string `json:"Category"`
		Severity  string `json:"Severity"`
		Title     string `json:"Title"`
		StartLine int    `json:"StartLine"`
	}
	// trivyModified is a finding that an ignore file or a VEX document took out.
	trivyModified struct {
		Type      string `json:"Type"`
		Status    string `json:"Status"`
		Statement string `json:"Statement"`
		Source    string `json:"Source"`
		Finding   struct {
			trivyMisconfiguration
			VulnerabilityID string `json:"VulnerabilityID"`
			Package         string `json:"PkgName"`
			RuleID          string `json:"RuleID"`
		} `json:"Finding"`
	}
)

// readTrivy reads the report of trivy --format json.
func readTrivy(body []byte) ([]*Report, error) {
	var in trivyReport
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	if in.SchemaVersion != 2 {
		return nil, wrong("SchemaVersion %d: expected 2, as trivy --format json writes it", in.SchemaVersion)
	}
	r := &Report{tool: "trivy", version: in.Trivy.Version, started: in.CreatedAt, name: in.artifact(), target: in.Artifact}
	if len(in.Results) == 0 {
		r.gap = "the report names nothing that was looked at"
	}
	for i := range in.Results {
		in.addTo(r, &in.Results[i])
	}
	return []*Report{r}, nil
}

// artifact is the artifact's name without the tag and the digest of an image, which change with every build.
func (in *trivyReport) artifact() string {
	if in.ArtifactType != "container_image" {
		return in.Artifact
	}
	name, _, _ := strings.Cut(in.Artifact, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	return name
}

func (in *trivyReport) addTo(r *Report, t *trivyResult) {
	target := inRepository(t.Target)
	if t.Class == "os-pkgs" { // Target is "name:tag (distribution version)"
		target = in.artifact()
	}
	for _, m := range t.Misconfigurations {
		one := m.result(target, t.Type)
		switch m.Status {
		case "FAIL":
			one.result = fail
		case "PASS":
			one.result = pass
		case "EXCEPTION":
			one.result = suppressed
		}
		r.add(one)
	}
	for _, v := range t.Vulnerabilities {
		one := result{rule: v.ID, title: v.Title, result: fail, severity: v.Severity, kind: cmp.Or(t.Type, "package"),
			resource: inCode(cmp.Or(v.Path, target), v.Package), location: location{Path: target}}
		one.message = fmt.Sprintf("%s %s is vulnerable", v.Package, v.Installed)
		if v.Fixed != "" {
			one.message += "; mended in " + v.Fixed
		}
		switch v.Status {
		case "not_affected":
			one.result = notApplicable
		case "under_investigation":
			one.result = unknown
		}
		r.add(one)
	}
	for _, s := range t.Secrets {
		r.add(result{rule: s.RuleID, title: s.Title, result: fail, severity: s.Severity, kind: "secret", resource: target,
			message:  strings.TrimSpace("a secret in the file: " + s.Category),
			location: location{Path: target, Line: s.StartLine}})
	}
	for _, m := range t.Modified {
		one := m.Finding.result(target, t.Type)
		one.result = suppressed
		if m.Status == "not_affected" || m.Status == "fixed" {
			one.result = notApplicable
		}
		one.rule = cmp.Or(one.rule, m.Finding.VulnerabilityID, m.Finding.RuleID)
		if m.Finding.Package != "" {
			one.resource = inCode(target, m.Finding.Package)
		}
		one.reason = m.Statement
		r.add(one)
	}
	passed := 0
	for _, m := range t.Misconfigurations {
		if m.Status == "PASS" {
			passed++
		}
	}
	if t.Summary != nil && t.Summary.Successes > passed {
		r.gap = "checks passed that the report does not name: trivy names them with --include-non-failures"
	}
}

func (m trivyMisconfiguration) result(target, kind string) result {
	return result{rule: cmp.Or(m.ID, m.AVDID), title: m.Title, severity: m.Severity, message: m.Message, kind: kind,
		resource: inCode(target, m.Cause.Resource), location: location{Path: target, Line: m.Cause.StartLine}}
}
