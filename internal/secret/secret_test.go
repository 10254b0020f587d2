package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const value = "hunter2-canary"

type holder struct {
	Public  String
	private String
	Pointer *String
	Map     map[string]String
}

func TestNeverPrints(t *testing.T) {
	s := New(value)
	h := holder{Public: s, private: s, Pointer: &s, Map: map[string]String{"k": s}}
	var out bytes.Buffer
	for _, v := range []any{s, &s, h, &h, []String{s}, fmt.Errorf("failed with %v", s)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Errorf("json of %T: %v", v, err)
		}
		out.Write(b)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	text, _ := s.MarshalText()
	out.Write(text)
	out.WriteString(s.String() + s.GoString() + s.LogValue().String())
	if strings.Contains(out.String(), value) || strings.Contains(out.String(), fmt.Sprintf("%x", value)) ||
		strings.Contains(strings.ToLower(out.String()), fmt.Sprintf("%x", []byte(value))) {
		t.Errorf("the secret was printed:\n%s", out.String())
	}
	if !strings.Contains(out.String(), mask) {
		t.Error("nothing was masked")
	}
}

func TestValue(t *testing.T) {
	var s String
	if !s.IsZero() || s.Reveal() != "" {
		t.Error("the zero value is not empty")
	}
	if err := json.Unmarshal([]byte(`"`+value+`"`), &s); err != nil || s.Reveal() != value || s.IsZero() {
		t.Errorf("decoded %q, %v", s.Reveal(), err)
	}
	tests := []struct {
		a, b string
		want bool
	}{{"", "", true}, {"a", "a", true}, {"a", "b", false}, {"a", "aa", false}, {"", "a", false}}
	for _, tt := range tests {
		if got := New(tt.a).Equal(New(tt.b)); got != tt.want {
			t.Errorf("Equal(%q, %q) = %v", tt.a, tt.b, got)
		}
	}
}
