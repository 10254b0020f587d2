package simcloud

import (
	"maps"
	"slices"
)

// Members of an estate's users, roles, groups and policies that their lists show; the others are answers of further
// calls.
func userFields() []string {
	return []string{"Arn", "CreateDate", "PasswordLastUsed", "Path", "UserId", "UserName"}
}

func roleFields() []string {
	return []string{"Arn", "AssumeRolePolicyDocument", "CreateDate", "Description", "MaxSessionDuration", "Path", "RoleId",
		"RoleName"}
}

func groupFields() []string { return []string{"Arn", "CreateDate", "GroupId", "GroupName", "Path"} }

// iamKind is a kind of things of which IAM says in one way that one does not exist.
func iamKind(name, key, what string, parts ...string) kind {
	return kind{name: name, key: key, parts: parts, missing: *noSuchEntity(what, "%s")}
}

func noSuchEntity(what, name string) *awsFail {
	return &awsFail{404, "NoSuchEntity", "The " + what + " with name " + name + " cannot be found."}
}

func userKind() kind {
	return iamKind("users", "UserName", "user", "AccessKeys", "MFADevices", "Groups", "AttachedPolicies", "InlinePolicies",
		"Credential", "LoginProfile")
}

func roleKind() kind {
	return iamKind("roles", "RoleName", "role", "AttachedPolicies", "InlinePolicies", "InstanceProfiles")
}

func groupKind() kind {
	return iamKind("groups", "GroupName", "group", "AttachedPolicies", "InlinePolicies")
}

func policyKind() kind { return iamKind("policies", "Arn", "policy", "Document", "Entities") }

func iamService() awsService {
	users, roles, groups, policies := userKind(), roleKind(), groupKind(), policyKind()
	providers := iamKind("oidc-providers", "Arn", "OpenIDConnect provider")
	certificates := iamKind("server-certificates", "ServerCertificateName", "server certificate")
	ops := awsOps{
		"GetAccountSummary": awsFunc(accountSummary),
		"GetAccountPasswordPolicy": setting{part: "PasswordPolicy", member: "PasswordPolicy",
			absent: noSuchEntity("Password Policy", "of this account")},
		"GenerateCredentialReport":       awsFunc(generateReport),
		"GetCredentialReport":            awsFunc(credentialReport),
		"GetAccountAuthorizationDetails": awsFunc(authorizationDetails),
		"GetAccessKeyLastUsed":           awsFunc(accessKeyLastUsed),
		"GetPolicyVersion":               awsFunc(policyVersion),
		"ListEntitiesForPolicy":          awsFunc(entitiesForPolicy),
		"ListVirtualMFADevices":          awsFunc(virtualMFADevices),
		"ListGroupsForUser":              awsFunc(groupsForUser),
		"ListOrganizationsFeatures":      awsFunc(organizationsFeatures),
		"ListAccountAliases": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			all := slices.DeleteFunc([]any{k.object()["Alias"]}, func(v any) bool { return v == nil })
			return k.values(all, "AccountAliases")
		}),
		"ListSAMLProviders": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			all, _ := k.object()["SAMLProviders"].([]any)
			return k.values(all, "SAMLProviderList")
		}),
		"ListOpenIDConnectProviders": list{kind: providers, view: view{only: []string{"Arn"}},
			member: "OpenIDConnectProviderList"},
		"GetOpenIDConnectProvider": get{kind: providers, by: "OpenIDConnectProviderArn", view: view{hide: []string{"Arn"}}},
		"ListServerCertificates":   list{kind: certificates, ignore: []string{"PathPrefix"}},
		"ListUsers":                list{kind: users, view: view{only: userFields()}},
		"ListRoles":                list{kind: roles, view: view{only: roleFields()}},
		"ListGroups":               list{kind: groups, view: view{only: groupFields()}},
		"ListPolicies": list{kind: policies, view: view{hide: []string{"Description", "Tags"}},
			ignore: []string{"Scope", "OnlyAttached"}, where: listedPolicy},
		"GetUser":   get{kind: users, by: "UserName", member: "User"},
		"GetRole":   get{kind: roles, by: "RoleName", member: "Role"},
		"GetPolicy": get{kind: policies, by: "PolicyArn", member: "Policy"},
		"ListAccessKeys": within{kind: users, by: "UserName", from: "AccessKeys", member: "AccessKeyMetadata",
			view: view{hide: []string{"LastUsed"}}},
		"ListMFADevices": within{kind: users, by: "UserName", from: "MFADevices"},
	}
	for what, d := range map[string]kind{"User": users, "Role": roles, "Group": groups} {
		ops["ListAttached"+what+"Policies"] = within{kind: d, by: d.key, from: "AttachedPolicies"}
		ops["List"+what+"Policies"] = within{kind: d, by: d.key, from: "InlinePolicies", view: view{as: "PolicyName"}}
		ops["Get"+what+"Policy"] = inlinePolicy{d}
	}
	return awsService{name: "iam", signing: "iam", kinds: []kind{users, roles, groups, policies, providers, certificates},
		ops: ops}
}

// inlinePolicy answers one policy inside a user, role or group.
type inlinePolicy struct{ kind }

func (p inlinePolicy) answer(k *awsCall) (awsOut, *awsFail) {
	it, fail := p.find(k, k.text(p.key))
	if fail != nil {
		return awsOut{}, fail
	}
	policies, _ := it.doc["InlinePolicies"].([]any)
	name := k.text("PolicyName")
	i := slices.IndexFunc(policies, func(p any) bool { return p.(map[string]any)["PolicyName"] == name })
	if i < 0 {
		return awsOut{}, noSuchEntity("policy", name)
	}
	return awsOut{of: it, variant: name, show: func(doc map[string]any) map[string]any {
		shown := maps.Clone(policies[i].(map[string]any))
		shown[p.key] = doc[p.key]
		return shown
	}}, nil
}

func accessKeyLastUsed(k *awsCall) (awsOut, *awsFail) {
	id := k.text("AccessKeyId")
	owner, i, ok := k.keyOwner(id)
	if !ok {
		return awsOut{}, &awsFail{403, "AccessDenied", "The access key " + id + " belongs to no user of this account."}
	}
	return awsOut{of: owner, variant: "#" + id[:4] + string(rune('0'+i)), show: func(doc map[string]any) map[string]any {
		used, ok := doc["AccessKeys"].([]any)[i].(map[string]any)["LastUsed"]
		if !ok {
			used = map[string]any{"Region": "N/A", "ServiceName": "N/A"} // IAM's way to say never
		}
		return map[string]any{"AccessKeyLastUsed": used, "UserName": doc["UserName"]}
	}}, nil
}

// keyOwner finds the user with an access key, and which of its keys it is.
func (k *awsCall) keyOwner(id string) (item, int, bool) {
	users := k.list("users")
	if g, ok := users.(*genItems); ok {
		n := serialOf(id)
		if n < 0 || n >= g.n {
			return item{}, 0, false
		}
		return g.At(n), 0, true
	}
	for n := range users.Len() {
		keys, _ := users.At(n).doc["AccessKeys"].([]any)
		for i, key := range keys {
			if key.(map[string]any)["AccessKeyId"] == id {
				return users.At(n), i, true
			}
		}
	}
	return item{}, 0, false
}

func groupsForUser(k *awsCall) (awsOut, *awsFail) {
	it, fail := userKind().find(k, k.text("UserName"))
	if fail != nil {
		return awsOut{}, fail
	}
	names, _ := it.doc["Groups"].([]any)
	return list{kind: groupKind(), view: view{only: groupFields()}, ignore: []string{"UserName"},
		where: func(_ *awsCall, g map[string]any) bool { return slices.Contains(names, g["GroupName"]) }}.answer(k)
}

func listedPolicy(k *awsCall, p map[string]any) bool {
	scope := k.text("Scope")
	return (scope != "Local" || own(p)) && (scope != "AWS" || !own(p)) &&
		(k.in["OnlyAttached"] != true || scalar(p["AttachmentCount"]) != "0")
}

func policyVersion(k *awsCall) (awsOut, *awsFail) {
	it, fail := policyKind().find(k, k.text("PolicyArn"))
	if fail != nil {
		return awsOut{}, fail
	}
	if it.doc["DefaultVersionId"] != k.text("VersionId") {
		return awsOut{}, noSuchEntity("policy version", k.text("PolicyArn")+" "+k.text("VersionId"))
	}
	return awsOut{of: it, show: func(doc map[string]any) map[string]any {
		return map[string]any{"PolicyVersion": map[string]any{"Document": doc["Document"], "VersionId": doc["DefaultVersionId"],
			"IsDefaultVersion": true, "CreateDate": doc["UpdateDate"]}}
	}}, nil
}
