package inlet

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Rule lets the tokens of one issuer that have all claims deliver to sources.
type Rule struct {
	Issuer   string
	Audience string
	Roots    []byte            // PEM; none means the machine's authorities
	Claims   map[string]string // values are exact, or patterns whose * stands for anything but a slash
	Sources  []string          // names or patterns
}

// allows returns nil when a rule lets the token deliver to the source, and otherwise why the one that comes closest does
// not. To whom no rule is for, the answer is the same whatever the source, so that he learns no names.
func allows(rules []Rule, t token, source string) error {
	var all, here []misses // what each rule, and each rule that is for the source, misses
	ours := false
	for _, r := range rules {
		if r.Issuer != t.issuer {
			continue
		}
		missing, covers := r.misses(t), slices.ContainsFunc(r.Sources, func(p string) bool { return matches(p, source) })
		switch {
		case len(missing) == 0 && covers:
			return nil
		case len(missing) == 0:
			ours = true
		case covers:
			here = append(here, missing)
		}
		if len(missing) > 0 {
			all = append(all, missing)
		}
	}
	closest := all
	if ours {
		closest = here
	}
	if len(closest) == 0 {
		return fmt.Errorf("no rule lets tokens of %s deliver to this source", t.issuer)
	}
	return slices.MinFunc(closest, func(a, b misses) int { return cmp.Compare(len(a), len(b)) })
}

// misses are a rule's demands that a token does not meet.
type misses []string

func (m misses) Error() string { return strings.Join(m, "; ") }

// misses tells which of the rule's demands the token does not meet. It names claims, never their values.
func (r Rule) misses(t token) misses {
	var out misses
	if !slices.Contains(t.audience, r.Audience) {
		out = append(out, "the token is for another audience: ask for one with audience "+r.Audience)
	}
	for _, claim := range slices.Sorted(maps.Keys(r.Claims)) {
		text, ok := claimText(t.claims[claim])
		switch {
		case !ok:
			out = append(out, "the token has no claim "+claim)
		case !matches(r.Claims[claim], text):
			out = append(out, "the token's claim "+claim+" is not the one that is configured")
		}
	}
	return out
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
