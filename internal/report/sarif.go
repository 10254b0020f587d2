package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"exhibit/internal/evidence"
)

// sarifSchema is where the form of the file is defined.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Automation  map[string]string `json:"automationDetails"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]any    `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string         `json:"id"`
		Short         sarifText      `json:"shortDescription"`
		Help          *sarifText     `json:"help,omitempty"`
		Configuration sarifLevel     `json:"defaultConfiguration"`
		Properties    map[string]any `json:"properties"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		End           time.Time           `json:"endTimeUtc"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		Rule         string             `json:"ruleId"`
		Index        int                `json:"ruleIndex"`
		Kind         string             `json:"kind"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Properties   map[string]any     `json:"properties"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			Line int `json:"startLine"`
		} `json:"region"`
	}
	sarifLogical struct {
		Name      string `json:"name"`
		Qualified string `json:"fullyQualifiedName"`
		Kind      string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// SARIF writes a decision in the Static Analysis Results Interchange Format 2.1.0. A check is a rule, a reason a
// result. Its fingerprint is that of scope, check and subject, so that it is the same result for as long as nothing is
// fixed. A subject is no file: its location is named like one, below "exhibit/", and by its full name. version is the
// program's.
//
// What is unknown is of kind "open" and has no level, as the format demands.
func SARIF(w io.Writer, d evidence.Decision, version string) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "exhibit", Version: version, Rules: sarifRules(d)}},
		Automation:  map[string]string{"id": "exhibit/gate/"},
		Invocations: []sarifInvocation{{Successful: true, End: d.At.UTC()}}, Results: []sarifResult{},
		Properties: map[string]any{"outcome": d.Outcome, "passes": d.Passes(), "policy": d.Policy.String(),
			"asOf": d.AsOf.UTC()},
	}
	if d.Override != nil {
		run.Properties["overriddenBy"], run.Properties["overriddenBecause"] = d.Override.By, d.Override.Reason
	}
	if d.More > 0 {
		run.Invocations[0].Notifications = []sarifNotification{{"warning",
			sarifText{group(d.More) + " further reasons are left out; exhibit findings --all has them"}}}
	}
	for _, r := range d.Reasons {
		run.Results = append(run.Results, sarifResultOf(r, run.Tool.Driver.Rules))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}); err != nil {
		return fmt.Errorf("write SARIF: %w", err)
	}
	return nil
}

// sarifID is the rule of a reason: its check, or what it is about where there is none.
func sarifID(r evidence.GateReason) string {
	if r.Check != "" {
		return r.Check
	}
	return "exhibit.evidence"
}

// sarifRules are the checks of all reasons in order of id.
func sarifRules(d evidence.Decision) []sarifRule {
	rules := []sarifRule{}
	for _, r := range d.Reasons {
		id := sarifID(r)
		at, known := slices.BinarySearchFunc(rules, id, func(x sarifRule, id string) int { return strings.Compare(x.ID, id) })
		if known {
			continue
		}
		one := sarifRule{ID: id, Short: sarifText{cmp.Or(r.Title, r.Check, "Evidence is there and fresh")},
			Configuration: sarifLevel{severityLevel(r.Severity)},
			Properties:    map[string]any{"tags": []string{"compliance"}}}
		if r.Control != "" {
			one.Properties["tags"] = []string{"compliance", r.Control}
		}
		if score := securitySeverity(r.Severity); score != "" {
			one.Properties["security-severity"] = score
		}
		if r.Fix != "" {
			one.Help = &sarifText{r.Fix}
		}
		rules = slices.Insert(rules, at, one)
	}
	return rules
}

func sarifResultOf(r evidence.GateReason, rules []sarifRule) sarifResult {
	id := sarifID(r)
	at, _ := slices.BinarySearchFunc(rules, id, func(x sarifRule, id string) int { return strings.Compare(x.ID, id) })
	key := r.Key()
	if r.Check == "" {
		key += "|" + r.Type
	}
	sum := sha256.Sum256([]byte(key))
	out := sarifResult{Rule: id, Index: at, Kind: "fail", Level: actionLevel(r.Action), Message: sarifText{reasonLine(r)},
		Fingerprints: map[string]string{"exhibit/v1": hex.EncodeToString(sum[:])},
		Properties:   map[string]any{"action": r.Action, "rule": r.Rule, "verdict": r.Verdict}}
	if r.Verdict != evidence.Fail {
		out.Kind, out.Level = "open", "none"
	}
	name := subjectName(r.Name, r.Subject)
	one := sarifLocation{Logical: []sarifLogical{{Name: name, Qualified: r.Scope + "/" + r.Type + "/" + r.Subject,
		Kind: "resource"}}}
	one.Physical.Artifact.URI = "exhibit"
	for _, part := range []string{r.Scope, r.Type, name} {
		one.Physical.Artifact.URI += "/" + url.PathEscape(cmp.Or(part, "-"))
	}
	one.Physical.Region.Line = 1
	out.Locations = []sarifLocation{one}
	for key, value := range map[string]string{"owner": r.Owner, "since": stamp(r.Since), "fixBy": stamp(r.FixBy)} {
		if value != "" {
			out.Properties[key] = value
		}
	}
	switch {
	case r.Accepted != "":
		why := "acceptance " + r.Accepted + " until " + lastDay(r.Until)
		out.Suppressions = []sarifSuppression{{"external", "accepted", why}}
	case r.Action == evidence.GateIgnore:
		out.Suppressions = []sarifSuppression{{"external", "accepted", "rule " + r.Rule + ": " + r.Why}}
	}
	return out
}

func actionLevel(action string) string {
	switch action {
	case evidence.GateBlock:
		return "error"
	case evidence.GateWarn, evidence.GateTicket:
		return "warning"
	}
	return "note"
}

func severityLevel(s evidence.Severity) string {
	switch s {
	case evidence.Critical, evidence.High:
		return "error"
	case evidence.Low:
		return "note"
	}
	return "warning"
}

// securitySeverity is the middle of the range of scores that code hosts call by the same word.
func securitySeverity(s evidence.Severity) string {
	switch s {
	case evidence.Critical:
		return "9.5"
	case evidence.High:
		return "8.0"
	case evidence.Medium:
		return "5.5"
	case evidence.Low:
		return "2.0"
	}
	return ""
}
