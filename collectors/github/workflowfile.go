package github

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxNodes is how many values a workflow file may hold, aliases spelled out: far more than GitHub takes.
const maxNodes = 100_000

// The reasons why a file is no workflow. They say nothing of its text, which may hold anything.
var (
	errNoYAML   = errors.New("the file is no YAML")
	errNoObject = errors.New("the file is no mapping")
	errTooLarge = errors.New("the file holds too much")
)

// parseWorkflow reads a workflow file as GitHub does, in which "on" is a name and no truth value, and leaves out what the
// evidence shall not hold.
func parseWorkflow(content string) (map[string]any, error) {
	var file yaml.Node
	if err := yaml.Unmarshal([]byte(content), &file); err != nil || file.Kind != yaml.DocumentNode || len(file.Content) != 1 {
		return nil, errNoYAML
	}
	r := workflowReader{
		left:        maxNodes,
		expressions: regexp.MustCompile(`(?s)\$\{\{.*?\}\}`),
		secretName:  regexp.MustCompile(`pass|pwd|secret|token|api[_-]?key|[_-]key$|credential|auth`),
		scriptName:  regexp.MustCompile(`script|command`),
	}
	doc, ok := r.value(file.Content[0], nil).(map[string]any)
	switch {
	case r.left < 0:
		return nil, errTooLarge
	case !ok:
		return nil, errNoObject
	}
	return doc, nil
}

// workflowReader turns YAML into JSON's values.
type workflowReader struct {
	left        int            // how many values may follow
	expressions *regexp.Regexp // "${{ … }}"
	secretName  *regexp.Regexp // names under which people keep secrets
	scriptName  *regexp.Regexp // names under which they hand a script to an action
}

// value returns a node's value; at leads to it from the top.
func (r *workflowReader) value(n *yaml.Node, at []string) any {
	if r.left--; r.left < 0 || len(at) > 100 {
		r.left = -1
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, append(at, "")) // a step, so that one that holds itself has an end
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			out[key] = r.value(n.Content[i+1], append(slices.Clip(at), key))
		}
		return out
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, e := range n.Content {
			out[i] = r.value(e, append(slices.Clip(at), strconv.Itoa(i)))
		}
		return out
	}
	return r.kept(scalarOf(n), at)
}

// scalarOf returns a scalar as JSON has it; what JSON has not is text.
func scalarOf(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int":
		if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			return v
		}
	case "!!float":
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
			return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	return n.Value
}

// withheld stands in the place of a value that may be a secret.
const withheld = "[withheld]"

// kept is what of a scalar the evidence holds: of scripts the expressions, and under a name for secrets what is an expression
// and nothing else. An element of a list goes by the list's name.
func (r *workflowReader) kept(v any, at []string) any {
	at = slices.DeleteFunc(slices.Clone(at), func(step string) bool { return step == "" }) // of an alias
	name := nameOf(at)
	s, text := v.(string)
	switch {
	case text && (name == "run" || slices.Contains(at, "with") && r.scriptName.MatchString(name)):
		return strings.Join(r.expressions.FindAllString(s, -1), "\n")
	case permissions(at) || name == "secrets" && s == "inherit":
		return v
	case !r.secretName.MatchString(name) && !handedOn(at):
		return v
	case text && strings.TrimSpace(r.expressions.ReplaceAllString(s, "")) != "":
		return withheld
	}
	if _, ok := v.(bool); ok || text || v == nil {
		return v
	}
	return withheld // a number
}

// nameOf is the last step that is no place in a list, in lower case.
func nameOf(at []string) string {
	for _, step := range slices.Backward(at) {
		if _, err := strconv.Atoi(step); err != nil {
			return strings.ToLower(step)
		}
	}
	return ""
}

// handedOn reports whether at leads to a secret that is handed on, whatever it is called. A job of that name is a job.
func handedOn(at []string) bool {
	return slices.Contains(at, "secrets") && (at[0] != "jobs" || slices.Contains(at[2:], "secrets"))
}

// permissions reports whether at leads into the workflow's permissions or those of a job, which are no secrets whatever
// they are called. A job of that name is a job.
func permissions(at []string) bool {
	return len(at) > 0 && at[0] == "permissions" || len(at) > 2 && at[0] == "jobs" && at[2] == "permissions"
}

// triggers are the names of the events in a workflow's on: one name, a list of them, or a mapping.
func triggers(on any) []string {
	out := []string{}
	switch on := on.(type) {
	case string:
		out = append(out, on)
	case []any:
		for _, v := range on {
			if name, ok := v.(string); ok {
				out = append(out, name)
			}
		}
	case map[string]any:
		out = slices.AppendSeq(out, maps.Keys(on))
	}
	slices.Sort(out)
	return out
}
