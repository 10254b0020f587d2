package simcloud

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// graphQuery answers the selections of one GraphQL query over documents. A document's lists stand as they are: where a
// query asks for one as a connection it is answered page by page, chosen and ordered as the arguments say. It knows no
// schema: a member that a document does not have is null, and whether a query is a right one is held elsewhere.
type graphQuery struct {
	query     *ast.QueryDocument
	variables map[string]any
	pageSize  int // 0 caps nothing
}

// filesAt are files and folders of a repository, by the expressions that name them.
type filesAt map[string]any

// object answers a selection set over a document.
func (g *graphQuery) object(set ast.SelectionSet, doc map[string]any) map[string]any {
	out := map[string]any{}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			v := doc[s.Name]
			if files, ok := v.(filesAt); ok {
				v = files[scalar(g.argument(s, "expression"))]
			}
			out[s.Alias] = g.value(s, v)
		case *ast.InlineFragment:
			g.fragment(out, s.TypeCondition, s.SelectionSet, doc)
		case *ast.FragmentSpread:
			f := g.query.Fragments.ForName(s.Name)
			g.fragment(out, f.TypeCondition, f.SelectionSet, doc)
		}
	}
	return out
}

// fragment adds what a fragment answers when the document is of its type. Of interfaces, documents know nothing.
func (g *graphQuery) fragment(out map[string]any, on string, set ast.SelectionSet, doc map[string]any) {
	is, ok := doc["__typename"]
	if on != "" && ok && is != on && !slices.Contains([]string{"Actor", "Node", "GitObject", "GitSignature"}, on) {
		return
	}
	for key, v := range g.object(set, doc) {
		out[key] = v
	}
}

func (g *graphQuery) value(f *ast.Field, v any) any {
	switch v := v.(type) {
	case map[string]any:
		return g.object(f.SelectionSet, v)
	case []any:
		if connects(f.SelectionSet) {
			return g.connection(f, v)
		}
		return g.nodes(f.SelectionSet, v)
	}
	return v
}

func (g *graphQuery) nodes(set ast.SelectionSet, list []any) []any {
	out := make([]any, len(list))
	for i, v := range list {
		if doc, ok := v.(map[string]any); ok {
			v = g.object(set, doc)
		}
		out[i] = v
	}
	return out
}

// connects reports whether a selection is one of a connection.
func connects(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		f, ok := s.(*ast.Field)
		return ok && (f.Name == "nodes" || f.Name == "totalCount" || f.Name == "pageInfo")
	})
}

// connection answers a page of a list. Its cursors are numbers.
func (g *graphQuery) connection(f *ast.Field, list []any) map[string]any {
	list = g.chosen(f, list)
	from := 0
	if after, ok := g.argument(f, "after").(string); ok {
		from, _ = strconv.Atoi(after) // what is no cursor of ours is the beginning
	}
	from = min(max(from, 0), len(list))
	size := len(list)
	if n, ok := g.argument(f, "first").(int); ok {
		size = n
	}
	asksMore := slices.ContainsFunc(f.SelectionSet, func(s ast.Selection) bool {
		f, ok := s.(*ast.Field)
		return ok && f.Name == "pageInfo"
	})
	if g.pageSize > 0 && asksMore {
		size = min(size, g.pageSize)
	}
	to := min(from+size, len(list))
	info := map[string]any{"hasNextPage": to < len(list), "endCursor": nil}
	if to > from {
		info["endCursor"] = strconv.Itoa(to)
	}
	return g.object(f.SelectionSet, map[string]any{"totalCount": len(list), "pageInfo": info, "nodes": list[from:to]})
}

// chosen applies the arguments that choose and order.
func (g *graphQuery) chosen(f *ast.Field, list []any) []any {
	list = slices.Clone(list)
	keep := func(key string, pass func(text string) bool) {
		list = slices.DeleteFunc(list, func(v any) bool {
			doc, _ := v.(map[string]any)
			return !pass(scalar(doc[key]))
		})
	}
	if states := words(g.argument(f, "states")); states != nil {
		keep("state", func(text string) bool { return slices.Contains(states, text) })
	}
	if types := words(g.argument(f, "itemTypes")); types != nil {
		keep("__typename", func(text string) bool { return slices.Contains(types, enumName(text)) })
	}
	if since, ok := g.argument(f, "since").(string); ok {
		keep("committedDate", func(text string) bool { return text >= since })
	}
	order, ok := g.argument(f, "orderBy").(map[string]any)
	if f.Name == "history" {
		order, ok = map[string]any{"field": "COMMITTED_DATE", "direction": "DESC"}, true
		slices.Reverse(list) // of two of a second the later one comes first
	}
	if ok {
		key := strings.NewReplacer("CREATED_AT", "createdAt", "UPDATED_AT", "updatedAt", "COMMITTED_DATE", "committedDate").
			Replace(scalar(order["field"]))
		slices.SortStableFunc(list, func(a, b any) int {
			n := strings.Compare(scalar(a.(map[string]any)[key]), scalar(b.(map[string]any)[key]))
			if order["direction"] == "DESC" {
				return -n
			}
			return n
		})
	}
	return list
}

// argument is the value of an argument; nil when it is not given.
func (g *graphQuery) argument(f *ast.Field, name string) any {
	a := f.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	v, err := a.Value.Value(g.variables)
	if err != nil {
		return nil
	}
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.Atoi(v.String())
		if err != nil {
			return nil
		}
		return n
	case int64:
		return int(v)
	}
	return v
}

// words are the texts of an argument that is one or a list of them.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := []string{}
		for _, e := range v {
			out = append(out, scalar(e))
		}
		return out
	}
	return nil
}

// enumName spells a type's name as enumerations do: MergedEvent is MERGED_EVENT.
func enumName(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToUpper(b.String())
}
