package assess

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// errNotPolicy is the error for text that is no IAM policy document. It leaves the text out, so that reasons are few.
var errNotPolicy = errors.New("policy: the text is not an IAM policy document")

// statement is one statement of an IAM policy in one form: lists for what may be given alone, actions in lower case, an
// account number as its root ARN.
type statement struct {
	Sid           string      `json:"sid"`
	Effect        string      `json:"effect"` // "Allow" or "Deny"
	Principals    []string    `json:"principals"`
	NotPrincipals []string    `json:"notPrincipals"`
	Actions       []string    `json:"actions"`
	NotActions    []string    `json:"notActions"`
	Resources     []string    `json:"resources"`
	NotResources  []string    `json:"notResources"`
	Conditions    []condition `json:"conditions"`
}

// condition is one key of one operator.
type condition struct {
	Operator string   `json:"operator"` // lower case: "stringequals"
	Key      string   `json:"key"`      // lower case: "aws:sourcearn"
	Values   []string `json:"values"`
}

// parsePolicy reads a policy document, which IAM gives percent-encoded and other services do not.
func parsePolicy(text string) ([]statement, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "%7B") || strings.HasPrefix(text, "%7b") {
		plain, err := url.PathUnescape(text)
		if err != nil {
			return nil, errNotPolicy
		}
		text = plain
	}
	var doc struct {
		Statement oneOrMany[rawStatement]
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.Statement == nil {
		return nil, errNotPolicy
	}
	out := make([]statement, 0, len(doc.Statement))
	for _, raw := range doc.Statement {
		s, err := raw.normal()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// rawStatement is a statement as the document spells it.
type rawStatement struct {
	Sid, Effect             string
	Principal, NotPrincipal principals
	Action, NotAction       oneOrMany[string]
	Resource, NotResource   oneOrMany[string]
	Condition               map[string]map[string]oneOrMany[scalar]
}

func (r rawStatement) normal() (statement, error) {
	if r.Effect != "Allow" && r.Effect != "Deny" {
		return statement{}, errNotPolicy
	}
	s := statement{Sid: r.Sid, Effect: r.Effect, Principals: list0(r.Principal), NotPrincipals: list0(r.NotPrincipal),
		Actions: lower(r.Action), NotActions: lower(r.NotAction), Resources: list0(r.Resource),
		NotResources: list0(r.NotResource), Conditions: []condition{}}
	for _, op := range keys(r.Condition) {
		for _, key := range keys(r.Condition[op]) {
			c := condition{Operator: strings.ToLower(op), Key: strings.ToLower(key), Values: []string{}}
			for _, v := range r.Condition[op][key] {
				c.Values = append(c.Values, string(v))
			}
			s.Conditions = append(s.Conditions, c)
		}
	}
	return s, nil
}

// oneOrMany is a JSON value, or a list of them.
type oneOrMany[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMany[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] == '[' {
		return json.Unmarshal(raw, (*[]T)(o))
	}
	var one T
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	*o = oneOrMany[T]{one}
	return nil
}

// scalar is a condition's value: text, a number or a truth value, kept as text.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case '"':
		return json.Unmarshal(raw, (*string)(s))
	case '{', '[', 'n':
		return fmt.Errorf("condition value %.20s", raw)
	}
	*s = scalar(raw)
	return nil
}

// principals are "*" for everybody, ARNs, "service:NAME", "federated:NAME" and "canonical:ID".
type principals []string

// UnmarshalJSON implements json.Unmarshaler.
func (p *principals) UnmarshalJSON(raw []byte) error {
	var word string
	if json.Unmarshal(raw, &word) == nil {
		*p = principals{word}
		return nil
	}
	var byKind map[string]oneOrMany[string]
	if err := json.Unmarshal(raw, &byKind); err != nil {
		return err
	}
	for _, kind := range keys(byKind) {
		for _, name := range byKind[kind] {
			switch {
			case kind == "AWS" && len(name) == 12 && strings.Trim(name, "0123456789") == "":
				name = "arn:aws:iam::" + name + ":root"
			case kind == "Service", kind == "Federated":
				name = strings.ToLower(kind) + ":" + name
			case kind == "CanonicalUser":
				name = "canonical:" + name
			}
			if !slices.Contains(*p, name) {
				*p = append(*p, name)
			}
		}
	}
	return nil
}

func list0[T ~[]string](in T) []string {
	if in == nil {
		return []string{}
	}
	return in
}

func lower(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.ToLower(s)
	}
	return out
}

// matches reports whether an IAM pattern, in which * stands for any text and ? for one letter, fits the whole of s.
func matches(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
