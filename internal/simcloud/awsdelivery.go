package simcloud

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

func codePipelineService() awsService {
	pipelines := kind{name: "pipelines", key: "Name", regional: true, parts: []string{"Pipeline", "Metadata"},
		missing: awsFail{code: "PipelineNotFoundException", message: "There is no pipeline %s"}}
	executions := kind{name: "pipeline-executions", key: "PipelineExecutionId", regional: true,
		parts: []string{"PipelineName", "Actions"}}
	of := func(answer awsAnswer) awsAnswer {
		return awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			if _, fail := pipelines.find(k, k.text("PipelineName")); fail != nil {
				return awsOut{}, fail
			}
			return answer.answer(k)
		})
	}
	return awsService{name: "codepipeline", signing: "codepipeline", kinds: []kind{pipelines, executions}, ops: awsOps{
		"ListPipelineExecutions": of(list{kind: executions, equal: map[string]string{"PipelineName": "PipelineName"},
			where: func(k *awsCall, d map[string]any) bool { return begun(k, d["StartTime"]) }}),
		"ListActionExecutions": of(awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			filter, _ := k.in["Filter"].(map[string]any)
			actions := []any{}
			all := executions.all(k)
			for i := range all.Len() {
				d := all.At(i).document()
				if only := scalar(filter["PipelineExecutionId"]); d["PipelineName"] != k.text("PipelineName") ||
					!begun(k, d["StartTime"]) || filter["PipelineExecutionId"] != nil && d["PipelineExecutionId"] != only {
					continue
				}
				for _, a := range d["Actions"].([]any) {
					action := maps.Clone(a.(map[string]any))
					action["PipelineExecutionId"] = d["PipelineExecutionId"]
					actions = append(actions, action)
				}
			}
			return k.values(actions, "ActionExecutionDetails", "PipelineName", "Filter")
		})),
		"ListPipelines": list{kind: pipelines},
		"GetPipeline":   get{kind: pipelines, by: "Name", view: view{only: []string{"Pipeline", "Metadata"}}},
	}}
}

// begun reports whether something began already, and within the year that AWS keeps it.
func begun(k *awsCall, start any) bool {
	at, err := time.Parse(time.RFC3339, scalar(start))
	return err == nil && !at.After(k.w.now) && at.After(k.w.now.AddDate(-1, 0, 0))
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
	deployments := kind{name: "codedeploy-deployments", key: "DeploymentId", regional: true,
		missing: awsFail{code: "DeploymentDoesNotExistException", message: "The deployment %s could not be found"}}
	return awsService{name: "codedeploy", signing: "codedeploy", kinds: []kind{applications, deployments}, ops: awsOps{
		"ListDeployments": list{kind: deployments, ignore: []string{"CreateTimeRange"}, view: view{as: "DeploymentId"},
			where: func(k *awsCall, d map[string]any) bool { return createdWithin(k, d["CreateTime"]) }},
		"BatchGetDeployments": awsFunc(func(k *awsCall) (awsOut, *awsFail) {
			ids := k.texts("DeploymentIds")
			if len(ids) > 25 {
				return awsOut{}, &awsFail{code: "BatchLimitExceededException", message: "At most 25 deployments can be described."}
			}
			found := []any{}
			for _, id := range ids {
				if it, fail := deployments.find(k, id); fail == nil {
					found = append(found, it.document())
				}
			}
			return awsOut{doc: map[string]any{"DeploymentsInfo": found}}, nil
		}),
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

// createdWithin reports whether a deployment was created already, and within the call's range.
func createdWithin(k *awsCall, created any) bool {
	at, err := time.Parse(time.RFC3339, scalar(created))
	if err != nil || at.After(k.w.now) {
		return false
	}
	in, _ := k.in["CreateTimeRange"].(map[string]any)
	from, errFrom := strconv.ParseFloat(scalar(in["Start"]), 64)
	to, errTo := strconv.ParseFloat(scalar(in["End"]), 64)
	seconds := float64(at.Unix())
	return (errFrom != nil || seconds >= from) && (errTo != nil || seconds <= to)
}
