package report

import (
	"strings"
	"testing"
)

// FuzzEscape holds that nothing gets out of an element or a quoted attribute, and nothing out of a CSV cell's text.
func FuzzEscape(f *testing.F) {
	f.Add(hostile)
	f.Fuzz(func(t *testing.T, s string) {
		if out := string(prose(s)); strings.ContainsAny(strings.NewReplacer("<code>", "", "</code>", "").Replace(out), "<>\"'\x00\x1b\u202e") {
			t.Errorf("prose(%q) = %q", s, out)
		}
		if g := guard(s); g != "" && strings.ContainsRune("=+-@\t\r\n", rune(g[0])) {
			t.Errorf("guard(%q) = %q", s, g)
		}
	})
}
