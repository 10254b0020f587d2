package assess

import (
	"errors"
	"math"
	"reflect"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"exhibit/internal/change"
)

// helpers declares the functions that expressions may use besides CEL's own. They are pure: the same arguments give the
// same result, for ever.
//
//	age(t) duration             from t to now; t is a timestamp or RFC 3339 text
//	ageDays(t) int              whole days from t to now
//	days(n) duration            n times 24 hours
//	isTime(text) bool           whether age() can read it ("N/A" is no time)
//	cidrContains(outer, inner) bool   inner is a range or an address
//	cidrIsAny(range) bool       0.0.0.0/0, ::/0 and their like: every address
//	cidrIsPublic(range) bool    the range holds at least one address that the internet can route to
//	portsInclude(from, to, port) bool whether port lies in from-to; from -1 means all ports
//	portsInclude(text, port) bool     the same of "22", "20-30" or "*"
//	filterCovers(pattern, event) bool a log filter matches every event with these fields; see logfilter.go
//	isProduction(name) bool     the name of a production environment, or of something that belongs to one
//	unknown(reason) bool        neither true nor false, for what the evidence at hand cannot tell
//	policy(text) policy         an IAM policy document; see policy.go for its fields and functions
//	change(subject), commit(subject), bypass(subject), deployment(subject), changesAt(repository, commit)   see changecel.go
//	effective(subject), access(policies, …)   what an identity may do in the end; see accesscel.go
func helpers(table *typeTable) []cel.EnvOption {
	text, stamp, boolean := cel.StringType, cel.TimestampType, cel.BoolType
	opts := []cel.EnvOption{
		cel.Function("age",
			cel.Overload("age_string", []*cel.Type{text, stamp}, cel.DurationType, cel.BinaryBinding(age)),
			cel.Overload("age_timestamp", []*cel.Type{stamp, stamp}, cel.DurationType, cel.BinaryBinding(age))),
		cel.Function("ageDays",
			cel.Overload("ageDays_string", []*cel.Type{text, stamp}, cel.IntType, cel.BinaryBinding(ageDays)),
			cel.Overload("ageDays_timestamp", []*cel.Type{stamp, stamp}, cel.IntType, cel.BinaryBinding(ageDays))),
		cel.Function("days", cel.Overload("days_int", []*cel.Type{cel.IntType}, cel.DurationType, cel.UnaryBinding(days))),
		cel.Function("isTime", cel.Overload("isTime_string", []*cel.Type{text}, boolean, cel.UnaryBinding(func(v ref.Val) ref.Val {
			_, err := parseTime(v)
			return types.Bool(err == nil)
		}))),
		cel.Function("cidrContains", cel.Overload("cidrContains_string", []*cel.Type{text, text}, boolean,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return answer2(cidrContains, a, b) }))),
		cel.Function("cidrIsAny", cel.Overload("cidrIsAny_string", []*cel.Type{text}, boolean,
			cel.UnaryBinding(func(v ref.Val) ref.Val { return answer1(cidrIsAny, v) }))),
		cel.Function("cidrIsPublic", cel.Overload("cidrIsPublic_string", []*cel.Type{text}, boolean,
			cel.UnaryBinding(func(v ref.Val) ref.Val { return answer1(cidrIsPublic, v) }))),
		cel.Function("portsInclude",
			cel.Overload("portsInclude_int", []*cel.Type{cel.IntType, cel.IntType, cel.IntType}, boolean,
				cel.FunctionBinding(portsInclude)),
			cel.Overload("portsInclude_string", []*cel.Type{text, cel.IntType}, boolean, cel.BinaryBinding(rangeIncludes))),
		cel.Function("filterCovers", cel.Overload("filterCovers_string_map",
			[]*cel.Type{text, cel.MapType(text, text)}, boolean, cel.BinaryBinding(covers))),
		cel.Function("isProduction", cel.Overload("isProduction_string", []*cel.Type{text}, boolean,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				return answer1(func(name string) (bool, error) { return change.Production(name), nil }, v)
			}))),
		cel.Function("unknown", cel.Overload("unknown_string", []*cel.Type{text}, boolean, cel.UnaryBinding(notTold))),
	}
	return append(opts, policyHelpers(table)...)
}

// answer1 and answer2 adapt a function over text. Anything but text is an error.
func answer1(f func(string) (bool, error), v ref.Val) ref.Val {
	s, ok := v.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	yes, err := f(string(s))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(yes)
}

func answer2(f func(a, b string) (bool, error), a, b ref.Val) ref.Val {
	second, ok := b.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(b)
	}
	return answer1(func(first string) (bool, error) { return f(first, string(second)) }, a)
}

// covers adapts filterCovers.
func covers(pattern, event ref.Val) ref.Val {
	fields, err := event.ConvertToNative(reflect.TypeFor[map[string]string]())
	if err != nil {
		return types.MaybeNoSuchOverloadErr(event)
	}
	return answer1(func(text string) (bool, error) { return filterCovers(text, fields.(map[string]string)) }, pattern)
}

// notTold is an error that says the reason and nothing else: what rests on it is unknown.
func notTold(reason ref.Val) ref.Val {
	text, ok := reason.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(reason)
	}
	return types.WrapErr(errors.New(string(text)))
}

// parseTime reads a timestamp, or text in RFC 3339.
func parseTime(v ref.Val) (time.Time, error) {
	switch v := v.(type) {
	case types.Timestamp:
		return v.Time, nil
	case types.String:
		t, err := time.Parse(time.RFC3339Nano, string(v))
		if err != nil {
			return time.Time{}, errNotTime
		}
		return t, nil
	}
	return time.Time{}, errNotTime
}

// errNotTime is the error for text that is no time. It leaves the text out, so that reasons are few.
var errNotTime = errors.New("age: the text is not an RFC 3339 time")

func age(v, now ref.Val) ref.Val {
	t, err := parseTime(v)
	if err != nil {
		if types.IsUnknownOrError(v) {
			return v
		}
		return types.WrapErr(err)
	}
	return types.Duration{Duration: now.(types.Timestamp).Sub(t)}
}

func ageDays(v, now ref.Val) ref.Val {
	passed := age(v, now)
	d, ok := passed.(types.Duration)
	if !ok {
		return passed
	}
	return types.Int(math.Floor(d.Hours() / 24))
}

func days(v ref.Val) ref.Val {
	n, ok := v.(types.Int)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	if n < -100_000 || n > 100_000 {
		return types.NewErr("days: more than 100000 days")
	}
	return types.Duration{Duration: time.Duration(n) * 24 * time.Hour}
}

func portsInclude(args ...ref.Val) ref.Val {
	var n [3]types.Int
	for i, a := range args {
		v, ok := a.(types.Int)
		if !ok {
			return types.MaybeNoSuchOverloadErr(a)
		}
		n[i] = v
	}
	return types.Bool(n[0] == -1 || n[0] <= n[2] && n[2] <= n[1])
}
