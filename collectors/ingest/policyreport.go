package ingest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxYAML is the largest YAML file that is read: its tree takes many times its size.
const maxYAML = 16 << 20

// policyAPI is the version of the policy report API that is read.
const policyAPI = "wgpolicyk8s.io/v1alpha2"

// The parts of a PolicyReport and ClusterPolicyReport that are read, and of a List of them.
type (
	policyReport struct {
		APIVersion string `json:"apiVersion" yaml:"apiVersion"`
		Kind       string `json:"kind" yaml:"kind"`
		Metadata   struct {
			Name      string            `json:"name" yaml:"name"`
			Namespace string            `json:"namespace" yaml:"namespace"`
			Labels    map[string]string `json:"labels" yaml:"labels"`
		} `json:"metadata" yaml:"metadata"`
		Source  string         `json:"source" yaml:"source"`
		Scope   *policyTarget  `json:"scope" yaml:"scope"`
		Summary map[string]int `json:"summary" yaml:"summary"`
		Results []policyEntry  `json:"results" yaml:"results"`
		Items   []policyReport `json:"items" yaml:"items"`
	}
	policyEntry struct {
		Source    string            `json:"source" yaml:"source"`
		Policy    string            `json:"policy" yaml:"policy"`
		Rule      string            `json:"rule" yaml:"rule"`
		Result    string            `json:"result" yaml:"result"`
		Status    string            `json:"status" yaml:"status"` // as Result was called once
		Severity  string            `json:"severity" yaml:"severity"`
		Category  string            `json:"category" yaml:"category"`
		Message   string            `json:"message" yaml:"message"`
		Resources []policyTarget    `json:"resources" yaml:"resources"`
		Selector  *policySelector   `json:"resourceSelector" yaml:"resourceSelector"`
		More      map[string]string `json:"properties" yaml:"properties"`
	}
	policyTarget struct {
		APIVersion string `json:"apiVersion" yaml:"apiVersion"`
		Kind       string `json:"kind" yaml:"kind"`
		Namespace  string `json:"namespace" yaml:"namespace"`
		Name       string `json:"name" yaml:"name"`
	}
	policySelector struct {
		Labels map[string]string `json:"matchLabels" yaml:"matchLabels"`
	}
)

// readPolicyReport reads policy reports of Kubernetes, as JSON or YAML: one object, a List, or many documents. All that
// one tool reports is one report, because a cluster keeps one object for each namespace or resource.
func readPolicyReport(body []byte) ([]*Report, error) {
	objects, err := policyObjects(body)
	if err != nil {
		return nil, err
	}
	by := map[string]*Report{}
	n := 0
	for i := range objects {
		list := []policyReport{objects[i]}
		if strings.HasSuffix(objects[i].Kind, "List") {
			list = objects[i].Items
		}
		for j := range list {
			if list[j].APIVersion != policyAPI ||
				list[j].Kind != "PolicyReport" && list[j].Kind != "ClusterPolicyReport" {
				return nil, wrong("%s %s: expected PolicyReport or ClusterPolicyReport of %s", clean(list[j].APIVersion, longID),
					clean(list[j].Kind, longID), policyAPI)
			}
			n++
			list[j].addTo(by)
		}
	}
	if n == 0 {
		return nil, wrong("expected at least one PolicyReport or ClusterPolicyReport")
	}
	var out []*Report
	for _, tool := range slices.Sorted(maps.Keys(by)) {
		r := by[tool]
		if c := r.counts(); c[pass]+c[notApplicable] == 0 {
			r.gap = "the report names nothing that passed"
		}
		out = append(out, r)
	}
	return out, nil
}

func policyObjects(body []byte) ([]policyReport, error) {
	if bytes.TrimSpace(body)[0] == '{' {
		var one policyReport
		err := decode(body, &one)
		return []policyReport{one}, err
	}
	if len(body) > maxYAML {
		return nil, wrong("expected at most %d bytes of YAML, it has %d", maxYAML, len(body))
	}
	loader, err := yaml.NewLoader(bytes.NewReader(body))
	if err != nil {
		return nil, wrong("expected YAML: %v", err)
	}
	var out []policyReport
	for {
		var node yaml.Node
		switch err := loader.Load(&node); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, yamlMistake(err)
		}
		if err := plainTree(&node, 0); err != nil {
			return nil, err
		}
		var one policyReport
		if err := node.Load(&one); err != nil {
			return nil, yamlMistake(err)
		}
		if one.Kind != "" || one.APIVersion != "" { // else an empty document
			out = append(out, one)
		}
	}
}

// plainTree refuses what a policy report has no need of and a reader can be made to choke on: aliases and depth.
func plainTree(n *yaml.Node, depth int) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return &mistake{line: n.Line, column: n.Column, offset: -1, expected: "expected no aliases"}
	case depth > deepest:
		return &mistake{line: n.Line, column: n.Column, offset: -1,
			expected: fmt.Sprintf("expected nesting of at most %d", deepest)}
	}
	for _, c := range n.Content {
		if err := plainTree(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// yamlMistake says a decoder's error with its place.
func yamlMistake(err error) error {
	var many *yaml.LoadErrors
	var one *yaml.LoadError
	if errors.As(err, &many) && len(many.Errors) > 0 {
		one = many.Errors[0]
	} else if !errors.As(err, &one) {
		return wrong("expected YAML: %s", clean(err.Error(), longID))
	}
	mark := one.Mark
	if mark.Line == 0 {
		mark = one.ContextMark
	}
	return &mistake{line: mark.Line, column: mark.Column, offset: -1,
		expected: "expected YAML: " + clean(one.Message, longID)}
}

// addTo adds the object's results to the reports of their tools.
func (p *policyReport) addTo(by map[string]*Report) {
	tool := cmp.Or(p.Source, p.Metadata.Labels["app.kubernetes.io/managed-by"], "policy-report")
	of := func(name string) *Report {
		name = cmp.Or(name, tool)
		if by[name] == nil {
			by[name] = &Report{tool: name}
		}
		return by[name]
	}
	for i := range p.Results {
		res := &p.Results[i]
		one := res.result()
		targets := res.Resources
		if len(targets) == 0 {
			targets = []policyTarget{p.target(res)}
		}
		for _, t := range targets {
			if t.Namespace == "" && p.Kind == "PolicyReport" {
				t.Namespace = p.Metadata.Namespace
			}
			one.resource, one.kind = t.id(), t.Kind
			of(res.Source).add(one)
		}
	}
	summed := 0
	for _, n := range p.Summary {
		summed += n
	}
	switch r := of(""); {
	case p.Summary == nil:
	case summed > len(p.Results):
		r.failed(fmt.Sprintf("%s counts %d results and has %d", p.Metadata.Name, summed, len(p.Results)))
	case r.ran == "":
		r.ran = "yes"
	}
}

// target is what a result is about that names no resource.
func (p *policyReport) target(res *policyEntry) policyTarget {
	switch {
	case p.Scope != nil:
		return *p.Scope
	case res.Selector != nil && len(res.Selector.Labels) > 0:
		var labels []string
		for _, k := range slices.Sorted(maps.Keys(res.Selector.Labels)) {
			labels = append(labels, k+"="+res.Selector.Labels[k])
		}
		return policyTarget{Kind: "selector", Name: strings.Join(labels, ",")}
	}
	return policyTarget{Kind: p.Kind, Name: p.Metadata.Name}
}

// id is "Deployment.apps/shop/web": the group and not its version, which an upgrade changes.
func (t policyTarget) id() string {
	group, _, ok := strings.Cut(t.APIVersion, "/")
	kind := t.Kind
	if ok {
		kind += "." + group
	}
	if t.Namespace != "" {
		return kind + "/" + t.Namespace + "/" + t.Name
	}
	return kind + "/" + t.Name
}

func (res *policyEntry) result() result {
	one := result{rule: res.Policy, title: res.Category, severity: res.Severity, message: res.Message, result: unknown}
	if res.Rule != "" {
		one.rule += "/" + res.Rule
	}
	switch cmp.Or(res.Result, res.Status) {
	case "pass":
		one.result = pass
	case "fail":
		one.result = fail
	case "warn": // a failure of a policy that is not enforced
		one.result = fail
		one.severity = cmp.Or(one.severity, "low")
	case "skip":
		one.result = notApplicable
		if by := cmp.Or(res.More["exceptions"], res.More["exception"]); by != "" {
			one.result, one.reason = suppressed, "exception "+by
		}
	}
	return one
}
