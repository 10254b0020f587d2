package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "exhibit"

// root is the top of the source tree, seen from this package's folder.
var root = filepath.Join("..", "..")

// file is one parsed Go file.
type file struct {
	path string // slash-separated, from the root
	test bool
	ast  *ast.File
	fset *token.FileSet
}

// at says where a node stands.
func (f file) at(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(n.Pos()).Line)
}

// imports lists the file's import paths.
func (f file) imports() []string {
	var out []string
	for _, s := range f.ast.Imports {
		p, _ := strconv.Unquote(s.Path.Value)
		out = append(out, p)
	}
	return out
}

// source is every package of the tree by its path from the root.
type source map[string][]file

// readSource parses the whole tree; it fails the test when there is hardly any.
func readSource(t *testing.T) source {
	t.Helper()
	src := source{}
	for _, p := range treeFiles(t) {
		if !strings.HasSuffix(p, ".go") {
			continue
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, filepath.Join(root, filepath.FromSlash(p)), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(p)
		src[dir] = append(src[dir], file{path: p, test: strings.HasSuffix(p, "_test.go"), ast: parsed, fset: fset})
	}
	if len(src) < 10 {
		t.Fatalf("read only %d packages below %s: the rules would hold of nothing", len(src), root)
	}
	return src
}

// packages returns the names in order.
func (s source) packages() []string {
	var out []string
	for p := range s {
		out = append(out, p)
	}
	sort.Strings(out)
	return out
}

// code returns the package's files that ship.
func (s source) code(pkg string) []file {
	var out []file
	for _, f := range s[pkg] {
		if !f.test {
			out = append(out, f)
		}
	}
	return out
}

// reaches lists what pkg imports, directly or through packages of ours, with the package of ours that does.
func (s source) reaches(pkg string) map[string]string {
	found := map[string]string{}
	seen := map[string]bool{}
	var walk func(string)
	walk = func(p string) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, f := range s.code(p) {
			for _, imp := range f.imports() {
				if _, ok := found[imp]; !ok {
					found[imp] = p
				}
				if own, ok := strings.CutPrefix(imp, module+"/"); ok {
					walk(own)
				}
			}
		}
	}
	walk(pkg)
	return found
}

// treeFiles lists the files of the source tree, without what is not source.
func treeFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if d.IsDir() && rel != "." && (strings.HasPrefix(d.Name(), ".git") || d.Name() == "node_modules" || d.Name() == "demo" && filepath.Dir(rel) == ".") {
			return fs.SkipDir
		}
		if d.Type().IsRegular() {
			out = append(out, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// read returns a file of the tree.
func read(t *testing.T, p string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
