package simcloud

func securityHubService() awsService {
	return awsService{name: "securityhub", signing: "securityhub", ops: awsOps{
		"DescribeHub": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			return setting{regional: true, part: "Hub", absent: &awsFail{code: "InvalidAccessException",
				message: "Account " + k.account + " is not subscribed to AWS Security Hub"}}.answer(k)
		}),
		"GetEnabledStandards": setting{regional: true, part: "Standards", usual: []any{}, member: "StandardsSubscriptions"},
	}}
}

func guardDutyService() awsService {
	detectors := kind{name: "detectors", key: "DetectorId", regional: true, parts: []string{"DetectorId", "Administrator"},
		missing: awsFail{code: "BadRequestException", message: "The request is rejected: no such detectorId %s"}}
	return awsService{name: "guardduty", signing: "guardduty", kinds: []kind{detectors}, ops: awsOps{
		"ListDetectors": list{kind: detectors, view: view{as: "DetectorId"}, usual: 50},
		"GetDetector":   get{kind: detectors, by: "DetectorId"},
		"GetAdministratorAccount": get{kind: detectors, by: "DetectorId", part: "Administrator",
			member: "Administrator"},
	}}
}

func inspectorService() awsService {
	return awsService{name: "inspector2", signing: "inspector2", ops: awsOps{
		// Without ids it is about the caller's account.
		"BatchGetAccountStatus": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			off := map[string]any{"Status": "DISABLED"}
			out, fail := setting{regional: true, part: "Inspector", usual: map[string]any{"AccountId": k.account, "State": off,
				"ResourceState": map[string]any{"Ec2": off, "Ecr": off, "Lambda": off, "LambdaCode": off}}}.answer(k)
			return awsOut{doc: map[string]any{"Accounts": []any{out.doc}, "FailedAccounts": []any{}}}, fail
		}),
	}}
}

func macieService() awsService {
	jobs := kind{name: "classification-jobs", key: "JobId", regional: true}
	return awsService{name: "macie2", signing: "macie2", kinds: []kind{jobs}, ops: awsOps{
		"GetMacieSession": setting{regional: true, part: "Macie", absent: &awsFail{code: "AccessDeniedException",
			message: "Macie is not enabled."}},
		"ListClassificationJobs": list{kind: jobs},
	}}
}
