package collect

import "testing"

// TestTemplateThatRepeats holds paths of nested things against a part that may come several times.
func TestTemplateThatRepeats(t *testing.T) {
	const template = "(/job/{name})+/{number}/api/json"
	for path, want := range map[string]bool{
		"/job/a/1/api/json":             true,
		"/job/a/job/b/job/c/1/api/json": true,
		"/job/a%2Fb/1/api/json":         true,
		"/1/api/json":                   false,
		"/job/a/api/json":               false,
		"/job/a/b/1/api/json":           false,
		"/job/a/jab/b/1/api/json":       false,
		"/job//1/api/json":              false,
		"/job/a/1/api/json/x":           false,
		"/job/a/build":                  false,
		"":                              false,
	} {
		if got := matches(template, path); got != want {
			t.Errorf("%q: %v, want %v", path, got, want)
		}
	}
	for _, broken := range []string{"(/job/{name}/x", "()+/x", "(job)+/x"} {
		if matches(broken, "/job/a/x") {
			t.Errorf("%q lets something out", broken)
		}
	}
}
