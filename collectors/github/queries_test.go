package github

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// schemaFile is GitHub's published schema, reduced to what our queries ask for. It is written anew when schemaEnv names the
// whole of it, which is schema.graphql of the npm package @octokit/graphql-schema:
//
//	npm pack @octokit/graphql-schema && tar xzf octokit-graphql-schema-*.tgz
//	EXHIBIT_GITHUB_SCHEMA=$PWD/package/schema.graphql go test ./collectors/github -run TestQueries
const (
	schemaFile = "testdata/schema.graphql"
	schemaEnv  = "EXHIBIT_GITHUB_SCHEMA"
)

// declaredQueries are the texts that collectors declare.
func declaredQueries() map[string]string {
	texts := map[string]string{}
	for _, c := range (Provider{}).Collectors() {
		for _, o := range c.Operations {
			if o.Query != "" {
				texts[o.Name] = o.Query
			}
		}
	}
	return texts
}

// TestQueries holds every query against the schema that GitHub publishes.
func TestQueries(t *testing.T) {
	texts := declaredQueries()
	if whole := os.Getenv(schemaEnv); whole != "" {
		if err := os.WriteFile(schemaFile, reduced(t, whole, texts), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: schemaFile, Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) == 0 {
		t.Fatal("no query is declared")
	}
	for name, text := range texts {
		query, errs := gqlparser.LoadQuery(schema, text)
		if errs != nil {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		if len(query.Operations) != 1 || query.Operations[0].Operation != ast.Query {
			t.Errorf("%s is not one query", name)
		}
		if query.Operations[0].SelectionSet[len(query.Operations[0].SelectionSet)-1].(*ast.Field).Name != "rateLimit" {
			t.Errorf("%s does not ask what it costs", name)
		}
	}
}

// reduced is the whole schema without what no query asks for.
func reduced(t *testing.T, file string, texts map[string]string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: file, Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range doc.Definitions { // GitHub has published fields twice
		seen := map[string]bool{}
		d.Fields = slices.DeleteFunc(d.Fields, func(f *ast.FieldDefinition) bool {
			twice := seen[f.Name]
			seen[f.Name] = true
			return twice
		})
	}
	schema, err := validator.ValidateSchemaDocument(doc)
	if err != nil {
		t.Fatal(err)
	}
	u := usage{schema, map[string]map[string]map[string]bool{}}
	for name, text := range texts {
		query, errs := gqlparser.LoadQuery(schema, text)
		if errs != nil {
			t.Fatalf("%s: %v", name, errs)
		}
		for _, o := range query.Operations {
			u.selection(o.SelectionSet)
			for _, v := range o.VariableDefinitions {
				u.named(v.Type.Name())
			}
		}
		for _, f := range query.Fragments {
			u.named(f.TypeCondition)
			u.selection(f.SelectionSet)
		}
	}
	var out bytes.Buffer
	out.WriteString("# What exhibit asks of GitHub's published schema (@octokit/graphql-schema); see queries_test.go.\n")
	formatter.NewFormatter(&out, formatter.WithIndent("  "), formatter.WithoutDescription()).FormatSchemaDocument(u.document())
	return out.Bytes()
}

// usage is what queries use of a schema: arguments, by field, by type.
type usage struct {
	schema *ast.Schema
	types  map[string]map[string]map[string]bool
}

// named marks a type, and of an input all that it is made of.
func (u usage) named(name string) {
	d := u.schema.Types[name]
	if d == nil || d.BuiltIn || u.types[name] != nil {
		return
	}
	u.types[name] = map[string]map[string]bool{}
	if d.Kind == ast.InputObject {
		for _, f := range d.Fields {
			u.types[name][f.Name] = nil
			u.named(f.Type.Name())
		}
	}
}

func (u usage) selection(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "__typename" {
				continue
			}
			u.named(s.ObjectDefinition.Name)
			u.named(s.Definition.Type.Name())
			fields := u.types[s.ObjectDefinition.Name]
			if fields[s.Name] == nil {
				fields[s.Name] = map[string]bool{}
			}
			for _, a := range s.Arguments {
				fields[s.Name][a.Name] = true
				u.named(s.Definition.Arguments.ForName(a.Name).Type.Name())
			}
			u.selection(s.SelectionSet)
		case *ast.InlineFragment:
			u.named(s.TypeCondition)
			u.selection(s.SelectionSet)
		}
	}
}

// inherit marks in each type what is asked of an interface of it. An interface has a field at least.
func (u usage) inherit() {
	for name, fields := range u.types {
		if d := u.schema.Types[name]; d.Kind == ast.Interface && len(fields) == 0 {
			fields[d.Fields[0].Name] = map[string]bool{}
			u.named(d.Fields[0].Type.Name())
		}
	}
	for name, fields := range u.types {
		for _, i := range u.schema.Types[name].Interfaces {
			maps.Copy(fields, u.types[i])
		}
	}
}

// document is the schema with nothing but what is marked.
func (u usage) document() *ast.SchemaDocument {
	u.inherit()
	doc := &ast.SchemaDocument{}
	for _, name := range slices.Sorted(maps.Keys(u.types)) {
		whole := u.schema.Types[name]
		d := &ast.Definition{Kind: whole.Kind, Name: name, EnumValues: plainValues(whole.EnumValues)}
		for _, f := range whole.Fields {
			arguments, ok := u.types[name][f.Name]
			if !ok {
				continue
			}
			field := &ast.FieldDefinition{Name: f.Name, Type: f.Type, DefaultValue: f.DefaultValue}
			for _, a := range f.Arguments {
				if arguments[a.Name] || a.Type.NonNull && a.DefaultValue == nil {
					u.named(a.Type.Name())
					field.Arguments = append(field.Arguments, &ast.ArgumentDefinition{Name: a.Name, Type: a.Type, DefaultValue: a.DefaultValue})
				}
			}
			d.Fields = append(d.Fields, field)
		}
		for _, i := range whole.Interfaces {
			if u.types[i] != nil {
				d.Interfaces = append(d.Interfaces, i)
			}
		}
		for _, m := range whole.Types {
			if u.types[m] != nil {
				d.Types = append(d.Types, m)
			}
		}
		doc.Definitions = append(doc.Definitions, d)
	}
	return doc
}

func plainValues(values ast.EnumValueList) (out ast.EnumValueList) {
	for _, v := range values {
		out = append(out, &ast.EnumValueDefinition{Name: v.Name})
	}
	return out
}
