package assess

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// docs parses policy texts.
func docs(t testing.TB, texts ...string) []document {
	t.Helper()
	out := []document{}
	for i, text := range texts {
		statements, err := parsePolicy(text)
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		out = append(out, document{fmt.Sprintf("policy %d", i+1), statements})
	}
	return out
}

// say is a statement; more is put into it.
func say(effect, actions, resources, more string) string {
	return fmt.Sprintf(`{"Effect":%q,"Action":%s,"Resource":%s%s}`, effect, actions, resources, more)
}

func policyOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const (
	adminText = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	mfa       = `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`
	noMFA     = `,"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`
	fromHome  = `,"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`
	elsewhere = `,"Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`
)

// TestAccessDecision goes through AWS's description of how a request is decided.
func TestAccessDecision(t *testing.T) {
	read := say("Allow", `"s3:Get*"`, `"arn:aws:s3:::b/*"`, "")
	full := policyOf(say("Allow", `"*"`, `"*"`, ""))
	type in struct {
		name          string
		own, boundary []string
		levels        [][]string
		action, on    string
		want          answer
	}
	tests := []in{
		{name: "nothing allows", own: nil, action: "s3:GetObject", want: no},
		{name: "allowed", own: []string{policyOf(read)}, action: "s3:GetObject", want: yes},
		{name: "actions take no case", own: []string{policyOf(read)}, action: "S3:getobject", want: yes},
		{name: "another action", own: []string{policyOf(read)}, action: "s3:PutObject", want: no},
		{name: "on its object", own: []string{policyOf(read)}, action: "s3:GetObject", on: "arn:aws:s3:::b/k", want: yes},
		{name: "on another's", own: []string{policyOf(read)}, action: "s3:GetObject", on: "arn:aws:s3:::c/k", want: no},
		{name: "resources take case", own: []string{policyOf(read)}, action: "s3:GetObject", on: "arn:aws:s3:::B/k", want: no},
		{name: "a denial wins", own: []string{full, policyOf(say("Deny", `"s3:*"`, `"*"`, ""))}, action: "s3:GetObject", want: no},
		{name: "a denial of one bucket leaves the others", own: []string{full, policyOf(say("Deny", `"s3:*"`, `"arn:aws:s3:::b/*"`, ""))},
			action: "s3:GetObject", want: yes},
		{name: "a denial of that bucket", own: []string{full, policyOf(say("Deny", `"s3:*"`, `"arn:aws:s3:::b/*"`, ""))},
			action: "s3:GetObject", on: "arn:aws:s3:::b/k", want: no},
		{name: "a denial of all but the bucket", own: []string{policyOf(read), `{"Statement":{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::c/*"}}`},
			action: "s3:GetObject", want: no},
		{name: "a denial of all but that action", own: []string{full, `{"Statement":{"Effect":"Deny","NotAction":"s3:Get*","Resource":"*"}}`},
			action: "s3:GetObject", want: yes},
		{name: "a denial of all but another action", own: []string{full, `{"Statement":{"Effect":"Deny","NotAction":"ec2:*","Resource":"*"}}`},
			action: "s3:GetObject", want: no},
		{name: "all but an action", own: []string{`{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}`}, action: "iam:PassRole", want: no},
		{name: "all but another action", own: []string{`{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}`}, action: "s3:GetObject", want: yes},
		{name: "all but a resource", own: []string{`{"Statement":{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}}`},
			action: "s3:GetObject", on: "arn:aws:s3:::b/k", want: no},
		{name: "with a second factor", own: []string{policyOf(say("Allow", `"*"`, `"*"`, mfa))}, action: "s3:GetObject", want: yes},
		{name: "denied without one", own: []string{full, policyOf(say("Deny", `"*"`, `"*"`, noMFA))}, action: "s3:GetObject", want: yes},
		{name: "from a network", own: []string{policyOf(say("Allow", `"*"`, `"*"`, fromHome))}, action: "s3:GetObject", want: perhaps},
		{name: "denied from elsewhere", own: []string{full, policyOf(say("Deny", `"*"`, `"*"`, elsewhere))}, action: "s3:GetObject", want: perhaps},
		{name: "the boundary allows", own: []string{full}, boundary: []string{policyOf(read)}, action: "s3:GetObject", want: yes},
		{name: "the boundary does not", own: []string{full}, boundary: []string{policyOf(read)}, action: "iam:PassRole", want: no},
		{name: "a boundary gives nothing", own: []string{policyOf(read)}, boundary: []string{full}, action: "iam:PassRole", want: no},
		{name: "the boundary denies", own: []string{full}, boundary: []string{full, policyOf(say("Deny", `"iam:*"`, `"*"`, ""))}, action: "iam:PassRole", want: no},
		{name: "boundary and policy meet nowhere", own: []string{policyOf(read)},
			boundary: []string{policyOf(say("Allow", `"s3:*"`, `"arn:aws:s3:::c/*"`, ""))}, action: "s3:GetObject", want: no},
		{name: "boundary and policy meet", own: []string{policyOf(say("Allow", `"s3:*"`, `"arn:aws:s3:::*/k"`, ""))},
			boundary: []string{policyOf(say("Allow", `"s3:*"`, `"arn:aws:s3:::b/*"`, ""))}, action: "s3:GetObject", want: perhaps},
		{name: "every level allows", own: []string{full}, levels: [][]string{{full}, {full}, {policyOf(read)}}, action: "s3:GetObject", want: yes},
		{name: "one level does not", own: []string{full}, levels: [][]string{{full}, {policyOf(read)}, {full}}, action: "iam:PassRole", want: no},
		{name: "one of a level's policies allows", own: []string{full}, levels: [][]string{{policyOf(read), full}}, action: "iam:PassRole", want: yes},
		{name: "a level without policies", own: []string{full}, levels: [][]string{{}}, action: "iam:PassRole", want: no},
		{name: "a level denies", own: []string{full}, levels: [][]string{{full, policyOf(say("Deny", `"iam:*"`, `"*"`, ""))}}, action: "iam:PassRole", want: no},
		{name: "own name", own: []string{policyOf(say("Allow", `"iam:*"`, `"arn:aws:iam::1:user/${aws:username}"`, ""))}, action: "iam:CreateAccessKey", want: yes},
		{name: "maybe the own name", own: []string{policyOf(say("Allow", `"iam:*"`, `"arn:aws:iam::1:user/${aws:username}"`, ""))},
			action: "iam:CreateAccessKey", on: "arn:aws:iam::1:user/ann", want: perhaps},
		{name: "a star that is a letter", own: []string{policyOf(say("Allow", `"s3:*"`, `"arn:aws:s3:::b/${*}"`, ""))},
			action: "s3:GetObject", on: "arn:aws:s3:::b/k", want: no},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var boundary []document
			if tt.boundary != nil {
				boundary = docs(t, tt.boundary...)
			}
			var levels [][]document
			for _, l := range tt.levels {
				levels = append(levels, docs(t, l...))
			}
			a := newAccess("", docs(t, tt.own...), boundary, levels)
			got := a.decide(request{action: strings.ToLower(tt.action)}, nil)
			if tt.on != "" {
				got = a.decideOn(request{action: strings.ToLower(tt.action)}, tt.on)
			}
			if got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestAdmin(t *testing.T) {
	full := say("Allow", `"*"`, `"*"`, "")
	notIAM := `{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}`
	tests := []struct {
		name          string
		own, boundary string
		want          answer
	}{
		{"everything", policyOf(full), "", yes},
		{"in other words", policyOf(say("Allow", `"*:*"`, `"arn:aws:*"`, "")), "", yes},
		{"every service named", policyOf(say("Allow", `["s3:*","iam:*"]`, `"*"`, "")), "", no},
		{"everything on one bucket", policyOf(say("Allow", `"*"`, `"arn:aws:s3:::b"`, "")), "", no},
		{"all but IAM", policyOf(notIAM), "", no},
		{"all but billing", policyOf(`{"Effect":"Allow","NotAction":"aws-portal:*","Resource":"*"}`), "", yes},
		{"all but a bucket", policyOf(`{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b"}`), "", yes},
		{"IAM denied", policyOf(full, say("Deny", `"iam:*"`, `"*"`, "")), "", no},
		{"one action denied", policyOf(full, say("Deny", `"iam:CreateUser"`, `"*"`, "")), "", yes},
		{"one role denied", policyOf(full, say("Deny", `"iam:*"`, `"arn:aws:iam::1:role/r"`, "")), "", yes},
		{"with a second factor", policyOf(say("Allow", `"*"`, `"*"`, mfa)), "", yes},
		{"from a network", policyOf(say("Allow", `"*"`, `"*"`, fromHome)), "", perhaps},
		{"denied elsewhere", policyOf(full, say("Deny", `"*"`, `"*"`, elsewhere)), "", perhaps},
		{"bounded to a service", policyOf(full), policyOf(say("Allow", `"s3:*"`, `"*"`, "")), no},
		{"bounded with IAM left", policyOf(full), policyOf(say("Allow", `["s3:*","iam:*"]`, `"*"`, "")), yes},
		{"bounded by everything", policyOf(full), policyOf(full), yes},
		{"a boundary alone", policyOf(say("Allow", `"s3:*"`, `"*"`, "")), policyOf(full), no},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var boundary []document
			if tt.boundary != "" {
				boundary = docs(t, tt.boundary)
			}
			got, via := newAccess("", docs(t, tt.own), boundary, nil).admin()
			if got != tt.want || (len(via) > 0) != (got != no) {
				t.Errorf("%s by %v, want %s", got, via, tt.want)
			}
		})
	}
}

func TestEscalations(t *testing.T) {
	const self = "arn:aws:iam::111122223333:user/ann"
	passTo := func(service string) string {
		return say("Allow", `"iam:PassRole"`, `"*"`, `,"Condition":{"StringEquals":{"iam:PassedToService":"`+service+`"}}`)
	}
	run := say("Allow", `["lambda:CreateFunction","lambda:InvokeFunction","ec2:RunInstances"]`, `"*"`, "")
	tests := []struct {
		name       string
		statements []string
		want       []string
	}{
		{"reading", []string{say("Allow", `"iam:Get*"`, `"*"`, "")}, []string{}},
		{"own keys", []string{say("Allow", `"iam:CreateAccessKey"`, `"arn:aws:iam::*:user/${aws:username}"`, "")}, []string{}},
		{"own keys by name", []string{say("Allow", `"iam:CreateAccessKey"`, `"`+self+`"`, "")}, []string{}},
		{"everybody's keys", []string{say("Allow", `"iam:CreateAccessKey"`, `"arn:aws:iam::111122223333:user/*"`, "")}, []string{"iam:CreateAccessKey"}},
		{"everybody's keys, unless denied", []string{say("Allow", `"iam:CreateAccessKey"`, `"*"`, ""), say("Deny", `"iam:*"`, `"*"`, "")}, []string{}},
		{"own policies", []string{say("Allow", `"iam:PutUserPolicy"`, `"arn:aws:iam::111122223333:user/${aws:username}"`, "")}, []string{"iam:PutUserPolicy"}},
		{"another's policies", []string{say("Allow", `"iam:PutUserPolicy"`, `"arn:aws:iam::111122223333:user/bob"`, "")}, []string{}},
		{"roles of a path", []string{say("Allow", `"iam:AttachRolePolicy"`, `"arn:aws:iam::111122223333:role/app/*"`, "")}, []string{}},
		{"from a network", []string{say("Allow", `"iam:AddUserToGroup"`, `"*"`, fromHome)}, []string{"iam:AddUserToGroup"}},
		{"a role and a machine", []string{passTo("ec2.amazonaws.com"), run}, []string{"iam:PassRole ec2:RunInstances"}},
		{"a role for another service", []string{passTo("glue.amazonaws.com"), run}, []string{}},
		{"machines alone", []string{run}, []string{}},
		{"one role and a machine", []string{run, say("Allow", `"iam:PassRole"`, `"arn:aws:iam::111122223333:role/app"`, "")}, []string{}},
		{"a role and a function", []string{run, say("Allow", `"iam:PassRole"`, `"arn:aws:iam::*:role/*"`, "")},
			[]string{"iam:PassRole ec2:RunInstances", "iam:PassRole lambda:CreateFunction"}},
		{"the policies of the own group", []string{say("Allow", `"iam:PutGroupPolicy"`, `"arn:aws:iam::111122223333:group/devs"`, "")},
			[]string{"iam:PutGroupPolicy"}},
		{"what is attached to groups of the own name", []string{say("Allow", `"iam:AttachGroupPolicy"`, `"arn:aws:iam::*:group/d*"`, "")},
			[]string{"iam:AttachGroupPolicy"}},
		{"the policies of another group", []string{say("Allow", `"iam:*GroupPolicy"`, `"arn:aws:iam::111122223333:group/ops"`, "")}, []string{}},
		{"the members of the own group", []string{say("Allow", `"iam:AddUserToGroup"`, `"arn:aws:iam::111122223333:group/devs"`, "")}, []string{}},
		{"no boundary to remove", []string{say("Allow", `"iam:DeleteUserPermissionsBoundary"`, `"*"`, "")}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAccess(self, docs(t, policyOf(tt.statements...)), nil, nil)
			a.groups = []string{"arn:aws:iam::111122223333:group/devs"}
			if got := a.escalations(); !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	bounded := newAccess(self, docs(t, adminText), docs(t, policyOf(say("Allow", `"iam:DeleteUserPermissionsBoundary"`, `"*"`, ""))), nil)
	if got, want := bounded.escalations(), []string{"iam:DeleteUserPermissionsBoundary"}; !slices.Equal(got, want) {
		t.Errorf("out of the boundary: %v, want %v", got, want)
	}
}

// The reference: an obvious evaluator of one request on one resource, in which every condition that is not known is met
// or not as open says.
func referenceAllowed(a *access, action, resource string, open bool) bool {
	applies := func(g grant) bool {
		actions, resources := g.Actions, g.Resources
		fitsAny := func(patterns []string, s string) bool {
			for _, p := range patterns {
				if referenceFits(p, s) {
					return true
				}
			}
			return false
		}
		if len(actions) > 0 && !fitsAny(actions, action) || len(g.NotActions) > 0 && fitsAny(g.NotActions, action) {
			return false
		}
		if len(resources) > 0 && !fitsAny(resources, resource) || len(g.NotResources) > 0 && fitsAny(g.NotResources, resource) {
			return false
		}
		return true
	}
	met := func(g grant, favour bool) bool { return len(g.Conditions) == 0 || favour }
	for _, g := range a.deny {
		if applies(g) && met(g, !open) {
			return false
		}
	}
	for _, set := range append([]limit{a.own}, a.limits...) {
		any := false
		for _, g := range set {
			any = any || applies(g) && met(g, open)
		}
		if !any {
			return false
		}
	}
	return true
}

// referenceFits tries every way of what * may stand for.
func referenceFits(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return referenceFits(pattern[1:], s) || s != "" && referenceFits(pattern, s[1:])
	}
	return s != "" && (pattern[0] == '?' || pattern[0] == s[0]) && referenceFits(pattern[1:], s[1:])
}

// letters are all texts of up to three letters, of which c stands in no pattern.
func letters() []string {
	out := []string{""}
	for from := 0; len(out[from]) < 3; from++ {
		for _, l := range []string{"a", "b", "c"} {
			out = append(out, out[from]+l)
		}
	}
	return out
}

func drawPatterns(t *rapid.T, of string) []string {
	return rapid.SliceOfN(rapid.StringMatching(of), 1, 2).Draw(t, "patterns")
}

func drawStatement(t *rapid.T) statement {
	s := statement{Effect: rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")}
	if rapid.IntRange(0, 3).Draw(t, "not action") == 0 {
		s.NotActions = drawPatterns(t, `[xy*?]{1,2}`)
	} else {
		s.Actions = drawPatterns(t, `[xy*?]{1,2}`)
	}
	if rapid.IntRange(0, 3).Draw(t, "not resource") == 0 {
		s.NotResources = drawPatterns(t, `[ab*?]{1,3}`)
	} else {
		s.Resources = drawPatterns(t, `[ab*?]{1,3}`)
	}
	if rapid.IntRange(0, 4).Draw(t, "condition") == 0 {
		s.Conditions = []condition{{"stringequals", "aws:sourcevpc", []string{"vpc-1"}}}
	}
	return s
}

func drawAccess(t *rapid.T) *access {
	policies := func(name string) []document {
		return []document{{name, rapid.SliceOfN(rapid.Custom(drawStatement), 0, 3).Draw(t, name)}}
	}
	own := policies("own")
	var boundary []document
	if rapid.Bool().Draw(t, "bounded") {
		boundary = policies("boundary")
	}
	var levels [][]document
	for range rapid.IntRange(0, 2).Draw(t, "levels") {
		levels = append(levels, policies("level"))
	}
	return newAccess("", own, boundary, levels)
}

// TestAccessAgainstReference holds that "no" is never said where some request is allowed, and "yes" never where none is.
func TestAccessAgainstReference(t *testing.T) {
	texts := letters()
	rapid.Check(t, func(t *rapid.T) {
		a := drawAccess(t)
		for _, action := range []string{"x", "yx"} {
			r := request{action: action}
			got := a.decide(r, nil)
			some, sure := false, false
			for _, resource := range append(slices.Clone(texts), a.examples()...) {
				may, must := referenceAllowed(a, action, resource, true), referenceAllowed(a, action, resource, false)
				some, sure = some || may, sure || must
				switch on := a.decideOn(r, resource); {
				case may && on == no:
					t.Fatalf("%s on %q is allowed and called no", action, resource)
				case !must && on == yes:
					t.Fatalf("%s on %q is not always allowed and called yes", action, resource)
				case len(resource) > 0 && !may && on != no && a.plain():
					t.Fatalf("%s on %q is never allowed and called %s", action, resource, on)
				}
			}
			if some && got == no || !sure && got == yes {
				t.Fatalf("%s: %s, but allowed %v, always %v", action, got, some, sure)
			}
		}
	})
}

// examples are what the patterns of an access stand for at their most unusual.
func (a *access) examples() []string {
	var out []string
	for _, set := range append([]limit{a.own}, a.limits...) {
		for _, g := range set {
			for _, p := range append(slices.Clone(g.on), newPattern("*")) {
				out = append(out, p.example())
			}
		}
	}
	return out
}

// plain reports whether the access has one set of statements without denials, where the answers are exact.
func (a *access) plain() bool {
	return len(a.limits) == 0 && len(a.deny) == 0 && len(a.own) == 1 && len(a.own[0].on) == 1
}

// TestPatterns holds covers to never claim too much and overlaps to never claim too little.
func TestPatterns(t *testing.T) {
	texts := letters()
	rapid.Check(t, func(t *rapid.T) {
		one, other := rapid.StringMatching(`[ab*?]{0,3}`).Draw(t, "p"), rapid.StringMatching(`[ab*?]{0,3}`).Draw(t, "q")
		p, q := newPattern(one), newPattern(other)
		if !p.fits(p.example()) || !p.overlaps(p) || !p.covers(p) {
			t.Fatalf("%q is not itself", one)
		}
		common := false
		for _, s := range texts {
			both := referenceFits(one, s) && referenceFits(other, s)
			common = common || both
			if p.fits(s) != referenceFits(one, s) {
				t.Fatalf("%q on %q: %v", one, s, p.fits(s))
			}
			if p.covers(q) && referenceFits(other, s) && !referenceFits(one, s) {
				t.Fatalf("%q does not cover %q: %q", one, other, s)
			}
		}
		if common != p.overlaps(q) && len(one)+len(other) < 4 || common && !p.overlaps(q) {
			t.Fatalf("%q and %q overlap: %v", one, other, common)
		}
	})
}

func TestPatternVariables(t *testing.T) {
	own, other := newPattern("user/${aws:username}"), newPattern("user/${aws:userid}")
	all, ann := newPattern("user/*"), newPattern("user/ann")
	switch {
	case !own.covers(own), own.covers(other), own.covers(ann), own.covers(all), !all.covers(own):
		t.Error("what variables cover")
	case !own.overlaps(ann), !ann.overlaps(own), !own.overlaps(other), newPattern("role/*").overlaps(own):
		t.Error("what variables overlap")
	}
	if got := newPattern("${*}${?}${$}${").example(); got != "*?$${" {
		t.Errorf("letters that stand for themselves: %q", got)
	}
}
