package drift

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"exhibit/internal/evidence"
)

func text1(fields []evidence.FieldChange) string {
	var parts []string
	for _, f := range fields {
		parts = append(parts, f.Path+" "+brief(f.Before)+" -> "+brief(f.After))
	}
	return strings.Join(parts, "\n")
}

func TestDocuments(t *testing.T) {
	quote := func(s string) string {
		b, _ := json.Marshal(s)
		return string(b)
	}
	for _, tc := range []struct{ name, before, after, want string }{
		{"the same", `{"a":[1,{"b":null}]}`, `{"a":[1,{"b":null}]}`, ""},
		{"a value", `{"a":{"b":1}}`, `{"a":{"b":2}}`, "/a/b 1 -> 2"},
		{"every digit counts", `{"id":12345678901234567890}`, `{"id":12345678901234567891}`,
			"/id 12345678901234567890 -> 12345678901234567891"},
		{"null is not absent", `{"a":null}`, `{}`, `/a null -> absent`},
		{"another kind", `{"a":"1"}`, `{"a":[1]}`, `/a "1" -> [1]`},
		{"keys are escaped", `{"a/b~c":1}`, `{"a/b~c":2}`, "/a~1b~0c 1 -> 2"},
		{"order of a list", `{"a":[1,2,{"x":[3,4]}]}`, `{"a":[{"x":[4,3]},2,1]}`, ""},
		{"how often counts", `{"a":[1,1,2]}`, `{"a":[1,2,2]}`, "/a/1 1 -> absent\n/a/2 absent -> 2"},
		{"an element more", `{"a":["x","y"]}`, `{"a":["z","y","x"]}`, `/a/0 absent -> "z"`},
		{"an element moved and changed", `{"T":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"},{"Key":"c","Value":"3"}]}`,
			`{"T":[{"Key":"b","Value":"9"},{"Key":"c","Value":"3"},{"Key":"a","Value":"8"}]}`,
			"/T/0/Value \"2\" -> \"9\"\n/T/2/Value \"1\" -> \"8\""},
		{"one changed element is one change", `{"R":[{"Port":22,"Cidr":"10.0.0.0/8"}]}`, `{"R":[{"Port":22,"Cidr":"0.0.0.0/0"}]}`,
			`/R/0/Cidr "10.0.0.0/8" -> "0.0.0.0/0"`},
		{"ordered stays ordered", `{"Chain":[1,2]}`, `{"Chain":[2,1]}`, "/Chain/0 1 -> 2\n/Chain/1 2 -> 1"},
		{"ordered, one put in", `{"Chain":[1,2,3]}`, `{"Chain":[1,9,2,3]}`, "/Chain/1 absent -> 9"},
		{"volatile", `{"Seen":1,"Rules":[{"Id":1,"Used":5}]}`, `{"Seen":2,"Rules":[{"Id":1,"Used":6}]}`, ""},
		{"volatile beside a change", `{"Rules":[{"Id":1,"Used":5,"On":true}]}`, `{"Rules":[{"Id":1,"Used":6,"On":false}]}`,
			"/Rules/0/On true -> false"},
		{"JSON in a text, spelled otherwise", `{"P":` + quote(`{"a":1, "b":[1,2]}`) + `}`, `{"P":` + quote(`{"b":[2,1],"a":1}`) + `}`, ""},
		{"JSON in a text, changed", `{"P":` + quote(`{"a":{"b":1}}`) + `}`, `{"P":` + quote(`{"a":{"b":2}}`) + `}`, "/P/a/b 1 -> 2"},
		{"text that only starts like JSON", `{"P":"{a"}`, `{"P":"{b"}`, `/P "{a" -> "{b"`},
		{"two texts in one are no JSON", `{"P":"{} {}"}`, `{"P":"{}"}`, `/P "{} {}" -> {}`},
		{"policy: one and many, case, root, star",
			`{"Policy":` + quote(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:x"}}`) + `}`,
			`{"Policy":` + quote(`{"Statement":[{"Action":["S3:getobject"],"Effect":"Allow","Resource":["arn:x"],"Principal":{"AWS":["*"]}}],"Version":"2012-10-17"}`) + `}`, ""},
		{"policy: account and its root, conditions",
			`{"Statement":[{"Principal":{"AWS":"123456789012"},"Condition":{"Bool":{"aws:SecureTransport":true}}}]}`,
			`{"Statement":[{"Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Condition":{"Bool":{"aws:SecureTransport":["true"]}}}]}`, ""},
		{"policy: percent-encoded", `{"D":"%7B%22Statement%22%3A%5B%5D%7D"}`, `{"D":` + quote(`{"Statement":[]}`) + `}`, ""},
		{"policy: an action more", `{"Statement":[{"Sid":"a","Action":"s3:GetObject"}]}`, `{"Statement":[{"Sid":"a","Action":["s3:PutObject","s3:GetObject"]}]}`,
			`/Statement/0/Action/0 absent -> "s3:putobject"`},
		{"policy: allow becomes deny", `{"Statement":[{"Effect":"Allow"}]}`, `{"Statement":[{"Effect":"Deny"}]}`,
			`/Statement/0/Effect "Allow" -> "Deny"`},
		{"a statement that is no policy", `{"Statement":"hello"}`, `{"Statement":"bye"}`, `/Statement "hello" -> "bye"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Documents(json.RawMessage(tc.before), json.RawMessage(tc.after), testSchema)
			if err != nil {
				t.Fatal(err)
			}
			if text1(got) != tc.want {
				t.Errorf("got\n%s\nwant\n%s", text1(got), tc.want)
			}
		})
	}
}

// value draws a JSON value.
func value(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.IntRange(-3, 3).AsAny(), rapid.SampledFrom([]string{"", "a", "*", "{", `{"a":[1,2]}`, "%7B", "123456789012"}).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds, rapid.SliceOfN(value(depth-1), 0, 4).AsAny(),
			rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "Id", "Seen", "Statement", "Principal", "Action", "AWS", "Rules", "Used"}), value(depth-1), 0, 4).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func draw(t *rapid.T) json.RawMessage {
	raw, err := json.Marshal(value(4).Draw(t, "doc"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func compare(t *rapid.T, a, b json.RawMessage) []evidence.FieldChange {
	got, err := Documents(a, b, testSchema)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSameDocumentDoesNotDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := draw(t)
		if got := compare(t, doc, doc); len(got) > 0 {
			t.Fatalf("%s differs from itself:\n%s", doc, text1(got))
		}
	})
}

// shuffle moves the elements of every unordered list, in texts that are JSON, too.
func shuffle(v any, at string, r *rand.Rand) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = shuffle(e, at+"/"+k, r)
		}
	case []any:
		for i, e := range v {
			v[i] = shuffle(e, at+"/*", r)
		}
		if at != "/Chain" {
			r.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
		}
	}
	return v
}

func TestOrderIsNoDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := draw(t)
		var v any
		if err := json.Unmarshal(doc, &v); err != nil {
			t.Fatal(err)
		}
		moved, err := json.Marshal(shuffle(v, "", rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))))
		if err != nil {
			t.Fatal(err)
		}
		if got := compare(t, doc, moved); len(got) > 0 {
			t.Fatalf("%s\n%s\ndiffer:\n%s", doc, moved, text1(got))
		}
	})
}

// TestDifferenceIsFound holds that two documents that differ by one leaf are never called the same, and that both directions
// tell of as many fields.
func TestDifferenceIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := draw(t)
		before, after := json.RawMessage(`{"x":`+string(doc)+`,"y":1}`), json.RawMessage(`{"x":`+string(doc)+`,"y":2}`)
		if got := text1(compare(t, before, after)); got != "/y 1 -> 2" {
			t.Fatalf("got %q", got)
		}
		other := draw(t)
		if there, back := compare(t, doc, other), compare(t, other, doc); len(there) != len(back) {
			t.Fatalf("%s and %s:\n%s\nbut back\n%s", doc, other, text1(there), text1(back))
		}
	})
}

func FuzzDocuments(f *testing.F) {
	f.Add([]byte(`{"Policy":"{\"Statement\":[{\"Action\":\"*\"}]}"}`), []byte(`{"Policy":"%7B%7D"}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if !json.Valid(a) || !json.Valid(b) {
			if _, err := Documents(a, b, testSchema); err == nil {
				t.Fatalf("compared %q and %q, one of which is no JSON", a, b)
			}
			return
		}
		if got, err := Documents(a, a, testSchema); err != nil || len(got) > 0 {
			t.Fatalf("%s differs from itself: %s %v", a, text1(got), err)
		}
		if _, err := Documents(a, b, testSchema); err != nil {
			t.Fatal(err)
		}
	})
}
