package simcloud

import "slices"

func ssoadminService() awsService {
	instances := kind{name: "sso-instances", key: "InstanceArn", missing: noSSOResource()}
	sets := kind{name: "permission-sets", key: "PermissionSetArn", missing: noSSOResource(), parts: []string{
		"InstanceArn", "InlinePolicy", "AttachedManagedPolicies", "CustomerManagedPolicyReferences", "PermissionsBoundary",
		"Assignments",
	}}
	absent := noSSOResource()
	inSet := func(from string) awsAnswer {
		return within{kind: sets, by: "PermissionSetArn", from: from, member: from, ignore: []string{"InstanceArn"}}
	}
	return awsService{name: "ssoadmin", signing: "sso", kinds: []kind{instances, sets}, ops: awsOps{
		"ListInstances": list{kind: instances, ignore: []string{"RegionScope"}},
		"ListPermissionSets": list{kind: sets, equal: map[string]string{"InstanceArn": "InstanceArn"},
			view: view{as: "PermissionSetArn"}},
		"DescribePermissionSet":                              get{kind: sets, by: "PermissionSetArn", member: "PermissionSet"},
		"GetInlinePolicyForPermissionSet":                    get{kind: sets, by: "PermissionSetArn", part: "InlinePolicy", member: "InlinePolicy"},
		"ListManagedPoliciesInPermissionSet":                 inSet("AttachedManagedPolicies"),
		"ListCustomerManagedPolicyReferencesInPermissionSet": inSet("CustomerManagedPolicyReferences"),
		"GetPermissionsBoundaryForPermissionSet": get{kind: sets, by: "PermissionSetArn", part: "PermissionsBoundary",
			member: "PermissionsBoundary", absent: &absent},
		"ListAccountsForProvisionedPermissionSet": assignments(sets, "AccountIds", func(doc map[string]any) any {
			return doc["AccountId"]
		}),
		"ListAccountAssignments": assignments(sets, "AccountAssignments", func(doc map[string]any) any { return doc }),
	}}
}

func noSSOResource() awsFail {
	return awsFail{400, "ResourceNotFoundException", "The resource %s does not exist."}
}

// assignments answers something of each assignment of a permission set, once, in the account that is asked for if one is.
func assignments(sets kind, member string, of func(doc map[string]any) any) awsFunc {
	return func(k *awsCall) (awsOut, *awsFail) {
		it, fail := sets.find(k, k.text("PermissionSetArn"))
		if fail != nil {
			return awsOut{}, fail
		}
		elements, _ := it.doc["Assignments"].([]any)
		all := []any{}
		for _, e := range elements {
			doc, _ := e.(map[string]any)
			if account := k.text("AccountId"); account != "" && account != doc["AccountId"] {
				continue
			}
			doc = without(doc)
			doc["PermissionSetArn"] = it.doc["PermissionSetArn"]
			v := of(doc)
			if _, text := v.(string); text && slices.Contains(all, v) {
				continue
			}
			all = append(all, v)
		}
		return k.values(all, member, "InstanceArn", "PermissionSetArn", "AccountId")
	}
}

func identitystoreService() awsService {
	users := kind{name: "identity-users", key: "UserId", missing: noSSOResource()}
	groups := kind{name: "identity-groups", key: "GroupId", parts: []string{"Members"}, missing: noSSOResource()}
	in := map[string]string{"IdentityStoreId": "IdentityStoreId"}
	return awsService{name: "identitystore", signing: "identitystore", kinds: []kind{users, groups}, ops: awsOps{
		"ListUsers":  list{kind: users, equal: in},
		"ListGroups": list{kind: groups, equal: in},
		"ListGroupMemberships": within{kind: groups, by: "GroupId", from: "Members", member: "GroupMemberships",
			ignore: []string{"IdentityStoreId"}},
	}}
}
