package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exhibit/internal/collect"
	"exhibit/internal/evidence"
)

// resultDoc is one rule of one tool on one resource.
type resultDoc struct {
	Tool        string `json:"tool"`
	ToolVersion string `json:"tool_version"`
	Format      string `json:"format"`
	Rule        string `json:"rule"`
	Title       string `json:"title,omitempty"`
	// Result is pass, fail, unknown, not-applicable or suppressed. Of several reports of the same thing the worst counts.
	Result string `json:"result"`
	// Severity is critical, high, medium, low, info or unknown.
	Severity string `json:"severity"`
	// Resource is the native id of what was looked at; for code the path in the repository and, after #, what in it.
	Resource     string `json:"resource"`
	ResourceType string `json:"resource_type,omitempty"`
	Message      string `json:"message,omitempty"`
	// Fingerprint is the tool's own name for what it found.
	Fingerprint string   `json:"fingerprint,omitempty"`
	Location    location `json:"location,omitzero"`
	// Reason is why it is suppressed; empty when nobody said.
	Reason string `json:"reason"`
	Target string `json:"target,omitempty"`
	// Control are the ids of the controls that the source's section maps the rule to, sorted.
	Control     []string `json:"control"`
	Occurrences int      `json:"occurrences"`
}

// policyResult is what each rule of each tool says of each resource.
func policyResult() collect.Collector {
	return collect.Collector{
		Schema: evidence.Schema{
			Type:     "policy.result",
			Title:    "Result of a policy tool",
			Doc:      evidence.ShapeOf[resultDoc](),
			Volatile: []string{"/tool_version", "/location/line", "/occurrences", "/target"},
		},
		Version: 1,
		Collect: collect.Typed(collectResults),
	}
}

// collectResults merges what the tool's reports say of the same thing. What a report does not name makes the list one
// that is not whole: nothing is taken for mended because it is not in it.
func collectResults(ctx context.Context, s *session, t *collect.Task) error {
	type kept struct {
		result
		report *Report
	}
	byID := map[string]kept{}
	n := 0
	for _, r := range s.reports {
		for _, one := range r.results {
			n++
			id := one.id(r.tool)
			have, ok := byID[id]
			if !ok {
				byID[id] = kept{one, r}
				continue
			}
			worse := merge(have.result, one)
			from := have.report
			if compare(one, have.result) < 0 {
				from = r
			}
			byID[id] = kept{worse, from}
		}
	}
	t.Listed(n)
	if n > len(byID) {
		t.Exclude("reported again of the same rule and resource", n-len(byID))
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		k := byID[id]
		doc, err := json.Marshal(k.report.doc(k.result, s.config))
		if err != nil {
			return fmt.Errorf("encode %s: %w", id, err)
		}
		if err := t.Emit(ctx, evidence.Subject{ID: id, Name: k.rule + " on " + k.resource, Doc: doc}); err != nil {
			return err
		}
	}
	if s.lost != nil {
		return s.lost
	}
	for _, r := range s.reports {
		if r.gap != "" {
			return &collect.Error{Operation: "ingest:coverage", Outcome: evidence.OutcomeSkipped,
				Err: fmt.Errorf("%s: %s", r.file, r.gap)}
		}
	}
	return nil
}

func (r *Report) doc(one result, c Config) resultDoc {
	return resultDoc{Tool: r.tool, ToolVersion: r.version, Format: r.format, Rule: one.rule, Title: one.title,
		Result: one.result, Severity: one.severity, Resource: one.resource, ResourceType: one.kind, Message: one.message,
		Fingerprint: one.fingerprint, Location: one.location, Reason: one.reason, Target: r.target,
		Control: c.controlsOf(one.rule), Occurrences: one.occurrences}
}

// controlsOf returns the controls that a rule is mapped to, sorted, never nil.
func (c Config) controlsOf(rule string) []string {
	out := []string{}
	for pattern, control := range c.Controls {
		if glob(pattern, rule) {
			out = append(out, control)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// glob reports whether text fits a pattern in which * stands for any text.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}
