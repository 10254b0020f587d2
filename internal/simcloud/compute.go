package simcloud

import "slices"

func lambdaService() awsService {
	functions := kind{name: "functions", key: "FunctionName", regional: true,
		parts:   []string{"Policy", "FunctionUrlConfigs"},
		missing: awsFail{code: "ResourceNotFoundException", message: "Function not found: %s"}}
	return awsService{name: "lambda", signing: "lambda", kinds: []kind{functions}, ops: awsOps{
		"ListFunctions": list{kind: functions},
		"GetPolicy": get{kind: functions, by: "FunctionName", part: "Policy", member: "Policy", absent: &awsFail{
			code: "ResourceNotFoundException", message: "The resource you requested does not exist."}},
		"ListFunctionUrlConfigs": within{kind: functions, by: "FunctionName", from: "FunctionUrlConfigs"},
	}}
}

func eksService() awsService {
	clusters := kind{name: "clusters", key: "Name", regional: true,
		missing: awsFail{code: "ResourceNotFoundException", message: "No cluster found for name: %s."}}
	return awsService{name: "eks", signing: "eks", kinds: []kind{clusters}, ops: awsOps{
		"ListClusters":    list{kind: clusters, view: view{as: "Name"}},
		"DescribeCluster": get{kind: clusters, by: "Name", member: "Cluster"},
	}}
}

func autoScalingService() awsService {
	groups := kind{name: "auto-scaling-groups", key: "AutoScalingGroupName", regional: true}
	return awsService{name: "autoscaling", signing: "autoscaling", kinds: []kind{groups}, ops: awsOps{
		"DescribeAutoScalingGroups": list{kind: groups},
	}}
}

func acmService() awsService {
	certificates := kind{name: "certificates", key: "CertificateArn", regional: true,
		missing: awsFail{code: "ResourceNotFoundException", message: "Could not find certificate %s."}}
	return awsService{name: "acm", signing: "acm", kinds: []kind{certificates}, ops: awsOps{
		"ListCertificates": list{kind: certificates, ignore: []string{"Includes"}, view: view{only: []string{
			"CertificateArn", "DomainName", "Status", "Type", "KeyAlgorithm", "NotAfter", "RenewalEligibility",
		}}},
		"DescribeCertificate": get{kind: certificates, by: "CertificateArn", member: "Certificate"},
	}}
}

func ssmService() awsService {
	nodes := kind{name: "managed-instances", key: "InstanceId", regional: true, parts: []string{"PatchState"}}
	return awsService{name: "ssm", signing: "ssm", kinds: []kind{nodes}, ops: awsOps{
		"DescribeInstanceInformation": list{kind: nodes},
		"DescribeInstancePatchStates": list{kind: nodes, ignore: []string{"InstanceIds"}, view: view{as: "PatchState"},
			where: func(k *awsCall, d map[string]any) bool {
				return d["PatchState"] != nil && slices.Contains(k.texts("InstanceIds"), scalar(d["InstanceId"]))
			}},
	}}
}
