package simcloud

// The management account's organization.json holds what the organisation is: Organization, Roots, EnabledFeatures,
// DelegatedAdministrators with their Services, and ResourcePolicy. Its accounts, units and policies are lists beside it.

func organizationsService() awsService {
	accounts := kind{name: "organization-accounts", key: "Id", parts: []string{"ParentId"},
		missing: awsFail{code: "AccountNotFoundException", message: "You specified an account that doesn't exist."}}
	units := kind{name: "organization-units", key: "Id", parts: []string{"ParentId"},
		missing: awsFail{code: "OrganizationalUnitNotFoundException", message: "You specified an OU that doesn't exist."}}
	policies := kind{name: "organization-policies", key: "Id", parts: []string{"Content", "Targets"},
		missing: awsFail{code: "PolicyNotFoundException", message: "You specified a policy that doesn't exist."}}
	below := map[string]string{"ParentId": "ParentId"}
	ops := awsOps{
		"ListRoots":                        organizationList("Roots"),
		"ListAccounts":                     list{kind: accounts, member: "Accounts", usual: 20},
		"ListAccountsForParent":            list{kind: accounts, member: "Accounts", equal: below, usual: 20},
		"ListOrganizationalUnitsForParent": list{kind: units, member: "OrganizationalUnits", equal: below, usual: 20},
		"ListPolicies":                     list{kind: policies, member: "Policies", equal: map[string]string{"Filter": "Type"}, usual: 20},
		"DescribePolicy": get{kind: policies, by: "PolicyId", member: "Policy", view: view{
			make: func(d map[string]any) map[string]any {
				return map[string]any{"Content": d["Content"], "PolicySummary": without(d, "Content", "Targets")}
			}}},
		"ListTargetsForPolicy":            within{kind: policies, by: "PolicyId", from: "Targets", member: "Targets"},
		"ListDelegatedAdministrators":     organizationList("DelegatedAdministrators", "Services"),
		"ListDelegatedServicesForAccount": awsFunc(delegatedServices),
		"DescribeResourcePolicy": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			policy, ok := k.w.object("aws", k.account, "organization")["ResourcePolicy"]
			if !ok {
				return awsOut{}, &awsFail{400, "ResourcePolicyNotFoundException", "There is no resource policy."}
			}
			return awsOut{doc: map[string]any{"ResourcePolicy": policy}}, nil
		}),
	}
	for name, op := range ops {
		ops[name] = managed{op}
	}
	ops["DescribeOrganization"] = awsFunc(func(k *awsCall) (awsOut, *awsFail) {
		management := k.management()
		if management == "" {
			return awsOut{}, notInUse()
		}
		return awsOut{doc: map[string]any{"Organization": k.w.object("aws", management, "organization")["Organization"]}}, nil
	})
	return awsService{name: "organizations", signing: "organizations", kinds: []kind{accounts, units, policies}, ops: ops}
}

func notInUse() *awsFail {
	return &awsFail{400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."}
}

// management returns the account that manages the caller's organisation; empty when there is none.
func (k *awsCall) management() string {
	for _, account := range k.w.accounts["aws"] {
		_, member := k.w.list("aws", account, "organization-accounts").Find(k.account)
		if member && k.w.object("aws", account, "organization") != nil {
			return account
		}
	}
	return ""
}

// managed is an operation that only the management account may call.
type managed struct{ awsAnswer }

func (m managed) answer(k *awsCall) (awsOut, *awsFail) {
	switch k.management() {
	case "":
		return awsOut{}, notInUse()
	case k.account:
		return m.awsAnswer.answer(k)
	}
	return awsOut{}, &awsFail{400, "AccessDeniedException", "You don't have permissions to access this resource."}
}

// organizationList answers a list of the organisation, its elements less some members.
func organizationList(member string, hide ...string) awsFunc {
	return func(k *awsCall) (awsOut, *awsFail) {
		elements, _ := k.w.object("aws", k.account, "organization")[member].([]any)
		all := make([]any, len(elements))
		for i, e := range elements {
			doc, _ := e.(map[string]any)
			all[i] = without(doc, hide...)
		}
		return k.values(all, member)
	}
}

func delegatedServices(k *awsCall) (awsOut, *awsFail) {
	admins, _ := k.w.object("aws", k.account, "organization")["DelegatedAdministrators"].([]any)
	for _, a := range admins {
		if doc, _ := a.(map[string]any); doc["Id"] == k.text("AccountId") {
			services, _ := doc["Services"].([]any)
			return k.values(services, "DelegatedServices", "AccountId")
		}
	}
	return awsOut{}, &awsFail{400, "AccountNotRegisteredException", "The account is not a registered delegated administrator."}
}

// organizationsFeatures answers IAM's question which of its features are on for the whole organisation.
func organizationsFeatures(k *awsCall) (awsOut, *awsFail) {
	switch k.management() {
	case "":
		return awsOut{}, &awsFail{404, "OrganizationNotFoundException", "The account is not part of an organization."}
	case k.account:
		object := k.w.object("aws", k.account, "organization")
		id, _ := object["Organization"].(map[string]any)
		return awsOut{doc: map[string]any{"OrganizationId": id["Id"], "EnabledFeatures": object["EnabledFeatures"]}}, nil
	}
	return awsOut{}, &awsFail{400, "AccountNotManagementOrDelegatedAdministratorException",
		"The account is neither the management account nor a delegated administrator."}
}
