package simcloud

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// devopsRunOps are the operations that tell what pipelines deployed and who approved it.
func devopsRunOps() []restOp {
	const project = "/{organization}/{project}/_apis"
	return []restOp{
		{"azuredevops:taskagent.Client.GetEnvironmentDeploymentExecutionRecords", "GET",
			project + "/distributedtask/environments/{environment}/environmentdeploymentrecords", devopsDeployments},
		{"azuredevops:build.Client.GetBuild", "GET", project + "/build/builds/{build}", devopsRun(func(k *restCall, it item) response {
			return devopsAnswer(k, http.StatusOK, jsonText(native(it.doc)))
		})},
		{"azuredevops:build.Client.GetBuildTimeline", "GET", project + "/build/builds/{build}/timeline",
			devopsRun(func(k *restCall, it item) response {
				return devopsAnswer(k, http.StatusOK, jsonText(map[string]any{"id": it.doc["id"], "records": it.doc["Timeline"]}))
			})},
		{"azuredevops:pipelinesapproval.Client.QueryApprovals", "GET", project + "/pipelines/approvals", devopsApprovals},
	}
}

// devopsDeployments answers one page of what was deployed to an environment, the newest first. What is yet to happen is not
// there.
func devopsDeployments(k *restCall) response {
	return devopsThing("devops-environments", func(k *restCall) string { return k.vars["environment"] },
		func(k *restCall, it item) response {
			now := k.w.now.Format(time.RFC3339)
			var out []item
			records := parts(it.doc["Deployments"])
			for i := range records.Len() {
				if d := records.At(i); scalar(d.doc["queueTime"]) <= now {
					out = append(out, d)
				}
			}
			slices.SortStableFunc(out, func(a, b item) int {
				return strings.Compare(scalar(b.doc["queueTime"]), scalar(a.doc["queueTime"]))
			})
			return devopsList(k, memItems{all: out})
		})(k)
}

// devopsRun answers for one run, and as the API does for one that is no more.
func devopsRun(answer func(*restCall, item) response) func(*restCall) response {
	return devopsIn("devops-runs", func(k *restCall, all items) response {
		it, ok := all.Find(k.vars["build"])
		if !ok {
			return devopsError(k, 404, "The requested build "+k.vars["build"]+" could not be found.", "BuildNotFoundException")
		}
		return answer(k, it)
	})
}

// devopsApprovals answers the approvals that are asked for by their ids, those that are known.
func devopsApprovals(k *restCall) response {
	return devopsIn("devops-runs", func(k *restCall, all items) response {
		asked := strings.Split(k.query.Get("approvalIds"), ",")
		var found []item
		for i := range all.Len() {
			given := parts(all.At(i).doc["Approvals"])
			for n := range given.Len() {
				if a := given.At(n); slices.Contains(asked, scalar(a.doc["id"])) {
					found = append(found, a)
				}
			}
		}
		return devopsList(k, memItems{all: found})
	})(k)
}
