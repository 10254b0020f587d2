package simcloud

import (
	"maps"
	"slices"
	"strings"
)

// Members of an estate's users, roles and policies that are answers of calls of their own.
func userFields(d map[string]any) map[string]any {
	return only(d, "Arn", "CreateDate", "PasswordLastUsed", "Path", "UserId", "UserName")
}

func roleFields(d map[string]any) map[string]any {
	return only(d, "Arn", "AssumeRolePolicyDocument", "CreateDate", "Description", "MaxSessionDuration", "Path", "RoleId",
		"RoleName")
}

func policyFields(d map[string]any) map[string]any {
	return without(d, "Document", "Entities", "Description", "Tags")
}

func groupFields(d map[string]any) map[string]any {
	return only(d, "Arn", "CreateDate", "GroupId", "GroupName", "Path")
}

func iamOps() awsOps {
	ops := awsOps{
		"GetAccountSummary":              accountSummary,
		"GetAccountPasswordPolicy":       passwordPolicy,
		"GenerateCredentialReport":       generateReport,
		"GetCredentialReport":            credentialReport,
		"GetAccountAuthorizationDetails": authorizationDetails,
		"GetAccessKeyLastUsed":           accessKeyLastUsed,
		"GetPolicyVersion":               policyVersion,
		"ListEntitiesForPolicy":          entitiesForPolicy,
		"ListVirtualMFADevices":          virtualMFADevices,
		"ListPolicies":                   listPolicies,
		"ListGroupsForUser":              groupsForUser,
		"ListAccountAliases": func(k *awsCall) ([]byte, *awsFail) {
			alias, ok := k.object()["Alias"]
			return iamListing("AccountAliases").write(k, count(ok), func(dst []byte, _ int) []byte {
				return wrap(dst, "member", scalar(alias))
			})
		},
		"ListUsers": func(k *awsCall) ([]byte, *awsFail) {
			return iamListing("Users").items(k, k.list("users"), userFields)
		},
		"ListRoles": func(k *awsCall) ([]byte, *awsFail) {
			return iamListing("Roles").items(k, k.list("roles"), roleFields)
		},
		"ListGroups": func(k *awsCall) ([]byte, *awsFail) {
			return iamListing("Groups").items(k, k.list("groups"), groupFields)
		},
	}
	maps.Copy(ops, iamParts())
	maps.Copy(ops, iamGets())
	return ops
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// iamParts are the lists inside one user, role or group.
func iamParts() awsOps {
	part := func(kind, member, from string, fields func(any) any) func(*awsCall) ([]byte, *awsFail) {
		what, param := iamKind(kind)
		return func(k *awsCall) ([]byte, *awsFail) {
			it, ok := k.list(kind).Find(k.form.Get(param))
			if !ok {
				return nil, noSuchEntity(what, k.form.Get(param))
			}
			return iamListing(member).part(k, it, from, fields)
		}
	}
	policyName := func(v any) any { return v.(map[string]any)["PolicyName"] }
	return awsOps{
		"ListAccessKeys": part("users", "AccessKeyMetadata", "AccessKeys",
			func(v any) any { return without(v.(map[string]any), "LastUsed") }),
		"ListMFADevices":            part("users", "MFADevices", "MFADevices", nil),
		"ListAttachedUserPolicies":  part("users", "AttachedPolicies", "AttachedPolicies", nil),
		"ListAttachedRolePolicies":  part("roles", "AttachedPolicies", "AttachedPolicies", nil),
		"ListAttachedGroupPolicies": part("groups", "AttachedPolicies", "AttachedPolicies", nil),
		"ListUserPolicies":          part("users", "PolicyNames", "InlinePolicies", policyName),
		"ListRolePolicies":          part("roles", "PolicyNames", "InlinePolicies", policyName),
		"ListGroupPolicies":         part("groups", "PolicyNames", "InlinePolicies", policyName),
	}
}

// iamKind returns what a kind's one is called, and the parameter that names it.
func iamKind(kind string) (what, param string) {
	switch kind {
	case "users":
		return "user", "UserName"
	case "roles":
		return "role", "RoleName"
	case "groups":
		return "group", "GroupName"
	}
	return "policy", "PolicyArn"
}

// iamGets are the operations that answer one thing.
func iamGets() awsOps {
	get := func(kind, member string, omit ...string) func(*awsCall) ([]byte, *awsFail) {
		what, param := iamKind(kind)
		return func(k *awsCall) ([]byte, *awsFail) {
			it, ok := k.list(kind).Find(k.form.Get(param))
			if !ok {
				return nil, noSuchEntity(what, k.form.Get(param))
			}
			return it.append(nil, "iam:"+k.op, func(dst []byte, doc map[string]any) []byte {
				return queryDialect.member(dst, "", member, without(doc, omit...))
			}), nil
		}
	}
	inline := func(kind string) func(*awsCall) ([]byte, *awsFail) {
		what, param := iamKind(kind)
		return func(k *awsCall) ([]byte, *awsFail) {
			it, ok := k.list(kind).Find(k.form.Get(param))
			if !ok {
				return nil, noSuchEntity(what, k.form.Get(param))
			}
			policies, _ := it.doc["InlinePolicies"].([]any)
			i := slices.IndexFunc(policies, func(p any) bool {
				return p.(map[string]any)["PolicyName"] == k.form.Get("PolicyName")
			})
			if i < 0 {
				return nil, noSuchEntity(what+" policy", k.form.Get("PolicyName"))
			}
			return it.append(nil, "iam:"+k.op+k.form.Get("PolicyName"), func(dst []byte, doc map[string]any) []byte {
				p := maps.Clone(policies[i].(map[string]any))
				p[param] = doc[param]
				return queryDialect.members(dst, "", p)
			}), nil
		}
	}
	further := []string{"AccessKeys", "MFADevices", "Groups", "AttachedPolicies", "InlinePolicies", "Credential",
		"LoginProfile", "InstanceProfiles"}
	return awsOps{
		"GetUser": get("users", "User", further...), "GetRole": get("roles", "Role", further...),
		"GetPolicy":     get("policies", "Policy", "Document", "Entities"),
		"GetUserPolicy": inline("users"), "GetRolePolicy": inline("roles"), "GetGroupPolicy": inline("groups"),
	}
}

func accessKeyLastUsed(k *awsCall) ([]byte, *awsFail) {
	id := k.form.Get("AccessKeyId")
	owner, i, ok := k.keyOwner(id)
	if !ok {
		return nil, &awsFail{403, "AccessDenied", "The access key " + id + " belongs to no user of this account."}
	}
	return owner.append(nil, "iam:GetAccessKeyLastUsed#"+id[:4]+string(rune('0'+i)),
		func(dst []byte, doc map[string]any) []byte {
			key := doc["AccessKeys"].([]any)[i].(map[string]any)
			used, ok := key["LastUsed"]
			if !ok {
				used = map[string]any{"Region": "N/A", "ServiceName": "N/A"} // IAM's way to say never
			}
			return queryDialect.members(dst, "", map[string]any{"AccessKeyLastUsed": used, "UserName": doc["UserName"]})
		}), nil
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

func groupsForUser(k *awsCall) ([]byte, *awsFail) {
	it, ok := k.list("users").Find(k.form.Get("UserName"))
	if !ok {
		return nil, noSuchEntity("user", k.form.Get("UserName"))
	}
	names, _ := it.doc["Groups"].([]any)
	in := k.list("groups").Where(func(g map[string]any) bool { return slices.Contains(names, g["GroupName"]) })
	if len(names) == 0 {
		in = memItems{}
	}
	return iamListing("Groups").items(k, in, groupFields)
}

func listPolicies(k *awsCall) ([]byte, *awsFail) {
	all := k.list("policies")
	scope, attached := k.form.Get("Scope"), k.form.Get("OnlyAttached") == "true"
	if scope == "Local" || scope == "AWS" || attached {
		all = all.Where(func(p map[string]any) bool {
			aws := strings.HasPrefix(scalar(p["Arn"]), "arn:aws:iam::aws:")
			return (scope != "Local" || !aws) && (scope != "AWS" || aws) &&
				(!attached || scalar(p["AttachmentCount"]) != "0")
		})
	}
	return iamListing("Policies").items(k, all, policyFields)
}

func policyVersion(k *awsCall) ([]byte, *awsFail) {
	it, ok := k.list("policies").Find(k.form.Get("PolicyArn"))
	if !ok || it.doc["DefaultVersionId"] != k.form.Get("VersionId") {
		return nil, noSuchEntity("policy version", k.form.Get("PolicyArn")+" "+k.form.Get("VersionId"))
	}
	return it.append(nil, "iam:GetPolicyVersion", func(dst []byte, doc map[string]any) []byte {
		return queryDialect.member(dst, "", "PolicyVersion", map[string]any{"Document": doc["Document"],
			"VersionId": doc["DefaultVersionId"], "IsDefaultVersion": true, "CreateDate": doc["UpdateDate"]})
	}), nil
}
