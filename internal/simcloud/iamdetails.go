package simcloud

import (
	"slices"
	"strings"
)

// details is one of the four lists of GetAccountAuthorizationDetails.
type details struct {
	filter, member string
	all            items
	fields         func(map[string]any) map[string]any
}

// authorizationDetails answers users, groups, roles and policies as one paged sequence in four lists, as IAM does.
func authorizationDetails(k *awsCall) ([]byte, *awsFail) {
	var wanted []string
	for name, v := range k.form {
		if strings.HasPrefix(name, "Filter.member.") {
			wanted = append(wanted, v...)
		}
	}
	local := func(p map[string]any) bool { return !strings.HasPrefix(scalar(p["Arn"]), "arn:aws:iam::aws:") }
	aws := func(p map[string]any) bool { return !local(p) }
	lists := []details{
		{"User", "UserDetailList", k.list("users"), userDetail},
		{"Group", "GroupDetailList", k.list("groups"), groupDetail},
		{"Role", "RoleDetailList", k.list("roles"), roleDetail},
		{"LocalManagedPolicy", "Policies", k.list("policies").Where(local), policyDetail},
		{"AWSManagedPolicy", "Policies", k.list("policies").Where(aws), policyDetail},
	}
	total := 0
	for i := range lists {
		if len(wanted) > 0 && !slices.Contains(wanted, lists[i].filter) {
			lists[i].all = memItems{}
		}
		total += lists[i].all.Len()
	}
	w, ok := k.c.page(k.op, total, k.form.Get("Marker"), k.asked("MaxItems"), 100, 1000)
	if !ok {
		return nil, badToken("iam")
	}
	var out []byte
	before := 0
	for i, l := range lists {
		if i == 0 || lists[i-1].member != l.member {
			out = opening(out, l.member)
		}
		for n := max(w.From-before, 0); n < min(w.To-before, l.all.Len()); n++ {
			out = l.all.At(n).append(out, "iam:details", func(dst []byte, doc map[string]any) []byte {
				return queryDialect.listed(dst, l.member, l.fields(doc))
			})
		}
		before += l.all.Len()
		if i == len(lists)-1 || lists[i+1].member != l.member {
			out = closing(out, l.member)
		}
	}
	if w.Next == "" {
		return wrap(out, "IsTruncated", "false"), nil
	}
	return wrap(wrap(out, "IsTruncated", "true"), "Marker", w.Next), nil
}

func userDetail(d map[string]any) map[string]any {
	out := only(d, "Arn", "CreateDate", "Path", "UserId", "UserName", "PermissionsBoundary", "Tags")
	move(out, "AttachedManagedPolicies", d, "AttachedPolicies")
	move(out, "GroupList", d, "Groups")
	move(out, "UserPolicyList", d, "InlinePolicies")
	return out
}

func groupDetail(d map[string]any) map[string]any {
	out := groupFields(d)
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
func entitiesForPolicy(k *awsCall) ([]byte, *awsFail) {
	arn := k.form.Get("PolicyArn")
	it, ok := k.list("policies").Find(arn)
	if !ok && !strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") { // those of AWS exist, attached or not
		return nil, noSuchEntity("policy", arn)
	}
	if e, generated := k.generated(it); generated {
		return it.append(nil, "iam:ListEntitiesForPolicy", func(dst []byte, _ map[string]any) []byte {
			return wrap(queryDialect.members(dst, "", e.(map[string]any)), "IsTruncated", "false")
		}), nil
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
	w, ok := k.c.page(k.op, len(all), k.form.Get("Marker"), k.asked("MaxItems"), 100, 1000)
	if !ok {
		return nil, badToken("iam")
	}
	shown := map[string]any{"PolicyGroups": []any{}, "PolicyUsers": []any{}, "PolicyRoles": []any{},
		"IsTruncated": w.Next != ""}
	if w.Next != "" {
		shown["Marker"] = w.Next
	}
	for _, e := range all[w.From:w.To] {
		shown[e.member] = append(shown[e.member].([]any), e.doc)
	}
	return queryXML(shown), nil
}

// generated returns what a generated policy says of itself; its holders are too many to be looked through.
func (k *awsCall) generated(policy item) (entities any, ok bool) {
	if policy.shape == nil {
		return nil, false
	}
	entities, ok = policy.doc["Entities"]
	return entities, ok
}

func attaches(doc map[string]any, arn string) bool {
	policies, _ := doc["AttachedPolicies"].([]any)
	return slices.ContainsFunc(policies, func(p any) bool { return p.(map[string]any)["PolicyArn"] == arn })
}
