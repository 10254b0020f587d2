package simcloud

func ecrService() awsService {
	repositories := kind{name: "image-repositories", key: "RepositoryName", regional: true,
		parts:   []string{"PolicyText", "Tags"},
		missing: awsFail{code: "RepositoryNotFoundException", message: "The repository with name '%s' does not exist"}}
	images := kind{name: "container-images", key: "ImageDigest", regional: true, parts: []string{"Referrers"},
		missing: awsFail{code: "ImageNotFoundException", message: "The image with imageId '%s' does not exist"}}
	return awsService{name: "ecr", signing: "ecr", kinds: []kind{repositories, images}, ops: awsOps{
		"DescribeRepositories": list{kind: repositories, keys: "RepositoryNames"},
		"GetRepositoryPolicy": get{kind: repositories, by: "RepositoryName", part: "PolicyText", member: "PolicyText",
			absent: &awsFail{code: "RepositoryPolicyNotFoundException", message: "Repository policy does not exist"}},
		"ListTagsForResource": within{kind: repositories, by: "ResourceArn", from: "Tags", member: "Tags"},
		"GetRegistryScanningConfiguration": setting{regional: true, part: "RegistryScanning",
			usual:  map[string]any{"ScanType": "BASIC", "Rules": []any{}},
			member: "ScanningConfiguration"},
		"DescribeImages": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			if _, fail := repositories.find(k, k.text("RepositoryName")); fail != nil {
				return awsOut{}, fail
			}
			filter, _ := k.in["Filter"].(map[string]any)
			return list{kind: images, equal: map[string]string{"RepositoryName": "RepositoryName"},
				where: func(_ *awsCall, doc map[string]any) bool {
					tags, _ := doc["ImageTags"].([]any)
					return filter["TagStatus"] != "TAGGED" || len(tags) > 0
				}}.answer(k)
		}),
		"ListImageReferrers": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			if _, fail := repositories.find(k, k.text("RepositoryName")); fail != nil {
				return awsOut{}, fail
			}
			asked, _ := k.in["SubjectId"].(map[string]any)
			it, fail := images.find(k, scalar(asked["ImageDigest"]))
			if fail != nil {
				return awsOut{}, fail
			}
			filter, _ := k.in["Filter"].(map[string]any)
			var all []any
			referrers, _ := it.doc["Referrers"].([]any)
			for _, one := range referrers {
				r, _ := one.(map[string]any)
				if status := scalar(filter["ArtifactStatus"]); status == "ANY" || status == "" && r["ArtifactStatus"] == "ACTIVE" ||
					r["ArtifactStatus"] == status {
					all = append(all, one)
				}
			}
			return k.values(all, "Referrers", "RepositoryName", "SubjectId", "Filter")
		}),
	}}
}
