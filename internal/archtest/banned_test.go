package archtest

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/token"
	"strings"
	"testing"
)

// TestBannedCalls holds calls back that would make a result depend on the machine, or that nobody owns.
func TestBannedCalls(t *testing.T) {
	banned := []struct {
		pkg, name string
		except    []string // packages, by prefix
		why       string
	}{
		{"time", "Now", []string{"cmd/exhibit", "internal/collect"}, "take the time as an argument"},
		{"time", "Sleep", nil, "wait on a timer and the context"},
		{"http", "DefaultClient", nil, "use a client that the caller owns"},
		{"http", "DefaultTransport", []string{"internal/collect"}, "use a transport that the caller owns"},
		{"http", "Get", nil, "use a client that the caller owns"},
		{"http", "Post", nil, "use a client that the caller owns"},
		{"os", "Exit", []string{"cmd/"}, "return an error"},
		{"log", "Fatal", nil, "return an error"},
		{"log", "Printf", nil, "use the slog.Logger that was passed in"},
		{"slog", "Default", nil, "use the slog.Logger that was passed in"},
	}
	src := readSource(t)
	for _, pkg := range src.packages() {
		for _, f := range src.code(pkg) {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if !ok || x.Obj != nil {
					return true
				}
			rules:
				for _, b := range banned {
					if x.Name != b.pkg || sel.Sel.Name != b.name {
						continue
					}
					for _, e := range b.except {
						if strings.HasPrefix(pkg, e) {
							continue rules
						}
					}
					t.Errorf("%s: %s.%s: %s", f.at(n), b.pkg, b.name, b.why)
				}
				return true
			})
		}
	}
}

// TestNoHiddenState finds init functions and package-level variables that something changes or that start unset.
func TestNoHiddenState(t *testing.T) {
	src := readSource(t)
	for _, pkg := range src.packages() {
		vars := map[string]file{}
		for _, f := range src.code(pkg) {
			for _, d := range f.ast.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Recv == nil && d.Name.Name == "init" {
						t.Errorf("%s: no init functions", f.at(d))
					}
				case *ast.GenDecl:
					if d.Tok != token.VAR {
						continue
					}
					for _, s := range d.Specs {
						v := s.(*ast.ValueSpec)
						for _, name := range v.Names {
							if name.Name == "_" {
								continue
							}
							vars[name.Name] = f
							if len(v.Values) == 0 && !embedded(d) {
								t.Errorf("%s: package-level variable %s starts unset, so something must change it", f.at(name), name.Name)
							}
						}
					}
				}
			}
		}
		for _, f := range src.code(pkg) {
			for _, d := range f.ast.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					for _, target := range targets(n) {
						id := base(target)
						// Obj is nil for a name that is declared outside the file, and the spec for one declared in it.
						if id == nil {
							continue
						}
						if _, ok := vars[id.Name]; !ok {
							continue
						}
						if id.Obj != nil {
							if spec, ok := id.Obj.Decl.(*ast.ValueSpec); !ok || !topLevel(f, spec) {
								continue
							}
						}
						t.Errorf("%s: changes package-level variable %s", f.at(n), id.Name)
					}
					return true
				})
			}
		}
	}
}

// TestGofmt replaces a formatter run, so that the rule holds wherever the tests run.
func TestGofmt(t *testing.T) {
	for _, p := range treeFiles(t) {
		if !strings.HasSuffix(p, ".go") {
			continue
		}
		src := read(t, p)
		want, err := format.Source(src)
		if err != nil {
			t.Errorf("%s: %v", p, err)
		} else if !bytes.Equal(src, want) {
			t.Errorf("%s is not formatted: run gofmt -w", p)
		}
	}
}

// TestPackageComments demands that every package says what it does.
func TestPackageComments(t *testing.T) {
	src := readSource(t)
	for _, pkg := range src.packages() {
		code := src.code(pkg)
		documented := len(code) == 0
		for _, f := range code {
			documented = documented || f.ast.Doc != nil
		}
		if !documented {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

func embedded(d *ast.GenDecl) bool {
	return d.Doc != nil && strings.Contains(d.Doc.List[len(d.Doc.List)-1].Text, "go:embed")
}

func targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	}
	return nil
}

func base(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}

func topLevel(f file, spec *ast.ValueSpec) bool {
	for _, d := range f.ast.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			for _, s := range g.Specs {
				if s == spec {
					return true
				}
			}
		}
	}
	return false
}
