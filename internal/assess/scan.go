package assess

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
)

// scan notes the related types and params that an expression reads, and tells how deep its loops are nested. It refuses
// what could take any memory, or has no order.
func (c *compiler) scan(tree *ast.AST, k *check) (loops int, refused *ExprError) {
	refuse := func(e ast.Expr, msg string) {
		line, column := position(tree.SourceInfo().GetStartLocation(e.ID()))
		refused = &ExprError{Line: line, Column: column, Msg: msg}
	}
	add := func(list *[]string, s string) {
		if !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
	}
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.CallKind:
			k.changes = k.changes || c.looksUpChanges(tree, e.AsCall())
			switch call := e.AsCall(); {
			case call.FunctionName() == "lists.range":
				refuse(e, "lists.range() makes lists of any length and may not be used")
			case call.FunctionName() == "replace" && len(call.Args()) > 1 && call.Args()[1].Kind() != ast.LiteralKind:
				refuse(e, "replace() makes texts of any length: write the new text in quotes")
			case len(call.Args()) > 0 && slices.Contains(clockReads[:], call.FunctionName()):
				refuse(e, call.FunctionName()+"() takes no time zone, because machines differ in what they know of them: it is UTC")
			}
		case ast.ComprehensionKind:
			loops = max(loops, depth(e))
			if e.AsComprehension().IterRange().Kind() == ast.MapKind {
				refuse(e, "a map that is written in the expression has no order to go through: use a list")
			}
		case ast.IdentKind:
			if typ, ok := strings.CutPrefix(e.AsIdent(), relatedPrefix); ok {
				add(&k.related, typ)
			}
		case ast.SelectKind:
			if s := e.AsSelect(); s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "params" {
				add(&k.params, s.FieldName())
			}
		}
	}))
	return loops, refused
}

// shorten makes one look-up of subject.doc, which nearly every expression begins with, by giving it a variable of its own.
func shorten(tree *ast.AST) {
	factory := ast.NewExprFactory()
	var found []ast.Expr
	shadowed := false
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.ComprehensionKind:
			c := e.AsComprehension()
			shadowed = shadowed || c.IterVar() == "subject" || c.IterVar2() == "subject"
		case ast.SelectKind:
			s := e.AsSelect()
			if !s.IsTestOnly() && s.FieldName() == "doc" && s.Operand().Kind() == ast.IdentKind &&
				s.Operand().AsIdent() == "subject" {
				found = append(found, e)
			}
		}
	}))
	if shadowed {
		return
	}
	for _, e := range found {
		e.SetKindCase(factory.NewIdent(e.ID(), docVariable))
		tree.SetReference(e.ID(), ast.NewIdentReference(docVariable, nil))
	}
}

// clockReads are the functions that take a time apart.
var clockReads = [...]string{"getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek",
	"getHours", "getMinutes", "getSeconds", "getMilliseconds"}

// depth counts the loops that may run inside each other, e among them. A loop over the result of another is counted as
// inside it, because its list can be as long as the other ran.
func depth(e ast.Expr) int {
	n := 0
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(inner ast.Expr) {
		if inner.Kind() == ast.ComprehensionKind {
			n++
		}
	}))
	return n
}

// undefined finds the field of CEL's message about a field that a type does not have.
var undefined = regexp.MustCompile(`^undefined field '([^']*)'$`)

// nullable finds CEL's name for a type that may be null, which every scalar of a document may.
var nullable = regexp.MustCompile(`wrapper\((\w+)\)`)

// explain adds to CEL's message what a person needs to mend it.
func (c *compiler) explain(msg, subjectType string) string {
	m := undefined.FindStringSubmatch(msg)
	if m == nil {
		return strings.TrimSpace(nullable.ReplaceAllString(msg, "$1"))
	}
	var known []string
	for name, s := range c.table.structs {
		if name == subjectType || name == "scope" || strings.HasPrefix(name, subjectType+".doc") ||
			strings.HasPrefix(name, "policy") || slices.Contains(modelTypes[:], name) || strings.HasPrefix(name, "params of ") {
			known = append(known, s.names...)
		}
	}
	slices.Sort(known)
	return fmt.Sprintf("unknown field %q%s", m[1], didYouMean(m[1], known))
}
