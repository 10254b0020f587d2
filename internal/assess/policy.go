package assess

import (
	"encoding/json"
	"errors"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/valyala/fastjson"

	"exhibit/internal/evidence"
)

// policyValue is an IAM policy document in an expression.
type policyValue struct {
	doc   []statement
	typ   *types.Type
	shape *evidence.Shape // of one statement
}

// policyHelpers declares policy(text) and what can be asked of it:
//
//	policy(text).statements                list of statements with sid, effect, principals, notPrincipals, actions,
//	                                       notActions, resources, notResources, conditions (operator, key, values)
//	policy(text).allowsFullAdmin()         every action on everything
//	policy(text).allowsPublic()            something to everybody, with nothing that binds the caller
//	policy(text).allows("iam:PassRole")    the action, on anything
//	policy(text).principals()              everybody whom it allows something
//	policy(text).externalPrincipals(acct)  those of them outside the account; services are left out
//	policy(text).deniesInsecureTransport() requests without TLS are denied
func policyHelpers(table *typeTable) []cel.EnvOption {
	shape := evidence.ShapeOf[statement]()
	list := cel.ListType(table.shapeType("policy.statement", shape, false))
	typ := table.add("policy", map[string]*types.FieldType{"statements": {Type: list,
		IsSet: func(target any) bool { _, ok := target.(*policyValue); return ok },
		GetFrom: func(target any) (any, error) {
			p, ok := target.(*policyValue)
			if !ok {
				return nil, absentError("statements")
			}
			return p.statements(), nil
		}}})
	ask := func(name string, result *cel.Type, f func([]statement) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("policy_"+name, []*cel.Type{typ}, result,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				p, ok := v.(*policyValue)
				if !ok {
					return types.MaybeNoSuchOverloadErr(v)
				}
				return f(p.doc)
			})))
	}
	ask2 := func(name string, result *cel.Type, f func([]statement, string) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("policy_"+name, []*cel.Type{typ, cel.StringType}, result,
			cel.BinaryBinding(func(v, arg ref.Val) ref.Val {
				p, ok := v.(*policyValue)
				s, isText := arg.(types.String)
				switch {
				case !ok:
					return types.MaybeNoSuchOverloadErr(v)
				case !isText:
					return types.MaybeNoSuchOverloadErr(arg)
				}
				return f(p.doc, string(s))
			})))
	}
	texts := func(s []string) ref.Val { return types.NewStringList(types.DefaultTypeAdapter, s) }
	return []cel.EnvOption{
		cel.Function("policy", cel.Overload("policy_string", []*cel.Type{cel.StringType}, typ,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				text, ok := v.(types.String)
				if !ok {
					return types.MaybeNoSuchOverloadErr(v)
				}
				doc, err := parsePolicy(string(text))
				if err != nil {
					return types.WrapErr(err)
				}
				return &policyValue{doc, typ, shape}
			}))),
		ask("allowsFullAdmin", cel.BoolType, func(d []statement) ref.Val { return types.Bool(allowsFullAdmin(d)) }),
		ask("allowsPublic", cel.BoolType, func(d []statement) ref.Val { return types.Bool(allowsPublic(d)) }),
		ask("deniesInsecureTransport", cel.BoolType, func(d []statement) ref.Val {
			return types.Bool(deniesInsecureTransport(d))
		}),
		ask("principals", cel.ListType(cel.StringType), func(d []statement) ref.Val { return texts(allowedPrincipals(d)) }),
		ask2("externalPrincipals", cel.ListType(cel.StringType), func(d []statement, account string) ref.Val {
			return texts(externalPrincipals(d, account))
		}),
		ask2("allows", cel.BoolType, func(d []statement, action string) ref.Val {
			return types.Bool(allowsAction(d, action))
		}),
	}
}

// statements returns the statements as a CEL list.
func (p *policyValue) statements() ref.Val {
	raw, err := json.Marshal(p.doc)
	if err != nil {
		return types.WrapErr(err)
	}
	v, err := fastjson.ParseBytes(raw)
	if err != nil {
		return types.WrapErr(err)
	}
	return &list{vals: v.GetArray(), elem: p.shape}
}

func (p *policyValue) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("a policy cannot be converted")
}
func (p *policyValue) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return p.typ
	}
	return types.NewErr("type conversion error from a policy to '%s'", t)
}
func (p *policyValue) Equal(other ref.Val) ref.Val {
	o, ok := other.(*policyValue)
	return types.Bool(ok && reflect.DeepEqual(o.doc, p.doc))
}
func (p *policyValue) Type() ref.Type { return p.typ }
func (p *policyValue) Value() any     { return p }
