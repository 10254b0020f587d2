package archtest

import (
	"go/ast"
	"strings"
	"testing"
)

// TestNoTemplates keeps template packages out of the program: they call methods by name, so that the linker has to keep
// every method of every SDK. One such call made the program 90 MB instead of 34.
func TestNoTemplates(t *testing.T) {
	src := readSource(t)
	for _, pkg := range src.packages() {
		for _, f := range src.code(pkg) {
			for _, imp := range f.imports() {
				if imp == "text/template" || imp == "html/template" {
					t.Errorf("%s imports %s", f.path, imp)
				}
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Set") && strings.HasSuffix(s.Sel.Name, "Template") {
					t.Errorf("%s: %s links a template package", f.at(n), s.Sel.Name)
				}
				return true
			})
		}
	}
}
