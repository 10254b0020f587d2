package simcloud

import "slices"

func codePipelineService() awsService {
	pipelines := kind{name: "pipelines", key: "Name", regional: true, parts: []string{"Pipeline", "Metadata"},
		missing: awsFail{code: "PipelineNotFoundException", message: "There is no pipeline %s"}}
	return awsService{name: "codepipeline", signing: "codepipeline", kinds: []kind{pipelines}, ops: awsOps{
		"ListPipelines": list{kind: pipelines},
		"GetPipeline":   get{kind: pipelines, by: "Name", view: view{only: []string{"Pipeline", "Metadata"}}},
	}}
}

func codeBuildService() awsService {
	projects := kind{name: "build-projects", key: "Name", regional: true}
	return awsService{name: "codebuild", signing: "codebuild", kinds: []kind{projects}, ops: awsOps{
		"ListProjects":     list{kind: projects, view: view{as: "Name"}},
		"BatchGetProjects": batch{kind: projects, by: "Names", member: "Projects", gone: "ProjectsNotFound"},
	}}
}

func codeDeployService() awsService {
	applications := kind{name: "applications", key: "ApplicationName", regional: true,
		missing: awsFail{code: "ApplicationDoesNotExistException", message: "No application found for name: %s"}}
	return awsService{name: "codedeploy", signing: "codedeploy", kinds: []kind{applications}, ops: awsOps{
		"ListApplications": list{kind: applications, view: view{as: "ApplicationName"}},
		"ListDeploymentGroups": within{kind: applications, by: "ApplicationName", from: "DeploymentGroups",
			view: view{as: "DeploymentGroupName"}},
		"BatchGetDeploymentGroups": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			it, fail := applications.find(k, k.text("ApplicationName"))
			if fail != nil {
				return awsOut{}, fail
			}
			all, _ := it.document()["DeploymentGroups"].([]any)
			asked := slices.DeleteFunc(slices.Clone(all), func(g any) bool {
				doc, _ := g.(map[string]any)
				return !slices.Contains(k.texts("DeploymentGroupNames"), scalar(doc["DeploymentGroupName"]))
			})
			return awsOut{doc: map[string]any{"DeploymentGroupsInfo": asked}}, nil
		}),
	}}
}
