package assess

import (
	"slices"
	"strconv"
	"strings"
)

// answer is what is known about a question. What a condition leaves open is perhaps, which is never taken for no.
type answer int8

const (
	no answer = iota
	perhaps
	yes
)

// String names the answer as checks and reviews spell it.
func (a answer) String() string { return [...]string{"no", "conditional", "yes"}[a] }

// Which conditions restrict:
//
//	aws:MultiFactorAuthPresent, aws:MultiFactorAuthAge,   a caller can come with a fresh second factor, over TLS, so a
//	aws:SecureTransport                                   statement that asks for it gives the right all the same, and
//	                                                      a denial without it denies nothing
//	iam:PassedToService                                   decided by what the question is about, where it says so
//	every other key                                       may or may not be met: an allowing statement allows perhaps,
//	                                                      a denying one denies perhaps
//
// favourable are the values of the first group that a caller can bring about.
var favourable = [...][2]string{
	{"aws:multifactorauthpresent", "true"}, {"aws:multifactorauthage", "1"}, {"aws:securetransport", "true"},
}

// passedTo is the key that says which service a role is passed to.
const passedTo = "iam:passedtoservice"

// request is a question about an action. Service, when not empty, is the one that a role is passed to.
type request struct {
	action  string // lower case
	service string
}

// allows tells whether the conditions of an allowing statement can be met.
func (r request) allows(conditions []condition) answer {
	worst := yes
	for _, c := range conditions {
		switch met, decided, known := r.met(c); {
		case known && met:
		case known && decided:
			return no
		default:
			worst = perhaps // a favourable value does not meet it, another might
		}
	}
	return worst
}

// denies tells whether the conditions of a denying statement are met whatever the caller does.
func (r request) denies(conditions []condition) answer {
	worst := yes
	for _, c := range conditions {
		met, decided, known := r.met(c)
		switch {
		case known && !met:
			return no
		case !known || !decided:
			worst = perhaps
		}
	}
	return worst
}

// met tells whether a condition holds where its key is known: the question decides it, or the caller can bring it about.
func (r request) met(c condition) (met, decided, known bool) {
	value := ""
	switch {
	case c.Key == passedTo && r.service != "":
		value, decided = r.service, true
	default:
		i := slices.IndexFunc(favourable[:], func(kv [2]string) bool { return kv[0] == c.Key })
		if i < 0 {
			return false, false, false
		}
		value = favourable[i][1]
	}
	met, known = holds(strings.TrimSuffix(c.Operator, "ifexists"), c.Values, value)
	return met, decided, known
}

// holds applies an operator to a value that is there; ok is false for an operator that it does not know.
func holds(op string, values []string, value string) (met, ok bool) {
	if op == "null" {
		return !slices.Contains(values, "true"), len(values) > 0
	}
	not := false
	compare := func(want string) bool { return want == value }
	switch op {
	case "bool", "stringequalsignorecase":
		compare = func(want string) bool { return strings.EqualFold(want, value) }
	case "stringequals":
	case "stringnotequals":
		not = true
	case "stringlike", "stringnotlike":
		not = op == "stringnotlike"
		compare = func(want string) bool { return matches(want, value) }
	case "numericlessthan", "numericlessthanequals", "numericgreaterthan", "numericgreaterthanequals":
		have, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return false, false
		}
		compare = func(want string) bool {
			limit, err := strconv.ParseFloat(want, 64)
			less := strings.HasPrefix(op, "numericless")
			equal := have == limit && strings.HasSuffix(op, "equals")
			return err == nil && (equal || less && have < limit || !less && have > limit)
		}
	default:
		return false, false
	}
	return slices.ContainsFunc(values, compare) != not, true
}
