package assess

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/valyala/fastjson"
	"pgregory.net/rapid"

	"exhibit/internal/evidence"
)

// both evaluates expressions over a document twice: by our adapter over its bytes, and by CEL over Go maps and slices.
type both struct {
	eval *Evaluator
	ours *cel.Env
	maps *cel.Env
}

func newBoth(t testing.TB) *both {
	t.Helper()
	table, err := newTypeTable()
	if err != nil {
		t.Fatal(err)
	}
	st := &subjectType{schema: evidence.Schema{Type: "file.document", Doc: &evidence.Shape{Kind: evidence.ShapeAny}}}
	scope := table.shapeType("scope", scopeShape(), false)
	st.cel = table.add("file.document", subjectFields(scope, types.DynType, types.DynType))
	all := map[string]*subjectType{"file.document": st}
	env, err := newEnv(table, all)
	if err != nil {
		t.Fatal(err)
	}
	b := &both{eval: &Evaluator{subjects: all}}
	if b.ours, err = env.Extend(cel.Variable("subject", st.cel)); err != nil {
		t.Fatal(err)
	}
	if b.maps, err = env.Extend(cel.Variable("subject", types.NewMapType(types.StringType, types.DynType))); err != nil {
		t.Fatal(err)
	}
	return b
}

// result is a value's canonical JSON, or its error.
func result(v ref.Val, err error) string {
	if err != nil {
		return "error: " + strings.TrimSuffix(strings.SplitN(err.Error(), "\n", 2)[0], " ")
	}
	raw, ok := appendValue(nil, v)
	if !ok {
		return "none"
	}
	return string(raw)
}

func (b *both) run(t testing.TB, expr string, document []byte) (ours, maps string) {
	run := func(env *cel.Env, vars any) string {
		tree, issues := env.Compile(expr)
		if issues.Err() != nil {
			t.Fatalf("%s: %v", expr, issues.Err())
		}
		p, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := p.Eval(vars)
		return result(v, err)
	}
	rec, err := b.eval.caseRecord(evidence.Subject{Type: "file.document", ID: "x", Doc: document}, &scopeValue{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := newVars(types.Timestamp{})
	if err != nil {
		t.Fatal(err)
	}
	v.subject = newSubject(rec, &trace{}, true)
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var m any
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return run(b.ours, v), run(b.maps, map[string]any{"subject": map[string]any{"doc": goValue(m)}})
}

// goValue turns numbers into int64 where they are whole, as canonical JSON spells them.
func goValue(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = goValue(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = goValue(v[k])
		}
	}
	return v
}

// randomJSON draws a JSON value over few keys, so that expressions often meet what they ask for.
func randomJSON(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) any { return rapid.Int64().Draw(t, "int") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Int64Range(-2, 3).Draw(t, "small") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Float64Range(-3, 3).Draw(t, "fraction") }),
		rapid.Custom(func(t *rapid.T) any {
			return rapid.SampledFrom([]string{"", "a", "b", "ä\"\\\n", "1"}).Draw(t, "text")
		}),
		rapid.Custom(func(t *rapid.T) any { return rapid.Bool().Draw(t, "bool") }),
		rapid.Just[any](nil))
	if depth == 0 {
		return leaf
	}
	inner := randomJSON(depth - 1)
	return rapid.OneOf(leaf,
		rapid.Custom(func(t *rapid.T) any { return rapid.SliceOfN(inner, 0, 4).Draw(t, "list") }),
		rapid.Custom(func(t *rapid.T) any { return randomObject(inner).Draw(t, "object") }))
}

func randomObject(inner *rapid.Generator[any]) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "d\"ä"}), inner, 0, 4)
}

// questions are asked of every random document; P, Q are replaced by random paths.
var questions = []string{
	"P", "P == Q", "P != Q", "P in Q", "size(P)", "has(P)", "type(P)", "P + Q", "P < Q", "P[0]", `P["a"]`, "P[Q]",
	"P.all(x, x == Q)", "P.exists(x, x == 1)", "P.exists_one(x, x == 'a')", "P.map(x, x)", "P.filter(x, x != Q)",
	"P.?a.orValue(7)", "P[?0].hasValue()", "P.?a.?b.hasValue()", "[P, Q] == [Q, P]", "{'k': P} == {'k': Q}", "P == [1, 'a']",
	"[1] + P", "P + [1]", "string(P)", "int(P)", "double(P)", "P == null", "dyn(P) == dyn(Q) || P == 1", "P ? 1 : 2",
	"P.transformList(i, v, v)", "P.join()", "sets.contains(P, Q)", "P.distinct()", "P.flatten()",
}

// TestAdapterLikeMaps asks CEL the same over our adapter and over its own maps and lists.
func TestAdapterLikeMaps(t *testing.T) {
	b := newBoth(t)
	path := rapid.Custom(func(t *rapid.T) string {
		return "subject.doc" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{".a", ".b", "[0]", ".c", `["d\"ä"]`}), 1, 3).Draw(t, "path"), "")
	})
	rapid.Check(t, func(rt *rapid.T) {
		raw, err := json.Marshal(randomObject(randomJSON(2)).Draw(rt, "document"))
		if err != nil {
			rt.Fatal(err)
		}
		q := rapid.SampledFrom(questions).Draw(rt, "question")
		p := path.Draw(rt, "P")
		if q == "has(P)" && !strings.HasSuffix(p, "a") && !strings.HasSuffix(p, "b") && !strings.HasSuffix(p, "c") {
			p += ".a"
		}
		q = strings.NewReplacer("P", p, "Q", path.Draw(rt, "Q")).Replace(q)
		if strings.Contains(q, "transformList") {
			q = strings.Replace(q, "transformList(i, v, v)", "map(v, v)", 1)
		}
		ours, maps := b.run(t, q, raw)
		if ours, maps = anyOrder(ours), anyOrder(maps); ours != maps && !(strings.HasPrefix(ours, "error") && strings.HasPrefix(maps, "error")) {
			rt.Fatalf("%s over %s:\nours %s\nmaps %s", q, raw, ours, maps)
		}
	})
}

// anyOrder sorts a list, because CEL's own maps go through their keys in another order every time.
func anyOrder(result string) string {
	var list []json.RawMessage
	if json.Unmarshal([]byte(result), &list) != nil {
		return result
	}
	slices.SortFunc(list, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
	return fmt.Sprintf("%s", list)
}

// TestNumbers holds what doubles lose.
func TestNumbers(t *testing.T) {
	b := newBoth(t)
	tests := []struct{ document, expr, want string }{
		{`{"n":9007199254740993}`, "subject.doc.n", "9007199254740993"},
		{`{"n":9007199254740993}`, "subject.doc.n % 2 == 1 && subject.doc.n + 1 == 9007199254740994", "true"},
		{`{"n":-9223372036854775808}`, "subject.doc.n", "-9223372036854775808"},
		{`{"n":18446744073709551615}`, "subject.doc.n", "18446744073709551615"},
		{`{"n":18446744073709551616}`, "subject.doc.n", "error: whole number 18446744073709551616 has no exact value in CEL"},
		{`{"n":1.0}`, "subject.doc.n + 1", "2"},
		{`{"n":1.5}`, "subject.doc.n * 2.0", "3"},
		{`{"n":1e3}`, "subject.doc.n + 1", "1001"},
		{`{"n":1e21}`, "subject.doc.n", "1e+21"},
		{`{"n":0}`, "subject.doc.n", "0"}, {`{"n":-0}`, "subject.doc.n", "0"},
		{`{"n":null}`, "subject.doc.n == null && has(subject.doc.n)", "true"},
		{`{}`, "has(subject.doc.n)", "false"},
		{`{}`, "subject.doc.n", "error: no such key: n"},
	}
	for _, tt := range tests {
		if got, _ := b.run(t, tt.expr, []byte(tt.document)); got != tt.want {
			t.Errorf("%s over %s: %s, want %s", tt.expr, tt.document, got, tt.want)
		}
	}
}

// FuzzAdapter reads any JSON through every way into the adapter. Whatever it is given, the bytes that come out are
// canonical.
func FuzzAdapter(f *testing.F) {
	for _, seed := range []string{`{}`, `[]`, `null`, `{"a":{"b":[1,2.5,"x",null,true]},"c":-0}`, `{"a\u0000\"":"\u2028\ud83d\ude00"}`,
		`[1e400]`, `[123456789012345678901234567890]`, `"\ud800"`, `{"\ufb33":1,"\ud83d\ude00":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		canonical, err := evidence.Canonical(bytes.Clone(raw))
		if err != nil {
			t.Skip()
		}
		v, err := fastjson.ParseBytes(canonical)
		if err != nil {
			t.Skip() // deeper than fastjson goes
		}
		val := toCEL(v, nil)
		if got := appendDoc(nil, v); !bytes.Equal(got, canonical) {
			t.Fatalf("%q came out as %q", canonical, got)
		}
		if got, ok := appendValue(nil, val); ok && !types.IsError(val) {
			again, err := evidence.Canonical(bytes.Clone(got))
			if err != nil || !bytes.Equal(again, got) {
				t.Fatalf("fact %q is not canonical: %v", got, err)
			}
		}
		if eq := types.Equal(val, val); eq != types.True && eq != types.False && !types.IsError(eq) {
			t.Fatalf("equal to itself: %v", eq)
		}
		if s, ok := val.(interface{ Size() ref.Val }); ok && types.IsError(s.Size()) {
			t.Fatalf("size: %v", s.Size())
		}
		_ = fmt.Sprint(val.Type(), val.ConvertToType(types.TypeType), val.ConvertToType(types.StringType))
	})
}

// appendDoc appends a stored JSON value in its canonical encoding. Its keys are in order already.
func appendDoc(dst []byte, v *fastjson.Value) []byte {
	switch v.Type() {
	case fastjson.TypeObject:
		dst = append(dst, '{')
		first := true
		v.GetObject().Visit(func(key []byte, inner *fastjson.Value) {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = appendDoc(append(appendString(dst, string(key)), ':'), inner)
		})
		return append(dst, '}')
	case fastjson.TypeArray:
		dst = append(dst, '[')
		for i, inner := range v.GetArray() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendDoc(dst, inner)
		}
		return append(dst, ']')
	case fastjson.TypeString:
		return appendString(dst, string(v.GetStringBytes()))
	}
	return v.MarshalTo(dst)
}
