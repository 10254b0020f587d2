package assess

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"exhibit/internal/evidence"
)

// costLimit bounds one evaluation, in CEL's cost units: about a step each.
const costLimit = 4_000_000

// interruptEvery is how many steps of a comprehension pass between two looks at the context.
const interruptEvery = 256

// Evaluator is a compiled catalog. It may be used concurrently.
type Evaluator struct {
	controls []*control // in order of id
	byType   map[string][]*check
	byID     map[string]*check
	subjects map[string]*subjectType
}

// control is a compiled control.
type control struct {
	def    evidence.Control
	checks []*check
}

// check is a compiled check.
type check struct {
	control *control
	def     evidence.Check
	where   *program // nil: every subject
	assert  *program
	facts   []fact              // in order of name
	related []string            // the types that related() names, sorted
	changes bool                // it looks into the index of changes
	params  []string            // the params that it reads, sorted
	reads   map[string][]string // by subject type, what its conditions may read
	parts   checkParts          // of its observations
}

type fact struct {
	name string
	prog *program
}

// program is a compiled expression.
type program struct {
	cel.Program
	// loops is how deep its loops are nested. guarded is the same program with a cost limit and looks at the context,
	// which take time: it runs where the loops could take long on what they go through. Nil without loops.
	loops   int
	guarded cel.Program
}

// New compiles controls against the schemas of their subject types. The error is ExprErrors when expressions are wrong.
func New(controls []evidence.Control, schemas []evidence.Schema) (*Evaluator, error) {
	table, err := newTypeTable()
	if err != nil {
		return nil, fmt.Errorf("set up CEL's types: %w", err)
	}
	e := &Evaluator{byType: map[string][]*check{}, byID: map[string]*check{}, subjects: map[string]*subjectType{}}
	scope := table.shapeType("scope", scopeShape(), false)
	redaction := table.shapeType("redaction", redactionShape, false)
	sorted := slices.Clone(schemas)
	slices.SortFunc(sorted, func(a, b evidence.Schema) int { return strings.Compare(a.Type, b.Type) })
	for _, s := range sorted {
		doc := table.shapeType(s.Type+".doc", s.Doc, true)
		e.subjects[s.Type] = &subjectType{schema: s, cel: table.add(s.Type, subjectFields(scope, doc, redaction))}
	}
	env, err := newEnv(table, e.subjects)
	if err != nil {
		return nil, err
	}
	var errs ExprErrors
	for _, def := range controls {
		c := &control{def: def}
		comp := compiler{table: table, env: env, subjects: e.subjects, envs: map[string]*cel.Env{}}
		for _, cd := range def.Checks {
			k, problems := comp.check(c, cd)
			errs = append(errs, problems...)
			c.checks = append(c.checks, k)
			e.byType[cd.Subject] = append(e.byType[cd.Subject], k)
			if e.byID[cd.ID] != nil {
				errs = append(errs, &ExprError{Control: def.ID, Check: cd.ID, Field: "id", Line: 1, Column: 1,
					Msg: "the check is defined twice"})
			}
			e.byID[cd.ID] = k
		}
		e.controls = append(e.controls, c)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	slices.SortFunc(e.controls, func(a, b *control) int { return strings.Compare(a.def.ID, b.def.ID) })
	for _, list := range e.byType {
		slices.SortFunc(list, func(a, b *check) int { return strings.Compare(a.def.ID, b.def.ID) })
	}
	return e, nil
}

// compiler compiles the checks of one control.
type compiler struct {
	table    *typeTable
	env      *cel.Env
	subjects map[string]*subjectType
	envs     map[string]*cel.Env // by subject type
}

func (c *compiler) check(ctl *control, def evidence.Check) (*check, ExprErrors) {
	k := &check{control: ctl, def: def, parts: quoteCheck(ctl.def.ID, def)}
	fail := func(field, format string, args ...any) ExprErrors {
		return ExprErrors{{Control: ctl.def.ID, Check: def.ID, Field: field, Line: 1, Column: 1,
			Msg: fmt.Sprintf(format, args...)}}
	}
	st, ok := c.subjects[def.Subject]
	if !ok {
		return k, fail("subject", "unknown subject type %q%s", def.Subject, didYouMean(def.Subject, keys(c.subjects)))
	}
	env, err := c.envFor(ctl.def, st)
	if err != nil {
		return k, fail("assert", "%v", err)
	}
	var errs ExprErrors
	compile := func(field, text string, boolean bool) *program {
		want := types.DynKind
		if boolean {
			want = types.BoolKind
		}
		p, problems := c.expression(env, k, text, want)
		for _, e := range problems {
			e.Control, e.Check, e.Field = ctl.def.ID, def.ID, field
		}
		errs = append(errs, problems...)
		return p
	}
	if def.Where != "" {
		k.where = compile("where", def.Where, true)
	}
	k.assert = compile("assert", def.Assert, true)
	for _, name := range keys(def.Facts) {
		k.facts = append(k.facts, fact{name, compile("facts."+name, def.Facts[name], false)})
	}
	slices.Sort(k.related)
	slices.Sort(k.params)
	return k, errs
}

// envFor returns the environment of a control's checks on one subject type.
func (c *compiler) envFor(def evidence.Control, st *subjectType) (*cel.Env, error) {
	if env := c.envs[st.schema.Type]; env != nil {
		return env, nil
	}
	params := c.table.shapeType("params of "+def.ID, paramsShape(def.Params), false)
	env, err := c.env.Extend(cel.Variable("subject", st.cel), cel.Variable("params", params))
	if err != nil {
		return nil, fmt.Errorf("declare subject and params: %w", err)
	}
	c.envs[st.schema.Type] = env
	return env, nil
}

// expression compiles a text whose value is of a kind: true or false, text, or, as types.DynKind, any.
func (c *compiler) expression(env *cel.Env, k *check, text string, want types.Kind) (*program, ExprErrors) {
	tree, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		var errs ExprErrors
		for _, e := range issues.Errors() {
			line, column := position(e.Location)
			if undefined.MatchString(e.Message) {
				column++ // CEL points at the dot
			}
			errs = append(errs, &ExprError{Line: line, Column: column, Msg: c.explain(e.Message, k.def.Subject)})
		}
		return nil, errs
	}
	bad := func(format string, args ...any) (*program, ExprErrors) {
		return nil, ExprErrors{{Line: 1, Column: 1, Msg: fmt.Sprintf(format, args...)}}
	}
	out := nullable.ReplaceAllString(cel.FormatCELType(tree.OutputType()), "$1")
	switch got := tree.OutputType().Kind(); {
	case want == types.DynKind, got == want, got == types.DynKind:
	case want == types.BoolKind:
		return bad("expected a true or false expression, got %s", out)
	default:
		return bad("expected text, got %s", out)
	}
	loops, refused := c.scan(tree.NativeRep(), k)
	if refused != nil {
		return nil, ExprErrors{refused}
	}
	if want == types.BoolKind {
		c.noteReads(tree.NativeRep(), k)
	}
	shorten(tree.NativeRep())
	p := &program{loops: loops}
	var err error
	if p.Program, err = env.Program(tree, cel.EvalOptions(cel.OptOptimize)); err != nil {
		return bad("%v", err)
	}
	if loops > 0 {
		p.guarded, err = env.Program(tree, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costLimit),
			cel.InterruptCheckFrequency(interruptEvery))
		if err != nil {
			return bad("%v", err)
		}
	}
	return p, nil
}

// paramsShape derives the shape of a control's params from their values.
func paramsShape(params map[string]evidence.Param) *evidence.Shape {
	s := &evidence.Shape{Kind: evidence.ShapeObject, Fields: map[string]*evidence.Shape{}}
	for name, p := range params {
		s.Fields[name] = shapeOfValue(p.Value)
	}
	return s
}

func shapeOfValue(raw json.RawMessage) *evidence.Shape {
	text := strings.TrimSpace(string(raw))
	kind := evidence.ShapeAny
	switch {
	case text == "true", text == "false":
		kind = evidence.ShapeBool
	case strings.HasPrefix(text, `"`):
		kind = evidence.ShapeString
	case strings.HasPrefix(text, "["):
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) == nil && len(items) > 0 {
			return &evidence.Shape{Kind: evidence.ShapeList, Elem: shapeOfValue(items[0])}
		}
		kind = evidence.ShapeList
	case strings.ContainsAny(text, ".eE"):
		kind = evidence.ShapeNumber
	case text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9'):
		kind = evidence.ShapeInt
	}
	return &evidence.Shape{Kind: kind}
}
