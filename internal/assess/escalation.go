package assess

import (
	"slices"
	"strings"
)

// escalation is a known way from some rights to more: holding one action of each step is enough.
type escalation struct {
	name  string
	steps []step
}

// step is actions any one of which will do. Class, when not empty, says that one resource of the kind is not enough: the
// action must reach the whole kind, or where self is set the caller himself, or a group that he is in. Service is whom a role is passed to.
type step struct {
	actions string // separated by spaces
	class   string
	self    bool
	service string
}

// passTo is the step of handing any role to a service.
func passTo(service string) step {
	return step{actions: "iam:PassRole", class: "role", service: service + ".amazonaws.com"}
}

func do(actions string) step { return step{actions: actions} }

func onAny(class, actions string) escalation {
	return escalation{actions, []step{{actions: actions, class: class}}}
}

func onAnyOrSelf(class, actions string) escalation {
	return escalation{actions, []step{{actions: actions, class: class, self: true}}}
}

// escalations are the known ways. They follow published research on IAM; each was checked against the service's own
// description of the actions.
var escalations = [...]escalation{
	onAny("policy", "iam:CreatePolicyVersion"),
	onAny("policy", "iam:SetDefaultPolicyVersion"),
	onAny("user", "iam:CreateAccessKey"),
	onAny("user", "iam:CreateLoginProfile"),
	onAny("user", "iam:UpdateLoginProfile"),
	onAnyOrSelf("group", "iam:AttachGroupPolicy"),
	onAnyOrSelf("group", "iam:PutGroupPolicy"),
	onAny("group", "iam:AddUserToGroup"),
	onAny("role", "iam:UpdateAssumeRolePolicy"),
	onAny("role", "sts:AssumeRole"),
	onAnyOrSelf("user", "iam:AttachUserPolicy"),
	onAnyOrSelf("user", "iam:PutUserPolicy"),
	onAnyOrSelf("role", "iam:AttachRolePolicy"),
	onAnyOrSelf("role", "iam:PutRolePolicy"),
	onAny("function", "lambda:UpdateFunctionCode"),
	onAny("instance", "ssm:SendCommand"),
	onAny("instance", "ssm:StartSession"),
	onAny("permissionSet", "sso:AttachManagedPolicyToPermissionSet"),
	onAny("permissionSet", "sso:PutInlinePolicyToPermissionSet"),
	{"sso:CreateAccountAssignment", []step{do("sso:CreateAccountAssignment")}},
	{"iam:PassRole ec2:RunInstances", []step{passTo("ec2"), do("ec2:RunInstances")}},
	{"iam:PassRole lambda:CreateFunction", []step{passTo("lambda"), do("lambda:CreateFunction"),
		do("lambda:InvokeFunction lambda:CreateEventSourceMapping lambda:AddPermission lambda:CreateFunctionUrlConfig")}},
	{"iam:PassRole cloudformation:CreateStack", []step{passTo("cloudformation"), do("cloudformation:CreateStack")}},
	{"iam:PassRole ecs:RegisterTaskDefinition", []step{passTo("ecs-tasks"), do("ecs:RegisterTaskDefinition"),
		do("ecs:RunTask ecs:StartTask ecs:CreateService ecs:UpdateService")}},
	{"iam:PassRole codebuild:CreateProject", []step{passTo("codebuild"), do("codebuild:CreateProject"),
		do("codebuild:StartBuild")}},
	{"iam:PassRole glue:CreateJob", []step{passTo("glue"), do("glue:CreateJob glue:UpdateJob"),
		do("glue:StartJobRun glue:CreateTrigger")}},
	{"iam:PassRole glue:CreateDevEndpoint", []step{passTo("glue"), do("glue:CreateDevEndpoint")}},
	{"iam:PassRole datapipeline:CreatePipeline", []step{passTo("datapipeline"), do("datapipeline:CreatePipeline"),
		do("datapipeline:PutPipelineDefinition")}},
	{"iam:PassRole sagemaker:CreateNotebookInstance", []step{passTo("sagemaker"),
		do("sagemaker:CreateNotebookInstance"), do("sagemaker:CreatePresignedNotebookInstanceUrl")}},
	{"iam:PassRole ssm:StartAutomationExecution", []step{passTo("ssm"), do("ssm:StartAutomationExecution")}},
	{"iam:PassRole states:CreateStateMachine", []step{passTo("states"), do("states:CreateStateMachine"),
		do("states:StartExecution")}},
}

// unbounding are the ways out of a permissions boundary, for an identity that has one.
var unbounding = [...]escalation{
	onAnyOrSelf("user", "iam:DeleteUserPermissionsBoundary"),
	onAnyOrSelf("user", "iam:PutUserPermissionsBoundary"),
	onAnyOrSelf("role", "iam:DeleteRolePermissionsBoundary"),
	onAnyOrSelf("role", "iam:PutRolePermissionsBoundary"),
}

// escalations returns the known ways by which the identity could get more rights than it was given, sorted. What a
// condition makes uncertain is among them. A way by actions on single named resources is not: whether it leads to more
// depends on what those are.
func (a *access) escalations() []string {
	if a.ways != nil {
		return a.ways
	}
	out := []string{}
	known := escalations[:]
	if a.bound {
		known = append(slices.Clone(known), unbounding[:]...)
	}
	for _, e := range known {
		if !slices.ContainsFunc(e.steps, func(s step) bool { return a.take(s) == no }) {
			out = append(out, e.name)
		}
	}
	slices.Sort(out)
	a.ways = out
	return out
}

// take tells whether the identity can take a step.
func (a *access) take(s step) answer {
	var accept func(pattern) bool
	if s.class != "" {
		accept = func(p pattern) bool { return p.whole(s.class) || s.self && a.isSelf(p, s.class) }
	}
	best := no
	for action := range strings.FieldsSeq(s.actions) {
		best = max(best, a.decide(request{action: strings.ToLower(action), service: s.service}, accept))
	}
	return best
}

// isSelf reports whether a pattern may fit the identity itself, or a group that it is in, which is of the class.
func (a *access) isSelf(p pattern, class string) bool {
	is := func(arn string) bool { return strings.Contains(arn, ":"+class+"/") && p.overlaps(newPattern(arn)) }
	return is(a.id) || slices.ContainsFunc(a.groups, is)
}

// whole reports whether a pattern fits all resources of a class in some account: "*", "arn:aws:iam::*:role/*".
func (p pattern) whole(class string) bool {
	colons := 0
	for i, t := range p {
		switch {
		case t == token{letter, ":"}:
			colons++
			if colons == 5 {
				rest := p[i+1:]
				for _, sep := range []string{"/", ":"} {
					prefix := newPattern(class + sep)
					if len(rest) > len(prefix) && slices.Equal(rest[:len(prefix)], prefix) {
						rest = rest[len(prefix):]
						break
					}
				}
				return len(rest) > 0 && rest[0].kind == anyText
			}
		case t.kind == anyText && i == len(p)-1:
			return true
		}
	}
	return false
}
