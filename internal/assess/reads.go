package assess

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"exhibit/internal/change"
)

// Reads returns, for one check, the subject types whose lists its verdicts rest on, its own among them, with the keys of
// their documents that it may read. The key WholeDocument stands for all. What only a fact reads decides nothing and is
// not among them. The answer is nil for a check that there is not.
func (e *Evaluator) Reads(checkID string) map[string][]string {
	k := e.byID[checkID]
	if k == nil {
		return nil
	}
	out := map[string][]string{k.def.Subject: {}}
	for typ, keys := range k.reads {
		out[typ] = slices.Clone(keys)
		slices.Sort(out[typ])
	}
	return out
}

// WholeDocument stands for every key of a document.
const WholeDocument = "*"

// noteReads adds what a condition of k may read.
func (c *compiler) noteReads(tree *ast.AST, k *check) {
	if k.reads == nil {
		k.reads = map[string][]string{}
	}
	add := func(typ string, keys ...string) {
		for _, key := range keys {
			if !slices.Contains(k.reads[typ], key) {
				k.reads[typ] = append(k.reads[typ], key)
			}
		}
	}
	whole := map[int64]string{} // documents that are used otherwise than by a key
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() == ast.IdentKind {
			if typ, ok := strings.CutPrefix(e.AsIdent(), relatedPrefix); ok && k.reads[typ] == nil {
				k.reads[typ] = []string{}
			}
		}
		if e.Kind() == ast.CallKind {
			c.readsOfModel(tree, e.AsCall(), add)
		}
		if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "effective" {
			if typ := c.subjectOf(tree, e.AsCall().Args()[0]); typ != "" {
				add(typ, identityKeys[:]...)
			}
			for typ, keys := range effectiveReads() {
				add(typ, keys...)
			}
		}
		operand, key, ok := selected(e)
		if !ok {
			return
		}
		if operand.Kind() == ast.CallKind && operand.AsCall().FunctionName() == "deployment" && slices.Contains(madeOf[:], key) {
			c.readsOfJoins(c.subjectOf(tree, operand.AsCall().Args()[0]), change.TellsRelease, add)
		}
		switch typ := c.subjectOf(tree, operand); {
		case typ != "" && key == "doc":
			whole[e.ID()] = typ
		case typ != "" && key == "tags":
			add(typ, tagsKey)
		case whole[operand.ID()] != "":
			add(whole[operand.ID()], key)
			delete(whole, operand.ID())
		}
	}))
	for _, typ := range whole {
		add(typ, WholeDocument)
	}
}

// selected takes apart what reads one member that the expression names: a.b, a.?b, a["b"], a[?"b"].
func selected(e ast.Expr) (operand ast.Expr, key string, ok bool) {
	switch e.Kind() {
	case ast.SelectKind:
		s := e.AsSelect()
		return s.Operand(), s.FieldName(), true
	case ast.CallKind:
		call := e.AsCall()
		switch call.FunctionName() {
		case operators.OptSelect, operators.Index, operators.OptIndex:
			args := call.Args()
			if len(args) == 2 && args[1].Kind() == ast.LiteralKind {
				key, ok = args[1].AsLiteral().Value().(string)
				return args[0], key, ok
			}
		}
	}
	return nil, "", false
}

// subjectOf returns the subject type of an expression, "" when it is no subject.
func (c *compiler) subjectOf(tree *ast.AST, e ast.Expr) string {
	t := tree.GetType(e.ID())
	if t == nil || t.Kind() != types.StructKind || c.subjects[t.TypeName()] == nil {
		return ""
	}
	return t.TypeName()
}

// readsOfModel adds what the functions over changes read.
func (c *compiler) readsOfModel(tree *ast.AST, call ast.CallExpr, add func(typ string, keys ...string)) {
	switch call.FunctionName() {
	case "bypass", "change", "deployment":
		typ := c.subjectOf(tree, call.Args()[0])
		if typ != "" {
			add(typ, change.Reads(typ)...)
		}
		if call.FunctionName() == "deployment" {
			c.readsOfJoins(typ, change.TellsCall, add)
		}
	case "commit":
		typ := c.subjectOf(tree, call.Args()[0])
		if typ != "" {
			add(typ, change.Reads(typ)...)
		}
		if change.Silent(typ) {
			c.readsOfChanges(add)
		}
	case "changesAt":
		c.readsOfChanges(add)
	}
}

// readsOfChanges adds what the index of changes rests on.
func (c *compiler) readsOfChanges(add func(typ string, keys ...string)) {
	for _, typ := range change.Types() {
		if c.subjects[typ] != nil && change.Tells(typ) != change.TellsDeployment && !change.Completes(typ) {
			add(typ, change.Reads(typ)...)
		}
	}
}

// readsOfJoins adds what completes the deployments of a type.
func (c *compiler) readsOfJoins(typ, tells string, add func(typ string, keys ...string)) {
	for _, join := range change.Joins(typ) {
		if c.subjects[join] != nil && change.Tells(join) == tells {
			add(join, change.Reads(join)...)
		}
	}
}

// looksUpChanges reports whether a call looks into the index of changes: that of a deployment which tells all itself does not.
func (c *compiler) looksUpChanges(tree *ast.AST, call ast.CallExpr) bool {
	if args := call.Args(); call.FunctionName() == "deployment" && len(args) > 0 {
		return len(change.Joins(c.subjectOf(tree, args[0]))) > 0
	}
	return slices.ContainsFunc(call.Args(), func(e ast.Expr) bool {
		return e.Kind() == ast.IdentKind && e.AsIdent() == changesVariable
	})
}
