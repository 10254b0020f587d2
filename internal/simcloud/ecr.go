package simcloud

func ecrService() awsService {
	repositories := kind{name: "image-repositories", key: "RepositoryName", regional: true,
		parts:   []string{"PolicyText", "Tags"},
		missing: awsFail{code: "RepositoryNotFoundException", message: "The repository with name '%s' does not exist"}}
	return awsService{name: "ecr", signing: "ecr", kinds: []kind{repositories}, ops: awsOps{
		"DescribeRepositories": list{kind: repositories, keys: "RepositoryNames"},
		"GetRepositoryPolicy": get{kind: repositories, by: "RepositoryName", part: "PolicyText", member: "PolicyText",
			absent: &awsFail{code: "RepositoryPolicyNotFoundException", message: "Repository policy does not exist"}},
		"ListTagsForResource": within{kind: repositories, by: "ResourceArn", from: "Tags", member: "Tags"},
		"GetRegistryScanningConfiguration": setting{regional: true, part: "RegistryScanning",
			usual:  map[string]any{"ScanType": "BASIC", "Rules": []any{}},
			member: "ScanningConfiguration"},
	}}
}
