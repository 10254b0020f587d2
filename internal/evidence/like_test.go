package evidence

import "testing"

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"a*", "a/b/c", true}, {"*c", "abc", true}, {"a*c*e", "abcde", true},
		{"a*c*e", "abcd", false}, {"?", "", false}, {"a?c", "abc", true}, {"*", "", true}, {"", "", true}, {"", "a", false},
		{"[a]", "[a]", true}, {"*ab", "aab", true},
	} {
		if got := Like(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%q of %q: %v", tt.pattern, tt.text, got)
		}
	}
}
