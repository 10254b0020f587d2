package github

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestParseWorkflow(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		now, next := string(rune('0'+i)), string(rune('1'+i))
		bomb += "a" + next + ": &a" + next + " [" + strings.Repeat("*a"+now+", ", 9) + "*a" + now + "]\n"
	}
	for name, tt := range map[string]struct {
		in, want string
		err      error
	}{
		"on is a name": {"on: push", `{"on":"push"}`, nil},
		"truth is what YAML 1.2 says": {"on: push\nx: [true, True, yes, on, null, ~, 0x10, 1.50, .inf, 2001-01-01]",
			`{"on":"push","x":[true,true,"yes","on",null,null,16,1.5,".inf","2001-01-01"]}`, nil},
		"scripts": {"jobs: { a: { steps: [ { run: 'curl -H \"key: hunter2\" ${{ env.URL }} && x ${{\n a }}' } ] } }",
			`{"jobs":{"a":{"steps":[{"run":"${{ env.URL }}\n${{ a }}"}]}}}`, nil},
		"values that sound like secrets": {
			"env: { Password: hunter2, MY_TOKEN: '${{ secrets.X }}', API-KEY: '', REGION: eu }\njobs: { a: { secrets: inherit, permissions: { id-token: write } } }",
			`{"env":{"API-KEY":"","MY_TOKEN":"${{ secrets.X }}","Password":"[withheld]","REGION":"eu"},` +
				`"jobs":{"a":{"permissions":{"id-token":"write"},"secrets":"inherit"}}}`, nil},
		"names that sound like nothing else": {
			"env: { DB_PASS: hunter2, SIGNING_KEY: abc, TOKEN: 'hunter2${{ x }}', PIN_TOKEN: 1234, AUTH: '${{ a }} ', KEYS: x }",
			`{"env":{"AUTH":"${{ a }} ","DB_PASS":"[withheld]","KEYS":"x","PIN_TOKEN":"[withheld]","SIGNING_KEY":"[withheld]","TOKEN":"[withheld]"}}`, nil},
		"lists and aliases of secrets": {"a: &x [hunter2, '${{ x }}']\npasswords: &y [hunter2, '${{ x }}']\ntoken: *x",
			`{"a":["hunter2","${{ x }}"],"passwords":["[withheld]","${{ x }}"],"token":["[withheld]","${{ x }}"]}`, nil},
		"secrets that are handed on": {"jobs: { a: { secrets: { FOO: hunter2, BAR: '${{ secrets.BAR }}' } }, b: { secrets: hunter2 }, secrets: { uses: x } }",
			`{"jobs":{"a":{"secrets":{"BAR":"${{ secrets.BAR }}","FOO":"[withheld]"}},"b":{"secrets":"[withheld]"},"secrets":{"uses":"x"}}}`, nil},
		"a list of jobs": {"jobs: [secrets]\nsecrets: [x]", `{"jobs":["secrets"],"secrets":["[withheld]"]}`, nil},
		"scripts for an action": {
			"jobs: { a: { steps: [ { with: { inlineScript: 'az login -p hunter2 ${{ x }}', Command: x, persist-credentials: false } } ] } }",
			`{"jobs":{"a":{"steps":[{"with":{"Command":"","inlineScript":"${{ x }}","persist-credentials":false}}]}}}`, nil},
		"permissions": {
			"permissions: { id-token: write }\njobs: { permissions: { env: { PASSWORD: hunter2 } }, a: &a { permissions: { id-token: none } }, b: *a }",
			`{"jobs":{"a":{"permissions":{"id-token":"none"}},"b":{"permissions":{"id-token":"none"}},` +
				`"permissions":{"env":{"PASSWORD":"[withheld]"}}},"permissions":{"id-token":"write"}}`, nil},
		"no YAML":            {"on: [", "", errNoYAML},
		"nothing":            {"", "", errNoYAML},
		"a list":             {"- 1", "", errNoObject},
		"an alias bomb":      {bomb, "", errTooLarge},
		"an alias in itself": {"a: &a [*a]", "", errTooLarge},
	} {
		got, err := parseWorkflow(tt.in)
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: error %v, want %v", name, err, tt.err)
			continue
		}
		if err != nil {
			continue
		}
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, text, tt.want)
		}
	}
}

func TestTriggers(t *testing.T) {
	for in, want := range map[string]string{
		"on: push": "push", "on: [push, pull_request]": "pull_request push", "on: { push: , workflow_run: { types: [x] } }": "push workflow_run",
		"jobs: {}": "", "on: 3": "",
	} {
		doc, err := parseWorkflow(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(triggers(doc["on"]), " "); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func FuzzParseWorkflow(f *testing.F) {
	f.Add("on: push\njobs: { a: { steps: [ { run: 'x ${{ y }}', with: &a { b: *a } } ] } }")
	f.Fuzz(func(t *testing.T, in string) {
		doc, err := parseWorkflow(in)
		if err != nil {
			return
		}
		if _, err := json.Marshal(doc); err != nil {
			t.Errorf("%q cannot be written: %v", in, err)
		}
		triggers(doc["on"])
	})
}
