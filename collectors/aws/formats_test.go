package aws

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"exhibit/internal/collect"
)

// manyPolicies are two for every account and one for the organisation.
func manyPolicies() []managed {
	return policies(append(made(20, 10), "organizations:DescribeOrganization", "s3:GetBucket${x}%{y}"))
}

func TestPermissionFormats(t *testing.T) {
	for _, format := range (Provider{}).PermissionFormats() {
		text, err := Provider{}.PermissionsAs(format)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range collect.Permissions(Provider{}) {
			if !strings.Contains(text, `"`+a+`"`) && !strings.Contains(text, `\"`+a+`\"`) {
				t.Errorf("%s lacks %s", format, a)
			}
		}
	}
	if _, err := (Provider{}).PermissionsAs("pulumi"); err == nil || !strings.Contains(err.Error(), "terraform") {
		t.Errorf("an unknown format: %v", err)
	}
}

// TestTerraform reads the HCL as far as it can go wrong: quotes, braces, names, and the policies inside it.
func TestTerraform(t *testing.T) {
	all := manyPolicies()
	text := terraform(all)
	balanced(t, text)
	doc := regexp.MustCompile(`(?s)resource "aws_iam_policy" "(\w+)" \{\n(.*?)  name   = "([^"]*)"\n  policy = <<-POLICY\n(.*?)\n  POLICY\n\}`)
	found := doc.FindAllStringSubmatch(text, -1)
	if len(found) != len(all) {
		t.Fatalf("%d policies, want %d", len(found), len(all))
	}
	for i, m := range found {
		if strings.Contains(strings.ReplaceAll(m[4], "$${", ""), "${") {
			t.Errorf("%s would be read as a template", m[1])
		}
		var got policy
		if err := json.Unmarshal([]byte(strings.NewReplacer("$${", "${", "%%{", "%{").Replace(m[4])), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, all[i].policy) {
			t.Errorf("%s came back as %+v", m[1], got)
		}
		if conditional := strings.Contains(m[2], "count  = var.organization_home"); conditional != all[i].Home {
			t.Errorf("%s: conditional %v, want %v", m[1], conditional, all[i].Home)
		}
		at := "\n"
		if all[i].Home {
			at = "[0]"
		}
		if !strings.Contains(text, "policy_arn = aws_iam_policy."+m[1]+strings.TrimSpace(at)+".arn") {
			t.Errorf("%s is attached to nothing", m[1])
		}
	}
	declared := regexp.MustCompile(`variable "(\w+)"`).FindAllStringSubmatch(text, -1)
	for _, use := range regexp.MustCompile(`var\.(\w+)`).FindAllStringSubmatch(text, -1) {
		if !slices.ContainsFunc(declared, func(d []string) bool { return d[1] == use[1] }) {
			t.Errorf("var.%s is not declared", use[1])
		}
	}
}

// balanced holds that quotes end on their line and that every bracket is closed by its like.
func balanced(t *testing.T, text string) {
	t.Helper()
	var open []rune
	pair := map[rune]rune{'}': '{', ']': '[', ')': '('}
	for i, line := range strings.Split(text, "\n") {
		quoted, escaped := false, false
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, r := range line {
			switch {
			case escaped:
				escaped = false
			case quoted && r == '\\':
				escaped = true
			case r == '"':
				quoted = !quoted
			case quoted:
			case strings.ContainsRune("{[(", r):
				open = append(open, r)
			case strings.ContainsRune("}])", r):
				if len(open) == 0 || open[len(open)-1] != pair[r] {
					t.Fatalf("line %d: %q closes nothing: %s", i+1, r, line)
				}
				open = open[:len(open)-1]
			}
		}
		if quoted {
			t.Errorf("line %d: a quote is not closed: %s", i+1, line)
		}
	}
	if len(open) > 0 {
		t.Errorf("%d brackets are not closed", len(open))
	}
}

// parsedTemplate is a template as CloudFormation reads it.
type parsedTemplate struct {
	AWSTemplateFormatVersion, Description string
	Parameters                            map[string]struct{ Type, Description string }
	Conditions                            map[string]any
	Resources                             map[string]struct {
		Type, Condition string
		Properties      map[string]json.RawMessage
	}
	Outputs map[string]any
}

// readTemplate parses a template and holds that what it refers to is there.
func readTemplate(t *testing.T, text string) parsedTemplate {
	t.Helper()
	var p parsedTemplate
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	if p.AWSTemplateFormatVersion != "2010-09-09" || p.Description == "" {
		t.Error("the template does not say what it is")
	}
	known := func(name string) bool {
		_, parameter := p.Parameters[name]
		_, resource := p.Resources[name]
		return parameter || resource || strings.HasPrefix(name, "AWS::")
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for key, e := range v {
				if name, ok := e.(string); ok && key == "Ref" && !known(name) {
					t.Errorf("Ref to %s, which is not there", name)
				}
				if list, ok := e.([]any); ok && key == "Fn::If" && p.Conditions[list[0].(string)] == nil {
					t.Errorf("no condition %v", list[0])
				}
				walk(e)
			}
		}
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	walk(v)
	for name, r := range p.Resources {
		if r.Condition != "" && p.Conditions[r.Condition] == nil {
			t.Errorf("%s: no condition %s", name, r.Condition)
		}
	}
	return p
}

func TestRoleTemplate(t *testing.T) {
	all := manyPolicies()
	p := readTemplate(t, roleTemplate(all).text())
	role := p.Resources["ReadRole"]
	if role.Type != "AWS::IAM::Role" || !strings.Contains(string(role.Properties["AssumeRolePolicyDocument"]), "sts:ExternalId") {
		t.Errorf("the role is %+v", role)
	}
	var attached []any
	if err := json.Unmarshal(role.Properties["ManagedPolicyArns"], &attached); err != nil || len(attached) != len(all) {
		t.Errorf("%d policies are attached, want %d: %v", len(attached), len(all), err)
	}
	for _, m := range all {
		r := p.Resources[resourceID(m.Name)]
		var got policy
		if err := json.Unmarshal(r.Properties["PolicyDocument"], &got); err != nil {
			t.Fatal(err)
		}
		if r.Type != "AWS::IAM::ManagedPolicy" || !reflect.DeepEqual(got, m.policy) || (r.Condition != "") != m.Home {
			t.Errorf("%s is %+v", m.Name, r)
		}
	}
	if len(p.Resources) != len(all)+1 {
		t.Errorf("%d resources, want %d", len(p.Resources), len(all)+1)
	}
}

func TestStackSetTemplate(t *testing.T) {
	all := manyPolicies()
	p := readTemplate(t, stackSetTemplate(all).text())
	set := p.Resources["MemberRoles"]
	for key, want := range map[string]string{
		"PermissionModel": `"SERVICE_MANAGED"`, "AutoDeployment": `{"Enabled":true,"RetainStacksOnAccountRemoval":false}`,
		"Capabilities": `["CAPABILITY_NAMED_IAM"]`,
	} {
		if got := compact(t, set.Properties[key]); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	var body string
	if err := json.Unmarshal(set.Properties["TemplateBody"], &body); err != nil {
		t.Fatal(err)
	}
	if len(body) > 51_200 {
		t.Errorf("the body has %d bytes, more than CloudFormation takes", len(body))
	}
	inner := readTemplate(t, body)
	var given []struct{ ParameterKey string }
	if err := json.Unmarshal(set.Properties["Parameters"], &given); err != nil {
		t.Fatal(err)
	}
	for name := range inner.Parameters {
		if !slices.ContainsFunc(given, func(g struct{ ParameterKey string }) bool { return g.ParameterKey == name }) {
			t.Errorf("nobody gives the accounts %s", name)
		}
	}
	if strings.Contains(body, "organizations:") {
		t.Error("every account may read the organization")
	}
	for name, r := range p.Resources {
		if name != "MemberRoles" && r.Condition != "IsHome" {
			t.Errorf("%s is made though a stack set makes it", name)
		}
	}
}

func compact(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
