package inlet

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
)

// Rule lets the tokens of one issuer that have all claims deliver to sources.
type Rule struct {
	Issuer   string
	Audience string
	Roots    []byte            // PEM; none means the machine's authorities
	Claims   map[string]string // values are exact, or patterns whose * stands for anything but a slash
	Sources  []string          // names or patterns
}

// allows returns nil when a rule lets the token deliver to the source, and otherwise why the one that comes closest does not.
func allows(rules []Rule, t token, source string) error {
	err := fmt.Errorf("no rule lets tokens of %s deliver to this source", t.issuer)
	for _, r := range rules {
		if r.Issuer != t.issuer || !slices.ContainsFunc(r.Sources, func(p string) bool { return matches(p, source) }) {
			continue
		}
		if err = r.holds(t); err == nil {
			return nil
		}
	}
	return err
}

// holds tells which of the rule's demands the token does not meet. It names claims, never their values.
func (r Rule) holds(t token) error {
	if !slices.Contains(t.audience, r.Audience) {
		return fmt.Errorf("the token is for another audience: ask for one with audience %s", r.Audience)
	}
	for _, claim := range slices.Sorted(maps.Keys(r.Claims)) {
		text, ok := claimText(t.claims[claim])
		if !ok {
			return fmt.Errorf("the token has no claim %s", claim)
		}
		if !matches(r.Claims[claim], text) {
			return fmt.Errorf("the token's claim %s is not the one that is configured", claim)
		}
	}
	return nil
}

// claimText returns a claim that is one text, number or truth.
func claimText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

func matches(pattern, text string) bool {
	ok, _ := path.Match(pattern, text)
	return ok
}
