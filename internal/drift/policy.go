package drift

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// policy gives an access policy of the AWS kind one spelling: a single value where a list is allowed becomes the list of it,
// actions are case-insensitive, an account number and its root ARN are one principal, and a bare star is every AWS principal.
func policy(doc map[string]any) map[string]any {
	statements := oneOrMany(doc["Statement"])
	for _, s := range statements {
		st, ok := s.(map[string]any)
		if !ok {
			return doc // not a policy after all
		}
		for _, k := range []string{"Action", "NotAction"} {
			if v, ok := st[k]; ok {
				st[k] = each(oneOrMany(v), strings.ToLower)
			}
		}
		for _, k := range []string{"Resource", "NotResource"} {
			if v, ok := st[k]; ok {
				st[k] = oneOrMany(v)
			}
		}
		for _, k := range []string{"Principal", "NotPrincipal"} {
			if v, ok := st[k]; ok {
				st[k] = principal(v)
			}
		}
		if c, ok := st["Condition"].(map[string]any); ok {
			condition(c)
		}
	}
	doc["Statement"] = statements
	return doc
}

func oneOrMany(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func each(list []any, fn func(string) string) []any {
	for i, v := range list {
		if s, ok := v.(string); ok {
			list[i] = fn(s)
		}
	}
	return list
}

var accountNumber = regexp.MustCompile(`^[0-9]{12}$`)

func principal(v any) any {
	if v == "*" {
		v = map[string]any{"AWS": "*"}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k, ids := range m {
		m[k] = each(oneOrMany(ids), func(id string) string {
			if k == "AWS" && accountNumber.MatchString(id) {
				return "arn:aws:iam::" + id + ":root"
			}
			return id
		})
	}
	return m
}

// condition spells values as lists of text: "true" and true, "5" and 5 mean the same there.
func condition(c map[string]any) {
	for _, operands := range c {
		keys, ok := operands.(map[string]any)
		if !ok {
			continue
		}
		for k, v := range keys {
			list := oneOrMany(v)
			for i, e := range list {
				switch e := e.(type) {
				case bool:
					list[i] = strconv.FormatBool(e)
				case json.Number:
					list[i] = e.String()
				}
			}
			keys[k] = list
		}
	}
}
