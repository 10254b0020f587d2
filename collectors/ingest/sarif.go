package ingest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// readSARIF reads SARIF 2.1.0, one report a run.
func readSARIF(body []byte) ([]*Report, error) {
	var log sarifLog
	if err := decode(body, &log); err != nil {
		return nil, err
	}
	if log.Version != "2.1.0" {
		return nil, wrong("version %q: expected SARIF 2.1.0", clean(log.Version, longID))
	}
	if len(log.Runs) == 0 {
		return nil, wrong("/runs: expected at least one run")
	}
	var out []*Report
	for i := range log.Runs {
		run := &log.Runs[i]
		if run.Tool.Driver.Name == "" {
			return nil, wrong("/runs/%d/tool/driver/name: expected the tool's name", i)
		}
		out = append(out, run.report())
	}
	return out, nil
}

func (run *sarifRun) report() *Report {
	r := &Report{tool: run.Tool.Driver.Name, version: cmp.Or(run.Tool.Driver.SemanticVersion, run.Tool.Driver.Version),
		name: strings.TrimRight(run.AutomationDetails.ID, "/")}
	if len(run.Provenance) > 0 {
		r.target = run.Provenance[0].RepositoryURI
	}
	run.invocations(r)
	if run.Results == nil {
		r.failed("the run has no results: it did not come to look")
		r.gap = "the run has no results"
		return r
	}
	rules := run.rules()
	used := map[string]bool{}
	said := false
	for i := range *run.Results {
		one := &(*run.Results)[i]
		if one.Baseline == "absent" {
			continue // it is what an earlier run found, and this one no more
		}
		rule := run.ruleOf(one)
		used[rule.ID] = true
		res := run.result(one, rule)
		said = said || one.Kind == "pass" || one.Kind == "notApplicable"
		r.add(res)
	}
	for id := range rules {
		said = said || !used[id] // a rule is named that found nothing
	}
	if !said {
		r.gap = "the report names neither what passed nor the rules that found nothing"
	}
	return r
}

func (run *sarifRun) rules() map[string]bool {
	out := map[string]bool{}
	for _, c := range append([]sarifComponent{run.Tool.Driver}, run.Tool.Extensions...) {
		for _, rule := range c.Rules {
			out[rule.ID] = true
		}
	}
	return out
}

// invocations says how the tool ran. All of them must have ended well.
func (run *sarifRun) invocations(r *Report) {
	for i, v := range run.Invocations {
		if i == 0 {
			r.started = v.Start
		}
		r.ended = v.End
		switch {
		case v.Successful == nil:
		case !*v.Successful:
			r.failed("the tool says that it did not run to its end")
		case r.ran == "":
			r.ran = "yes"
		}
		for _, n := range slices.Concat(v.Execution, v.Configuration) {
			if n.Level == "error" {
				r.failed(n.Message.Text)
			}
		}
	}
}

// ruleOf finds a result's rule by id or place in the driver's list.
func (run *sarifRun) ruleOf(one *sarifResult) sarifRule {
	id := cmp.Or(one.RuleID, one.Rule.ID)
	rules := run.Tool.Driver.Rules
	if id == "" {
		for _, index := range []*int{one.RuleIndex, one.Rule.Index} {
			if index != nil && *index >= 0 && *index < len(rules) {
				return rules[*index]
			}
		}
	}
	for _, c := range append([]sarifComponent{run.Tool.Driver}, run.Tool.Extensions...) {
		for _, rule := range c.Rules {
			// "CA1000/1" is a part of the rule CA1000.
			if rule.ID == id || strings.HasPrefix(id, rule.ID+"/") && rule.ID != "" {
				found := rule
				found.ID = id
				return found
			}
		}
	}
	return sarifRule{ID: id}
}

func (run *sarifRun) result(one *sarifResult, rule sarifRule) result {
	out := result{rule: rule.ID, title: cmp.Or(rule.ShortDescription.Text, rule.Name), message: one.Message.Text}
	switch cmp.Or(one.Kind, "fail") {
	case "fail":
		out.result = fail
	case "pass":
		out.result = pass
	case "notApplicable":
		out.result = notApplicable
	case "informational":
		out.result = notApplicable
	default: // review, open, and what is not known
		out.result = unknown
	}
	out.severity = severityBy(rule.Properties.SecuritySeverity,
		cmp.Or(one.Level, rule.Configuration.Level, "warning"))
	if why, yes := suppression(one.Suppressions); yes && out.result != pass && out.result != notApplicable {
		out.result, out.reason = suppressed, why
	}
	file, logical := one.Target, ""
	if len(one.Locations) > 0 {
		l := one.Locations[0]
		if l.Physical.Artifact.URI != "" {
			file = l.Physical.Artifact
		}
		out.location.Line = l.Physical.Region.StartLine
		if len(l.Logical) > 0 {
			logical, out.kind = cmp.Or(l.Logical[0].QualifiedName, l.Logical[0].Name), l.Logical[0].Kind
		}
	}
	out.location.Path = inRepository(run.relative(file))
	for _, key := range slices.Sorted(maps.Keys(one.Fingerprints)) {
		out.fingerprint = key + "=" + one.Fingerprints[key]
		break
	}
	out.resource = inCode(out.location.Path, logical)
	return out
}

// relative takes the place of the repository off an artifact's address: the longest, where one lies in another.
func (run *sarifRun) relative(a sarifArtifact) string {
	short := a.URI
	for _, base := range run.BaseIDs {
		if base.URI == "" || base.URI == "/" || base.URI == "file:///" {
			continue
		}
		if rest, ok := strings.CutPrefix(a.URI, strings.TrimSuffix(base.URI, "/")+"/"); ok && len(rest) < len(short) {
			short = rest
		}
	}
	return short
}

// suppression reports whether a result is suppressed: a suppression that is under review or was rejected is none.
func suppression(list []sarifSuppressed) (reason string, is bool) {
	for _, s := range list {
		switch s.Status {
		case "", "accepted":
			reason, is = cmp.Or(reason, s.Justification), true
		default:
			return "", false
		}
	}
	return reason, is
}

// severityBy is the severity by the score that code scanning knows, from 0 to 10, else by the level.
func severityBy(score jsontext.Value, level string) string {
	v, err := strconv.ParseFloat(textOf(score), 64)
	switch {
	case err != nil:
		return level
	case v >= 9:
		return "critical"
	case v >= 7:
		return "high"
	case v >= 4:
		return "medium"
	case v > 0:
		return "low"
	}
	return "info"
}
