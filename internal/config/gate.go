package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"exhibit/internal/evidence"
	"exhibit/internal/gate"
	"exhibit/internal/strictyaml"
)

// rawGateRule is a rule as it stands in the file.
type rawGateRule struct {
	Name  string `yaml:"name"`
	Match struct {
		Severity texts     `yaml:"severity"`
		Check    texts     `yaml:"check"`
		Control  texts     `yaml:"control"`
		Type     texts     `yaml:"type"`
		Scope    texts     `yaml:"scope"`
		Owner    texts     `yaml:"owner"`
		Exposure yaml.Node `yaml:"exposure"`
	} `yaml:"match"`
	Action yaml.Node `yaml:"action"`
	Reason string    `yaml:"reason"`
	Until  yaml.Node `yaml:"until"`
	Accept yaml.Node `yaml:"accept"`
}

// parseGate reads the policy of the gate: its rules before the built-in ones. A zero node is the built-in policy.
func parseGate(file string, n *yaml.Node) (gate.Policy, error) {
	policy := gate.Default()
	if n.IsZero() {
		return policy, nil
	}
	var raw struct {
		Unknown yaml.Node   `yaml:"unknown"`
		Public  texts       `yaml:"public"`
		Rules   []yaml.Node `yaml:"rules"`
	}
	if err := strictyaml.DecodeNode(file, n, &raw); err != nil {
		return policy, err
	}
	r := gateReader{file: file}
	if !raw.Unknown.IsZero() {
		policy.Unknown = r.oneOf("unknown", &raw.Unknown, evidence.GateBlock, evidence.GateWarn)
	}
	if raw.Public != nil {
		policy.Public = raw.Public
	}
	var rules []gate.Rule
	for i := range raw.Rules {
		rules = append(rules, r.rule(i, &raw.Rules[i]))
	}
	return policy.With(rules), r.errs.Or()
}

// gateReader gathers mistakes.
type gateReader struct {
	file string
	errs strictyaml.Errors
}

func (r *gateReader) wrong(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, strictyaml.At(r.file, n, format, args...))
}

func (r *gateReader) decode(n *yaml.Node, out any) bool {
	err := strictyaml.DecodeNode(r.file, n, out)
	var bad strictyaml.Errors
	if errors.As(err, &bad) {
		r.errs = append(r.errs, bad...)
	}
	return err == nil
}

func (r *gateReader) oneOf(key string, n *yaml.Node, values ...string) string {
	if !slices.Contains(values, n.Value) {
		r.wrong(n, "%s %q: expected %s", key, n.Value, strings.Join(values, ", "))
	}
	return n.Value
}

func (r *gateReader) rule(i int, n *yaml.Node) gate.Rule {
	var raw rawGateRule
	if !r.decode(n, &raw) {
		return gate.Rule{}
	}
	m := raw.Match
	out := gate.Rule{Name: raw.Name, Reason: raw.Reason,
		Match: gate.Match{Check: m.Check, Control: m.Control, Type: m.Type, Scope: m.Scope}}
	for _, name := range m.Owner {
		if name == "nobody" {
			name = ""
		}
		out.Match.Owner = append(out.Match.Owner, name)
	}
	if out.Name == "" {
		out.Name = fmt.Sprintf("rule %d", i+1)
	}
	for _, s := range m.Severity {
		if evidence.Severity(s).Rank() == 0 {
			r.wrong(n, "severity %q: expected critical, high, medium or low", s)
		}
		out.Match.Severity = append(out.Match.Severity, evidence.Severity(s))
	}
	if !m.Exposure.IsZero() {
		out.Match.Exposure = r.oneOf("exposure", &m.Exposure, "public", "internal")
	}
	if raw.Action.IsZero() {
		r.wrong(n, "the rule has no action: expected block, warn, ticket or ignore")
		return out
	}
	out.Action = r.oneOf("action", &raw.Action, evidence.GateBlock, evidence.GateWarn, evidence.GateTicket,
		evidence.GateIgnore)
	r.ignore(&out, raw, n)
	r.accept(&out, raw)
	return out
}

// ignore holds that what is ignored is so for a reason, and not for ever.
func (r *gateReader) ignore(out *gate.Rule, raw rawGateRule, n *yaml.Node) {
	ignored := out.Action == evidence.GateIgnore
	switch {
	case ignored && (raw.Reason == "" || raw.Until.IsZero()):
		r.wrong(n, "a rule that ignores needs a reason and an end: until: 2026-12-31")
	case !ignored && raw.Reason != "":
		r.wrong(n, "reason belongs to a rule that ignores")
	case !ignored && !raw.Until.IsZero():
		r.wrong(&raw.Until, "until belongs to a rule that ignores")
	case ignored:
		until, bad := parseDay(r.file, "until", &raw.Until, time.UTC, 1)
		r.errs = append(r.errs, bad...)
		out.Until = until
	}
}

// accept reads "accept: any", or what an acceptance must be.
func (r *gateReader) accept(out *gate.Rule, raw rawGateRule) {
	n := &raw.Accept
	switch {
	case n.IsZero():
		return
	case out.Action == evidence.GateIgnore:
		r.wrong(n, "accept does not belong to a rule that ignores")
		return
	case n.Kind == yaml.ScalarNode:
		r.oneOf("accept", n, "any")
		out.Accept = &gate.Accept{}
		return
	}
	var a struct {
		Compensating bool              `yaml:"compensating"`
		Within       evidence.Duration `yaml:"within"`
	}
	if !r.decode(n, &a) {
		return
	}
	if !a.Compensating && a.Within == 0 {
		r.wrong(n, "accept asks for nothing: expected any, or compensating and within")
	}
	out.Accept = &gate.Accept{Compensating: a.Compensating, Within: a.Within}
}
