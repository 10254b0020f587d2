package controls_test

import (
	"context"
	"os"
	"testing"

	"exhibit/collectors"
	"exhibit/internal/catalog"
	"exhibit/internal/evidence"
)

// load reads the shipped catalog against the schemas of the real collectors.
func load(t *testing.T) *catalog.Catalog {
	t.Helper()
	var schemas []evidence.Schema
	for _, p := range collectors.All() {
		for _, c := range p.Collectors() {
			schemas = append(schemas, c.Schema)
		}
	}
	c, err := catalog.Load(os.DirFS(".."), schemas)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCases judges every worked example of every check.
func TestCases(t *testing.T) {
	results, err := load(t).RunCases(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if !r.OK() {
			t.Errorf("%s:%d: %s, %s: got %s (%s), want %s", r.File, r.Line, r.Check, r.Name, r.Got, r.Reason, r.Expect)
		}
	}
}

// TestFilterHasCases holds every population filter to an example that it leaves out.
func TestFilterHasCases(t *testing.T) {
	c := load(t)
	outside := map[string]bool{}
	for _, k := range c.Cases {
		outside[k.Check] = outside[k.Check] || k.Expect == evidence.NotApplicable
	}
	for _, control := range c.Controls {
		for _, k := range control.Checks {
			if k.Where != "" && !outside[k.ID] {
				t.Errorf("%s: the filter has no case that is not applicable", k.ID)
			}
		}
	}
}

// TestFactsHaveValues runs each check's facts: one that never has a value in any case is misspelt or useless.
func TestFactsHaveValues(t *testing.T) {
	c := load(t)
	seen := map[string]map[string]bool{}
	for _, k := range c.Cases {
		o, err := c.Evaluator().Case(context.Background(), k.Check, k.Input)
		if err != nil {
			t.Fatal(err)
		}
		if seen[k.Check] == nil {
			seen[k.Check] = map[string]bool{}
		}
		for name := range o.Facts {
			seen[k.Check][name] = true
		}
	}
	for _, control := range c.Controls {
		for _, k := range control.Checks {
			if len(k.Facts) == 0 {
				t.Errorf("%s: no facts: say which values decide", k.ID)
			}
			for name := range k.Facts {
				if !seen[k.ID][name] {
					t.Errorf("%s: fact %s has no value in any case", k.ID, name)
				}
			}
		}
	}
}

// TestEveryControlIsMapped finds controls that no framework asks for.
func TestEveryControlIsMapped(t *testing.T) {
	c := load(t)
	used := map[string]bool{}
	for _, f := range c.Frameworks {
		for _, r := range f.Requirements {
			for _, id := range r.Controls {
				used[id] = true
			}
		}
	}
	for _, control := range c.Controls {
		if !used[control.ID] {
			t.Errorf("control %s meets no requirement of any framework", control.ID)
		}
	}
}
