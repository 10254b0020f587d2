package simcloud

func backupService() awsService {
	none := awsFail{code: "ResourceNotFoundException", message: "Failed reading %s with provided ID"}
	plans := kind{name: "backup-plans", key: "BackupPlanId", regional: true,
		parts: []string{"BackupPlan", "Selections"}, missing: none}
	vaults := kind{name: "backup-vaults", key: "BackupVaultName", regional: true, parts: []string{"Policy"}, missing: none}
	resources := kind{name: "protected-resources", key: "ResourceArn", regional: true, missing: none}
	return awsService{name: "backup", signing: "backup", kinds: []kind{plans, vaults, resources}, ops: awsOps{
		"ListBackupPlans": list{kind: plans},
		"GetBackupPlan": get{kind: plans, by: "BackupPlanId", view: view{make: func(d map[string]any) map[string]any {
			return without(d, "Selections", "BackupPlanName")
		}}},
		"ListBackupSelections": within{kind: plans, by: "BackupPlanId", from: "Selections",
			view: view{only: []string{"SelectionId", "SelectionName", "IamRoleArn"}}},
		"GetBackupSelection": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			it, fail := plans.find(k, k.text("BackupPlanId"))
			if fail != nil {
				return awsOut{}, fail
			}
			selections, _ := it.doc["Selections"].([]any)
			for _, s := range selections {
				if s, _ := s.(map[string]any); s["SelectionId"] == k.text("SelectionId") {
					return awsOut{doc: map[string]any{"SelectionId": s["SelectionId"],
						"BackupSelection": without(s, "SelectionId")}}, nil
				}
			}
			return awsOut{}, &none
		}),
		"ListBackupVaults": list{kind: vaults},
		"GetBackupVaultAccessPolicy": get{kind: vaults, by: "BackupVaultName", part: "Policy", absent: &none,
			member: "Policy"},
		"ListProtectedResources": list{kind: resources},
	}}
}
