package file

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		in, want, err string
	}{
		"object":          {in: ` {"b":1,"a":[true,null]} `, want: `{"a":[true,null],"b":1}`},
		"large integer":   {in: `{"account":123456789012345678901}`, want: `{"account":123456789012345678901}`},
		"repeated key":    {in: `{"a":1,"a":2}`, err: "not JSON"},
		"two values":      {in: `{} {}`, err: "not JSON"},
		"empty":           {in: ``, err: "not JSON"},
		"not UTF-8":       {in: "\"\xff\"", err: "not JSON"},
		"nested too deep": {in: strings.Repeat("[", 101) + strings.Repeat("]", 101), err: "nested deeper"},
		"brackets in text": {in: `"` + strings.Repeat(`[\"`, 200) + `"`,
			want: `"` + strings.Repeat(`[\"`, 200) + `"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodeJSON([]byte(tt.in))
			check(t, string(got), err, tt.want, tt.err)
		})
	}
}

func TestDecodeCSV(t *testing.T) {
	for name, tt := range map[string]struct {
		in, want, err string
	}{
		"rows":         {in: "user,mfa\nann,true\nbob,\"fa,lse\"\n", want: `[{"mfa":"true","user":"ann"},{"mfa":"fa,lse","user":"bob"}]`},
		"no rows":      {in: "user,mfa\n", want: `[]`},
		"empty":        {in: "", err: "no first row"},
		"ragged":       {in: "a,b\n1\n", err: "not CSV"},
		"name twice":   {in: "a,a\n1,2\n", err: "column 2"},
		"no name":      {in: "a,\n1,2\n", err: "column 2"},
		"not UTF-8":    {in: "a\n\xff\n", err: "not UTF-8"},
		"stray quotes": {in: "a\n\"1\"2\n", err: "not CSV"},
	} {
		t.Run(name, func(t *testing.T) {
			records, err := decodeCSV([]byte(tt.in))
			got := ""
			if err == nil {
				raw, _ := json.Marshal(records)
				got = string(raw)
			}
			check(t, got, err, tt.want, tt.err)
		})
	}
}

func check(t *testing.T, got string, err error, want, wantErr string) {
	t.Helper()
	switch {
	case wantErr == "" && err != nil:
		t.Fatalf("error %v, want none", err)
	case wantErr != "" && (err == nil || !strings.Contains(err.Error(), wantErr)):
		t.Fatalf("error %v, want one with %q", err, wantErr)
	case wantErr == "" && got != want:
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, got))
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"a":[1,"\u00e9"]}`))
	f.Add([]byte("a,b\n1,2\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if value, err := decodeJSON(text); err == nil && !json.Valid(value) {
			t.Errorf("decoded %q to %q, which is no JSON", text, value)
		}
		records, err := decodeCSV(text)
		if err != nil {
			return
		}
		for _, r := range records {
			if len(r) != len(records[0]) {
				t.Errorf("row of %d fields beside one of %d", len(r), len(records[0]))
			}
		}
	})
}
