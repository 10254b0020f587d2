package evidence

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestCanonical(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"sorts keys", `{"b":1,"a":2}`, `{"a":2,"b":1}`},
		{"drops space", " { \"a\" : [ 1 , 2 ] } ", `{"a":[1,2]}`},
		{"one spelling of strings", `"\u0041\/\u00e9"`, `"A/é"`},
		{"one spelling of numbers", `[1.0,1e2,0.10]`, `[1,100,0.1]`},
		{"keeps integers that a double would round", `{"id":12345678901234567890}`, `{"id":12345678901234567890}`},
		{"keeps absent from null", `{"a":null}`, `{"a":null}`},
		{"sorts by UTF-16 units", `{"\ue000":1,"\ud83d\ude00":2}`, "{\"\U0001F600\":2,\"\ue000\":1}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Canonical([]byte(tc.in))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for _, in := range []string{`{"a":1,"a":2}`, "\"\xff\"", `{"a":1`, `{"a":1}{}`, ``, `NaN`, `"\ud800"`} {
		if got, err := Canonical([]byte(in)); err == nil {
			t.Errorf("Canonical(%q) = %s, want an error", in, got)
		}
	}
}

// FuzzCanonical holds that the canonical form is a fixed point and says the same as the input.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5,null,true,"x"],"b":{"c":"\u00e9"}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		original := bytes.Clone(in)
		once, err := Canonical(in)
		if err != nil {
			return
		}
		kept := bytes.Clone(once)
		twice, err := Canonical(once)
		if err != nil {
			t.Fatalf("canonical form refused: %v", err)
		}
		if !bytes.Equal(kept, twice) {
			t.Fatalf("not a fixed point: %s became %s", kept, twice)
		}
		if !json.Valid(original) {
			t.Fatalf("accepted %q, which is no JSON", original)
		}
	})
}
