package assess

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"exhibit/internal/evidence"
)

// accessValue is an access in an expression.
type accessValue struct {
	*access
	typ *types.Type
	// stand is how the service control policies above the account stand; see organization.go.
	stand string
	// note says in the trace why they were not read, where they were not.
	note func()
}

// settled returns the answer unless levels that were not read could make nothing of it.
func (a *accessValue) settled(answer ref.Val) ref.Val {
	list, ok := answer.(traits.Sizer)
	nothing := answer == types.False || answer == types.String(no.String()) || ok && list.Size() == types.IntZero
	if !a.unread || nothing {
		return answer
	}
	a.note()
	return types.WrapErr(errUnreadLevels)
}

// accessHelpers declares what tells the rights that an identity has in the end, and what can be asked of it:
//
//	effective(subject)                   an IAM user, role or group of the view, by its own and its groups' policies, its
//	                                     permissions boundary, and the service control policies above the account;
//	                                     unknown when one of them was not read
//	access(policies)                     by policy texts alone
//	access(policies, boundary)           within a boundary; no boundary when its list is empty
//	access(policies, boundary, levels)   and what each level of an organisation lets through: a list for each, from the
//	                                     root to the account, one of whose policies must allow
//
//	.allows("iam:PassRole")              the action, on anything
//	.allowsOn("s3:GetObject", arn)       the action, on one resource
//	.decision("iam:PassRole")            "yes", "no", or "conditional" when a condition decides
//	.allowsAdmin()                       everything on everything, or enough of it to take the rest
//	.admin()                             the same as "yes", "no" or "conditional"
//	.adminVia()                          the policies that make it so
//	.escalations()                       known ways from these rights to more; see escalation.go
//	.organization()                      whether the service control policies above were "weighed", and if not why: "not
//	                                     read", "not looked at", "in no organisation", "none bind the account"
//
// Denials win over what is allowed. What a condition leaves open is never taken for no; which conditions are known is in
// accessconditions.go. Policies of the resources are not weighed, nor are an organisation's resource control policies.
//
// Service control policies only ever take away. Where they were asked for and not read, "no" is still an answer, and all
// else is unknown. Where nobody could ask for them, because the account was collected alone and not as one of its
// organisation, power is what the account's own policies give, which may be more than there is: an assertion that a power
// is there should not rest on it.
func accessHelpers(table *typeTable, subjects map[string]*subjectType) []cel.EnvOption {
	typ := table.add("access", nil)
	ask := func(name string, result *cel.Type, f func(*access) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("access_"+name, []*cel.Type{typ}, result,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				a, ok := v.(*accessValue)
				if !ok {
					return types.MaybeNoSuchOverloadErr(v)
				}
				return a.settled(f(a.access))
			})))
	}
	askFor := func(name string, args int, result *cel.Type, f func(*access, []string) ref.Val) cel.EnvOption {
		params := append([]*cel.Type{typ}, slices.Repeat([]*cel.Type{cel.StringType}, args)...)
		return cel.Function(name, cel.MemberOverload("access_"+name, params, result,
			cel.FunctionBinding(func(vals ...ref.Val) ref.Val {
				a, ok := vals[0].(*accessValue)
				if !ok {
					return types.MaybeNoSuchOverloadErr(vals[0])
				}
				words := make([]string, args)
				for i := range words {
					word, ok := vals[i+1].(types.String)
					if !ok {
						return types.MaybeNoSuchOverloadErr(vals[i+1])
					}
					words[i] = string(word)
				}
				return a.settled(f(a.access, words))
			})))
	}
	about := func(action string) request { return request{action: strings.ToLower(action)} }
	list, policies := cel.ListType(cel.StringType), cel.ListType(cel.StringType)
	names := func(s []string) ref.Val { return types.NewStringList(types.DefaultTypeAdapter, s) }
	build := func(f func(...ref.Val) (*accessValue, error)) cel.OverloadOpt {
		return cel.FunctionBinding(func(args ...ref.Val) ref.Val {
			for _, a := range args {
				if types.IsUnknownOrError(a) {
					return a
				}
			}
			a, err := f(args...)
			if err != nil {
				return types.WrapErr(err)
			}
			a.typ = typ
			return a
		})
	}
	related := cel.DynType // CEL would look into a list, and find the gap there
	return []cel.EnvOption{
		cel.Macros(effectiveMacro(subjects)),
		cel.Function("effective", cel.Overload("effective_related",
			[]*cel.Type{cel.DynType, related, related, related, related}, typ, build(effective))),
		cel.Function("access",
			cel.Overload("access_own", []*cel.Type{policies}, typ, build(accessOf)),
			cel.Overload("access_boundary", []*cel.Type{policies, policies}, typ, build(accessOf)),
			cel.Overload("access_levels", []*cel.Type{policies, policies, cel.ListType(policies)}, typ, build(accessOf))),
		askFor("allows", 1, cel.BoolType, func(a *access, s []string) ref.Val {
			return types.Bool(a.decide(about(s[0]), nil) != no)
		}),
		askFor("allowsOn", 2, cel.BoolType, func(a *access, s []string) ref.Val {
			return types.Bool(a.decideOn(about(s[0]), s[1]) != no)
		}),
		askFor("decision", 1, cel.StringType, func(a *access, s []string) ref.Val {
			return types.String(a.decide(about(s[0]), nil).String())
		}),
		ask("allowsAdmin", cel.BoolType, func(a *access) ref.Val {
			is, _ := a.admin()
			return types.Bool(is != no)
		}),
		ask("admin", cel.StringType, func(a *access) ref.Val {
			is, _ := a.admin()
			return types.String(is.String())
		}),
		ask("adminVia", list, func(a *access) ref.Val {
			_, via := a.admin()
			return names(via)
		}),
		ask("escalations", list, func(a *access) ref.Val { return names(a.escalations()) }),
		cel.Function("organization", cel.MemberOverload("access_organization", []*cel.Type{typ}, cel.StringType,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				a, ok := v.(*accessValue)
				if !ok {
					return types.MaybeNoSuchOverloadErr(v)
				}
				return types.String(a.stand)
			}))),
	}
}

// effectiveMacro gives effective() the subjects that an identity's access rests on.
func effectiveMacro(subjects map[string]*subjectType) cel.Macro {
	return cel.GlobalMacro("effective", 1, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		call := []ast.Expr{args[0]}
		for _, name := range evidence.EffectiveTypes() {
			if subjects[name] == nil {
				return nil, f.NewError(args[0].ID(), fmt.Sprintf("effective() needs subject type %q, which is not collected", name))
			}
			call = append(call, f.NewIdent(relatedPrefix+name))
		}
		return f.NewCall("effective", call...), nil
	})
}

// accessOf is access by policy texts: the identity's, a boundary's, and those of each level.
func accessOf(args ...ref.Val) (*accessValue, error) {
	own, err := policyTexts(args[0])
	if err != nil {
		return nil, err
	}
	var boundary []document
	if len(args) > 1 {
		if boundary, err = policyTexts(args[1]); err != nil {
			return nil, err
		}
	}
	var levels [][]document
	if len(args) > 2 {
		all, ok := args[2].(traits.Lister)
		if !ok {
			return nil, errors.New("access: levels are lists of policies")
		}
		for it := all.Iterator(); it.HasNext() == types.True; {
			level, err := policyTexts(it.Next())
			if err != nil {
				return nil, err
			}
			levels = append(levels, level)
		}
	}
	return &accessValue{access: newAccess("", own, boundary, levels), stand: limitsNotLooked}, nil
}

// policyTexts reads a list of policy texts; nil when it is empty.
func policyTexts(v ref.Val) ([]document, error) {
	all, ok := v.(traits.Lister)
	if !ok {
		return nil, errors.New("access: takes lists of policies")
	}
	var out []document
	for it := all.Iterator(); it.HasNext() == types.True; {
		text, ok := it.Next().(types.String)
		if !ok {
			return nil, errNotPolicy
		}
		statements, err := parsePolicy(string(text))
		if err != nil {
			return nil, err
		}
		out = append(out, document{fmt.Sprintf("policy %d", len(out)+1), statements})
	}
	return out, nil
}

func (a *accessValue) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("access cannot be converted")
}
func (a *accessValue) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return a.typ
	}
	return types.NewErr("type conversion error from access to '%s'", t)
}
func (a *accessValue) Equal(ref.Val) ref.Val { return types.NoSuchOverloadErr() }
func (a *accessValue) Type() ref.Type        { return a.typ }
func (a *accessValue) Value() any            { return a }
