package assess

import (
	"slices"
	"strings"
)

// allowsFullAdmin reports whether a statement allows every action on every resource. Conditions and other statements
// that deny are not weighed: a right that everything hangs on is full administration all the same. NotAction is not
// counted.
func allowsFullAdmin(doc []statement) bool {
	for _, s := range doc {
		every := slices.ContainsFunc(s.Actions, func(a string) bool { return strings.Trim(a, "*") == "" || a == "*:*" })
		if s.Effect == "Allow" && every && slices.Contains(s.Resources, "*") {
			return true
		}
	}
	return false
}

// allowsPublic reports whether a statement allows something to everybody: principal "*", or all but some, without a
// condition that binds the caller to given accounts, organisations, networks or resources.
func allowsPublic(doc []statement) bool {
	for _, s := range doc {
		everybody := len(s.NotPrincipals) > 0 || slices.Contains(s.Principals, "*")
		if s.Effect == "Allow" && everybody && !slices.ContainsFunc(s.Conditions, bindsCaller) {
			return true
		}
	}
	return false
}

// bindingKeys are condition keys whose fixed values make a caller known.
var bindingKeys = [...]string{
	"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
	"aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc",
	"aws:sourcevpce", "aws:userid", "kms:calleraccount", "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
}

// bindsCaller reports whether a condition leaves only known callers. Operators that are also true when the key is
// absent, that negate, or whose values have wildcards for the account, do not.
func bindsCaller(c condition) bool {
	op := strings.TrimPrefix(c.Operator, "foranyvalue:")
	switch op {
	case "stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress":
	default:
		return false
	}
	if !slices.Contains(bindingKeys[:], c.Key) || len(c.Values) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(v string) bool { return !fixed(c.Key, op, v) })
}

// fixed reports whether a condition's value names callers rather than anybody.
func fixed(key, op, value string) bool {
	if key == "aws:sourceip" {
		p, err := parsePrefix(value)
		return op == "ipaddress" && err == nil && (p.Addr().Is4() && p.Bits() >= 8 || p.Addr().Is6() && p.Bits() >= 32)
	}
	wild := op == "stringlike" || strings.HasPrefix(op, "arn")
	if !wild || !strings.ContainsAny(value, "*?") {
		return value != ""
	}
	switch {
	case strings.HasSuffix(key, "orgpaths"):
		org, _, _ := strings.Cut(value, "/")
		return org != "" && !strings.ContainsAny(org, "*?")
	case strings.HasSuffix(key, "arn"):
		parts := strings.SplitN(value, ":", 6)
		if len(parts) < 6 {
			return false
		}
		if parts[4] == "" { // S3: the name is the only thing that is fixed
			return !strings.ContainsAny(parts[5][:min(1, len(parts[5]))], "*?") && parts[5] != ""
		}
		return !strings.ContainsAny(parts[4], "*?")
	case key == "aws:userid":
		id, _, _ := strings.Cut(value, ":")
		return id != "" && !strings.ContainsAny(id, "*?")
	}
	return false
}

// allowedPrincipals returns everybody whom a statement allows something, sorted. "*" stands for all, also where a
// statement allows all but some.
func allowedPrincipals(doc []statement) []string {
	var out []string
	for _, s := range doc {
		if s.Effect != "Allow" {
			continue
		}
		out = append(out, s.Principals...)
		if len(s.NotPrincipals) > 0 {
			out = append(out, "*")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// externalPrincipals returns the allowed principals that are neither services nor of the account, sorted. Federated
// providers of the account itself are not external.
func externalPrincipals(doc []statement, account string) []string {
	var out []string
	for _, p := range allowedPrincipals(doc) {
		arn, _ := strings.CutPrefix(p, "federated:")
		parts := strings.SplitN(arn, ":", 6)
		if strings.HasPrefix(p, "service:") || len(parts) == 6 && parts[4] == account {
			continue
		}
		out = append(out, p)
	}
	return out
}

// allowsAction reports whether a statement allows the action on anything. Statements that deny are not weighed.
func allowsAction(doc []statement, action string) bool {
	action = strings.ToLower(action)
	fits := func(pattern string) bool { return matches(pattern, action) }
	for _, s := range doc {
		if s.Effect != "Allow" {
			continue
		}
		if slices.ContainsFunc(s.Actions, fits) || len(s.NotActions) > 0 && !slices.ContainsFunc(s.NotActions, fits) {
			return true
		}
	}
	return false
}

// deniesInsecureTransport reports whether a statement denies everybody every action of a service, on the objects too,
// when the request does not come over TLS.
func deniesInsecureTransport(doc []statement) bool {
	for _, s := range doc {
		if s.Effect != "Deny" || !slices.Contains(s.Principals, "*") {
			continue
		}
		every := slices.ContainsFunc(s.Actions, func(a string) bool { return a == "*" || strings.HasSuffix(a, ":*") })
		objects := slices.ContainsFunc(s.Resources, func(r string) bool {
			return r == "*" || strings.HasSuffix(r, "/*") || strings.HasSuffix(r, ":*")
		})
		plain := func(c condition) bool {
			return strings.HasPrefix(c.Operator, "bool") && c.Key == "aws:securetransport" && slices.Contains(c.Values, "false")
		}
		if every && objects && len(s.Conditions) == 1 && plain(s.Conditions[0]) {
			return true
		}
	}
	return false
}
