package simcloud

import (
	"slices"
	"strings"
)

// authorizationDetails answers users, groups, roles and policies as one paged sequence in four lists, as IAM does.
func authorizationDetails(k *awsCall) (awsOut, *awsFail) {
	wanted := k.texts("Filter")
	in := func(filter, kind string, pass func(map[string]any) bool) items {
		switch {
		case len(wanted) > 0 && !slices.Contains(wanted, filter):
			return memItems{}
		case pass != nil:
			return k.list(kind).Where(pass)
		}
		return k.list(kind)
	}
	local := in("LocalManagedPolicy", "policies", own)
	aws := in("AWSManagedPolicy", "policies", func(p map[string]any) bool { return !own(p) })
	users, groups, roles := in("User", "users", nil), in("Group", "groups", nil), in("Role", "roles", nil)
	lists := []struct {
		member string
		n      int
		at     func(i int) item
		show   func(map[string]any) map[string]any
	}{
		{"UserDetailList", users.Len(), users.At, userDetail},
		{"GroupDetailList", groups.Len(), groups.At, groupDetail},
		{"RoleDetailList", roles.Len(), roles.At, roleDetail},
		{"Policies", local.Len() + aws.Len(), func(i int) item {
			if i < local.Len() {
				return local.At(i)
			}
			return aws.At(i - local.Len())
		}, policyDetail},
	}
	total := 0
	for _, l := range lists {
		total += l.n
	}
	w, ok := k.window(total, 100)
	if !ok {
		return awsOut{}, k.badToken()
	}
	doc := map[string]any{}
	k.more(doc, w)
	for _, l := range lists {
		here := window{From: min(w.From, l.n), To: min(w.To, l.n)}
		doc[l.member] = &page{here, k.each(l.at, view{make: l.show}.of(nil))}
		w.From, w.To = max(w.From-l.n, 0), max(w.To-l.n, 0)
	}
	return awsOut{doc: doc}, nil
}

func userDetail(d map[string]any) map[string]any {
	out := only(d, "Arn", "CreateDate", "Path", "UserId", "UserName", "PermissionsBoundary", "Tags")
	move(out, "AttachedManagedPolicies", d, "AttachedPolicies")
	move(out, "GroupList", d, "Groups")
	move(out, "UserPolicyList", d, "InlinePolicies")
	return out
}

func groupDetail(d map[string]any) map[string]any {
	out := only(d, groupFields()...)
	move(out, "AttachedManagedPolicies", d, "AttachedPolicies")
	move(out, "GroupPolicyList", d, "InlinePolicies")
	return out
}

func roleDetail(d map[string]any) map[string]any {
	out := only(d, "Arn", "AssumeRolePolicyDocument", "CreateDate", "Path", "RoleId", "RoleName", "PermissionsBoundary",
		"RoleLastUsed", "Tags")
	move(out, "AttachedManagedPolicies", d, "AttachedPolicies")
	move(out, "RolePolicyList", d, "InlinePolicies")
	move(out, "InstanceProfileList", d, "InstanceProfiles")
	return out
}

func policyDetail(d map[string]any) map[string]any {
	out := without(d, "Document", "Entities", "Description", "Tags")
	out["PolicyVersionList"] = []any{map[string]any{"Document": d["Document"], "VersionId": d["DefaultVersionId"],
		"IsDefaultVersion": true, "CreateDate": d["UpdateDate"]}}
	return out
}

// move takes over a list under another name; an absent one is an empty one.
func move(out map[string]any, to string, d map[string]any, from string) {
	l, _ := d[from].([]any)
	if l == nil {
		l = []any{}
	}
	out[to] = l
}

// entitiesForPolicy answers who a managed policy is attached to: the policy's own Entities, else whoever names it.
func entitiesForPolicy(k *awsCall) (awsOut, *awsFail) {
	arn := k.text("PolicyArn")
	it, ok := k.list("policies").Find(arn)
	if !ok && !strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") { // those of AWS exist, attached or not
		return awsOut{}, noSuchEntity("policy", arn)
	}
	if generated(it) {
		return awsOut{of: it, show: func(d map[string]any) map[string]any { return d["Entities"].(map[string]any) }}, nil
	}
	type entity struct {
		member string
		doc    map[string]any
	}
	var all []entity
	for _, l := range []struct{ kind, member, name, id string }{
		{"groups", "PolicyGroups", "GroupName", "GroupId"}, {"users", "PolicyUsers", "UserName", "UserId"},
		{"roles", "PolicyRoles", "RoleName", "RoleId"},
	} {
		in := k.list(l.kind)
		for i := range in.Len() {
			if attaches(in.At(i).doc, arn) {
				all = append(all, entity{l.member, only(in.At(i).doc, l.name, l.id)})
			}
		}
	}
	w, ok := k.window(len(all), 100)
	if !ok {
		return awsOut{}, k.badToken()
	}
	shown := map[string]any{"PolicyGroups": []any{}, "PolicyUsers": []any{}, "PolicyRoles": []any{}}
	k.more(shown, w)
	for _, e := range all[w.From:w.To] {
		shown[e.member] = append(shown[e.member].([]any), e.doc)
	}
	return awsOut{doc: shown}, nil
}

// generated reports whether a policy says itself who holds it; the holders of generated ones are too many to be looked
// through.
func generated(policy item) bool { return policy.shape != nil && policy.doc["Entities"] != nil }

func attaches(doc map[string]any, arn string) bool {
	policies, _ := doc["AttachedPolicies"].([]any)
	return slices.ContainsFunc(policies, func(p any) bool { return p.(map[string]any)["PolicyArn"] == arn })
}
