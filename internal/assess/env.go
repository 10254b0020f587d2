package assess

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
	"cel.dev/cel-go/interpreter"

	"exhibit/internal/evidence"
)

// relatedPrefix starts the name of the variable that related("type") expands to. No expression can spell it.
const relatedPrefix = "@related:"

// docVariable is what subject.doc becomes once it is checked; see shorten.
const docVariable = "@doc"

// newEnv declares what every expression may use; subject and params are added for each check.
func newEnv(table *typeTable, subjects map[string]*subjectType) (*cel.Env, error) {
	opts := append(language(table),
		cel.Variable("now", cel.TimestampType),
		cel.Macros(relatedMacro(subjects), nowMacro("age"), nowMacro("ageDays")))
	for name, st := range subjects {
		opts = append(opts, cel.Variable(relatedPrefix+name, cel.ListType(st.cel)))
	}
	opts = append(opts, helpers(table)...)
	opts = append(opts, accessHelpers(table, subjects)...)
	opts = append(opts, changeHelpers(table, subjects)...)
	env, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("declare the expressions' environment: %w", err)
	}
	return env, nil
}

// language is CEL with its own texts, lists and sets, over the types of the table.
func language(table *typeTable) []cel.EnvOption {
	return []cel.EnvOption{
		cel.CustomTypeProvider(table),
		cel.CustomTypeAdapter(adapter{}),
		cel.OptionalTypes(),
		cel.ParserExpressionSizeLimit(16 << 10),
		cel.ExpressionNestingDepthLimit(64),
		cel.RegexProgramSizeLimit(4 << 10),
		ext.Strings(ext.StringsVersion(3)),
		ext.Sets(),
		ext.Lists(ext.ListsVersion(2)),
	}
}

// relatedMacro turns related("type") into a variable of that type's list, so that the checker knows its elements.
func relatedMacro(subjects map[string]*subjectType) cel.Macro {
	return cel.GlobalMacro("related", 1, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		name, ok := "", false
		if args[0].Kind() == ast.LiteralKind {
			var s types.String
			s, ok = args[0].AsLiteral().(types.String)
			name = string(s)
		}
		if !ok {
			return nil, f.NewError(args[0].ID(), `related() takes a subject type in quotes, such as related("aws.ec2.vpc")`)
		}
		if _, known := subjects[name]; !known {
			hint := didYouMean(name, keys(subjects))
			return nil, f.NewError(args[0].ID(), fmt.Sprintf("unknown subject type %q%s", name, hint))
		}
		return f.NewIdent(relatedPrefix + name), nil
	})
}

// nowMacro gives a function of one time its second argument, now.
func nowMacro(name string) cel.Macro {
	return cel.GlobalMacro(name, 1, func(f cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		return f.NewCall(name, args[0], f.NewIdent("now")), nil
	})
}

// adapter passes our own values through and leaves the others to CEL.
type adapter struct{}

func (adapter) NativeToValue(v any) ref.Val {
	if val, ok := v.(ref.Val); ok {
		return val
	}
	return types.DefaultTypeAdapter.NativeToValue(v)
}

// vars are the variables of one evaluation.
type vars struct {
	subject *subject
	params  ref.Val
	now     ref.Val
	related func(subjectType string) *relatedSet
	changes changesInUse // only for a check that looks into it
	size    int          // bytes of all that the check can loop over
	// frame is CEL's own state of an evaluation, kept for one after another.
	frame *interpreter.ExecutionFrame
}

// newVars returns variables for one evaluation after another.
func newVars(now ref.Val) (*vars, error) {
	v := &vars{now: now}
	var err error
	if v.frame, err = interpreter.NewExecutionFrame(v); err != nil {
		return nil, fmt.Errorf("set up an evaluation: %w", err)
	}
	return v, nil
}

// ResolveName implements cel.Activation.
func (v *vars) ResolveName(name string) (any, bool) {
	switch name {
	case docVariable:
		return v.subject.document(), true
	case "subject":
		return v.subject, true
	case "params":
		return v.params, true
	case "now":
		return v.now, true
	case changesVariable:
		v.changes.trace = v.subject.trace
		return &v.changes, true
	}
	if typ, ok := strings.CutPrefix(name, relatedPrefix); ok {
		return &relatedList{set: v.related(typ), trace: v.subject.trace}, true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (v *vars) Parent() cel.Activation { return nil }

// scopeShape is the shape of subject.scope.
func scopeShape() *evidence.Shape {
	text := &evidence.Shape{Kind: evidence.ShapeString}
	return &evidence.Shape{Kind: evidence.ShapeObject, Fields: map[string]*evidence.Shape{
		"provider": text, "account": text, "region": text, "name": text,
		"facts": {Kind: evidence.ShapeMap, Elem: &evidence.Shape{Kind: evidence.ShapeAny}},
	}}
}

// position returns the place of a CEL location, counted from 1.
func position(l common.Location) (line, column int) { return max(l.Line(), 1), max(l.Column()+1, 1) }
