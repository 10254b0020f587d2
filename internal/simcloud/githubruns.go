package simcloud

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// githubRunOps are the operations about runs of workflows: those of the estate's workflow-runs, and those that stand in the
// deployments which they made.
func githubRunOps() []restOp {
	const runs = "/repos/{org}/{repo}/actions/runs"
	return []restOp{
		{"actions.listWorkflowRunsForRepo", "GET", runs, githubRuns},
		{"actions.getWorkflowRun", "GET", runs + "/{run}", githubRun},
		{"actions.getReviewsForRun", "GET", runs + "/{run}/approvals", githubApprovals},
	}
}

// eachRun hands over the runs of a repository with the approvals that they were given, until f says that it has enough. A run
// of the estate's workflow-runs takes the place of what deployments say of it.
func (k *restCall) eachRun(f func(run map[string]any, approvals any) (more bool)) {
	own := k.repoList("workflow-runs")
	for i := range own.Len() {
		if doc := own.At(i).doc; !f(native(doc), doc["Approvals"]) {
			return
		}
	}
	all := k.repoList("deployments")
	for i := range all.Len() {
		doc := all.At(i).doc
		run, ok := doc["Run"].(map[string]any)
		if !ok {
			continue
		}
		if _, twice := own.Find(scalar(run["id"])); !twice && !f(run, doc["Approvals"]) {
			return
		}
	}
}

// run finds the run of a call.
func (k *restCall) run() (found map[string]any, approvals []any) {
	k.eachRun(func(run map[string]any, given any) bool {
		if scalar(run["id"]) != k.vars["run"] {
			return true
		}
		found = run
		approvals, _ = given.([]any)
		return false
	})
	return found, approvals
}

// githubRuns lists the runs that were made in the span of the query, the newest first. GitHub gives the first thousand of a
// search and counts them all.
func githubRuns(k *restCall) response {
	if _, ok := k.repository(); !ok {
		return githubError(k, http.StatusNotFound, "Not Found")
	}
	from, to, _ := strings.Cut(k.query.Get("created"), "..")
	var out []any
	listed := map[string]bool{}
	k.eachRun(func(run map[string]any, _ any) bool {
		at, id := scalar(run["created_at"]), scalar(run["id"])
		if at >= from && (to == "" || at <= to) && at <= k.w.now.UTC().Format(time.RFC3339) && !listed[id] {
			listed[id] = true // one run may have made several deployments
			out = append(out, run)
		}
		return true
	})
	slices.SortFunc(out, func(a, b any) int {
		x, y := a.(map[string]any), b.(map[string]any)
		return strings.Compare(scalar(y["created_at"])+scalar(y["id"]), scalar(x["created_at"])+scalar(x["id"]))
	})
	return githubPage(k, parts(out), "workflow_runs", native)
}

func githubRun(k *restCall) response {
	run, _ := k.run()
	if run == nil {
		return githubError(k, http.StatusNotFound, "Not Found")
	}
	return githubJSON(k, jsonText(run))
}

func githubApprovals(k *restCall) response {
	run, given := k.run()
	switch {
	case run == nil:
		return githubError(k, http.StatusNotFound, "Not Found")
	case given == nil:
		given = []any{}
	}
	return githubJSON(k, jsonText(given))
}
