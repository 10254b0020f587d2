package owner

import (
	"slices"
	"strings"
	"testing"
)

// The examples are those of GitHub's documentation, in other words.
func TestCodeowners(t *testing.T) {
	tests := []struct{ file, path, want string }{
		{"* @all", "a/b/c.go", "@all"},
		{"* @all", "", "@all"},
		{"* @all\n*.js @js", "src/a.js", "@js"},
		{"*.js @js\n* @all", "src/a.js", "@all"}, // the last one
		{"*.go docs@example.com", "x.go", "docs@example.com"},
		{"* @one @org/two # why", "x", "@one @org/two"},
		{"# * @none\n\n  * @all", "x", "@all"},
		{"/build/logs/ @ops", "build/logs/a/b", "@ops"},
		{"/build/logs/ @ops", "src/build/logs/a", ""},
		{"/build/logs/ @ops", "build/logs", ""}, // a file of that name
		{"docs/* @docs", "docs/a.md", "@docs"},
		{"docs/* @docs", "docs/a/b.md", ""},
		{"docs/* @docs", "x/docs/a.md", ""},
		{"apps/ @apps", "x/y/apps/z/a", "@apps"},
		{"/docs/ @docs", "docs/a/b", "@docs"},
		{"**/logs @logs", "deeply/nested/logs/a", "@logs"},
		{"**/logs @logs", "logs", "@logs"},
		{"/apps/** @apps", "apps/a/b", "@apps"},
		{"/apps/** @apps", "apps", ""},
		{"a/**/z @x", "a/z", "@x"},
		{"a/**/z @x", "a/b/c/z", "@x"},
		{"/apps/ @apps\n/apps/github", "apps/github/a", ""}, // given away to nobody
		{"/apps/ @apps\n/apps/github", "apps/other", "@apps"},
		{`my\ docs/ @docs`, "my docs/a", "@docs"},
		{"* @all\n!*.js @js", "a.js", "@all"},    // no exceptions
		{"* @all\n*.[jt]s @js", "a.js", "@all"},  // no ranges
		{"* @all\n*.js nobody", "a.js", "@all"},  // no owner at all
		{"* @all\n/ @root\n//x @x", "x", "@all"}, // nothing that could be fitted
		{"* @all\n/src/ @src", "", "@all"},       // the whole
		{"/* @top", "", ""},                      // of the files at the top alone
		{"** @all\n*.md @docs", "", "@all"},      // the narrower line does not speak of the whole
		{"* @all\n*", "", ""},                    // given away to nobody
		{"*.GO @x", "a.go", ""},                  // letters are as they are
		{"a?c @x", "abc", "@x"}, {"", "a", ""},   // and no file at all
		{"* @" + strings.Repeat("a", 3<<20), "a", ""}, // too large
	}
	for _, tt := range tests {
		if got := strings.Join(ParseCodeowners(tt.file).Of(tt.path), " "); got != tt.want {
			t.Errorf("%.60q of %q: %q, want %q", tt.file, tt.path, got, tt.want)
		}
	}
}

// FuzzCodeowners reads any file. Owners come from one of its lines, and asking takes no path out of bounds.
func FuzzCodeowners(f *testing.F) {
	f.Add("* @all\n/docs/** @docs x@example.com # comment\n", "docs/a/b")
	f.Add("a/**/b/ @x\n\\# @y\n", "")
	f.Fuzz(func(t *testing.T, text, path string) {
		for _, owner := range ParseCodeowners(text).Of(path) {
			if !strings.Contains(owner, "@") {
				t.Errorf("%q is no owner", owner)
			}
			plain := strings.ReplaceAll(text, `\`, "")
			if !slices.ContainsFunc(strings.Split(plain, "\n"), func(l string) bool {
				return strings.Contains(l, strings.ReplaceAll(owner, `\`, ""))
			}) {
				t.Errorf("%q is in no line", owner)
			}
		}
	})
}
