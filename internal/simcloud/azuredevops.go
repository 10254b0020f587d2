package simcloud

import (
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (c *Cloud) routeAzureDevOps(r *request) call { return c.azuredevops.route(c, r) }

func azureDevOpsAPI() restAPI {
	const (
		organization = "/{organization}/_apis"
		project      = "/{organization}/{project}/_apis"
		change       = project + "/git/repositories/{repository}/pullRequests/{number}"
	)
	ops := []restOp{
		{"azuredevops:location.Client.GetConnectionData", "GET", organization + "/connectionData", func(k *restCall) response {
			return devopsAnswer(k, http.StatusOK, jsonText(map[string]any{"authenticatedUser": map[string]any{
				"id": "0f0e1d2c-0000-4000-8000-00000000a001", "subjectDescriptor": "aadsp.MGYwZTFkMmM", "isActive": true,
				"providerDisplayName": "exhibit"}, "deploymentType": "hosted"}))
		}},
		{"azuredevops:core.Client.GetProjects", "GET", organization + "/projects", devopsOwn("projects", devopsSkip)},
		{"azuredevops:git.Client.GetRepositories", "GET", organization + "/git/repositories", devopsOwn("repositories", devopsList)},
		{"azuredevops:policy.Client.GetPolicyConfigurations", "GET", project + "/policy/configurations",
			devopsIn("policies", devopsList)},
		{"azuredevops:git.Client.GetPullRequestsByProject", "GET", project + "/git/pullrequests", devopsChanges},
		{"azuredevops:git.Client.GetThreads", "GET", change + "/threads", devopsPart("Threads", devopsList)},
		{"azuredevops:git.Client.GetPullRequestIterations", "GET", change + "/iterations", devopsPart("Iterations", devopsList)},
		{"azuredevops:git.Client.GetPullRequestCommits", "GET", change + "/commits", devopsPart("Commits", devopsList)},
		{"azuredevops:policy.Client.GetPolicyEvaluations", "GET", project + "/policy/evaluations", func(k *restCall) response {
			k.vars["number"] = path.Base(k.query.Get("artifactId"))
			return devopsPart("PolicyEvaluations", devopsSkip)(k)
		}},
		{"azuredevops:taskagent.Client.GetEnvironments", "GET", project + "/distributedtask/environments",
			devopsIn("devops-environments", devopsList)},
		{"azuredevops:pipelineschecks.Client.GetCheckConfigurationsOnResource", "GET", project + "/pipelines/checks/configurations",
			devopsThing("devops-environments", func(k *restCall) string { return k.query.Get("resourceId") },
				func(k *restCall, it item) response { return devopsList(k, parts(it.doc["Checks"])) })},
		{"azuredevops:serviceendpoint.Client.GetServiceEndpoints", "GET", project + "/serviceendpoint/endpoints",
			devopsIn("service-endpoints", devopsList)},
		{"azuredevops:pipelinepermissions.Client.GetPipelinePermissionsForResource", "GET",
			project + "/pipelines/pipelinepermissions/endpoint/{endpoint}",
			devopsThing("service-endpoints", func(k *restCall) string { return k.vars["endpoint"] },
				func(k *restCall, it item) response {
					return devopsAnswer(k, http.StatusOK, jsonText(it.doc["PipelinePermissions"].(map[string]any)))
				})},
		{"azuredevops:audit.Client.QueryAllStreams", "GET", organization + "/audit/streams", devopsOwn("audit-streams", devopsList)},
		{"azuredevops:audit.Client.QueryLog", "GET", organization + "/audit/auditlog", devopsOwn("audit-entries", devopsAudit)},
	}
	return restAPI{provider: "azuredevops", account: "organization", fail: devopsFail, ops: append(ops, devopsRunOps()...),
		unknown: func(k *restCall) response {
			return devopsError(k, 404, "The controller for path was not found.", "HttpException")
		},
		refuse: func(k *restCall) response { // a page to sign in with
			return response{http.StatusNonAuthoritativeInfo, []string{"Content-Type", "text/html; charset=utf-8"},
				[]byte("<!DOCTYPE html><html><head><title>Sign In</title></head></html>")}
		},
	}
}

// devopsAnswer answers with the headers that every answer of the API has.
func devopsAnswer(k *restCall, status int, body []byte) response {
	r := k.json(status, body)
	r.header = append(r.header, "ActivityId", k.c.requestID(), "X-TFS-ProcessId", "0")
	return r
}

func devopsError(k *restCall, status int, message, key string) response {
	return devopsAnswer(k, status, jsonText(map[string]any{"$id": "1", "message": message, "typeKey": key, "errorCode": 0,
		"eventId": 3000}))
}

func devopsFail(k *restCall, kind FaultKind) response {
	switch kind {
	case Throttled:
		r := devopsError(k, 429, "TF400733: The request has been canceled: Request was blocked due to exceeding usage of "+
			"resource 'Concurrency'.", "RequestBlockedException")
		r.header = append(r.header, "X-RateLimit-Resource", "AzureDevOps", "X-RateLimit-Limit", "200", "X-RateLimit-Remaining", "0")
		return r
	case Unavailable:
		return devopsError(k, 503, "TF10158: The service is not available.", "TeamFoundationServiceUnavailableException")
	case Expired:
		return devopsError(k, 401, "TF400813: The user is not authorized to access this resource.", "UnauthorizedRequestException")
	}
	return devopsError(k, 403, "TF401027: You need a permission to perform this action.", "AccessCheckException")
}

// devopsPage answers a part of a list in the form of every list.
func devopsPage(k *restCall, all items, w window) response {
	body := strconv.AppendInt([]byte(`{"count":`), int64(w.To-w.From), 10)
	body = append(k.array(append(body, `,"value":`...), all, w, native), '}')
	return devopsAnswer(k, http.StatusOK, body)
}

// size is how many items a page has: as many as are asked for, and no more than the cloud's options allow.
func (k *restCall) size(all items) int {
	size := k.number("$top")
	if size <= 0 {
		size = max(all.Len(), 1)
	}
	if k.c.options.PageSize > 0 {
		size = min(size, k.c.options.PageSize)
	}
	return size
}

// devopsSkip answers one page of a list that is asked for by how many items to skip.
func devopsSkip(k *restCall, all items) response {
	from := min(k.number("$skip"), all.Len())
	return devopsPage(k, all, window{From: from, To: min(from+k.size(all), all.Len())})
}

// devopsList answers one page of a list whose next page a token in the answer's headers names.
func devopsList(k *restCall, all items) response {
	from := min(k.number("continuationToken"), all.Len())
	w := window{From: from, To: min(from+k.size(all), all.Len())}
	r := devopsPage(k, all, w)
	if w.To < all.Len() {
		r.header = append(r.header, "X-Ms-Continuationtoken", strconv.Itoa(w.To))
	}
	return r
}

// devopsOwn answers a list of the organisation's.
func devopsOwn(kind string, answer func(*restCall, items) response) func(*restCall) response {
	return func(k *restCall) response {
		if !k.known("azuredevops", k.vars["organization"]) {
			return devopsError(k, 404, "The organization was not found.", "HostNotFoundException")
		}
		return answer(k, k.w.list("azuredevops", k.vars["organization"], kind))
	}
}

// devopsOf is a list of a project, which calls name by its id. ok is false when there is no such project.
func (k *restCall) devopsOf(kind string) (all items, ok bool) {
	p, ok := k.w.list("azuredevops", k.vars["organization"], "projects").Find(k.vars["project"])
	if !ok {
		return nil, false
	}
	return k.w.list("azuredevops", k.vars["organization"], scalar(p.doc["name"]), kind), true
}

// devopsIn answers a list of a project.
func devopsIn(kind string, answer func(*restCall, items) response) func(*restCall) response {
	return func(k *restCall) response {
		all, ok := k.devopsOf(kind)
		if !ok {
			return devopsError(k, 404, "TF200016: The project does not exist.", "ProjectDoesNotExistException")
		}
		return answer(k, all)
	}
}

// devopsThing answers for one thing of a project's list, which id names.
func devopsThing(kind string, id func(*restCall) string, answer func(*restCall, item) response) func(*restCall) response {
	return devopsIn(kind, func(k *restCall, all items) response {
		it, ok := all.Find(id(k))
		if !ok {
			return devopsError(k, 404, "The requested resource was not found.", "ResourceNotFoundException")
		}
		return answer(k, it)
	})
}

// devopsPart answers a list inside a pull request.
func devopsPart(member string, answer func(*restCall, items) response) func(*restCall) response {
	return devopsThing("pull-requests", func(k *restCall) string { return k.vars["number"] },
		func(k *restCall, it item) response { return answer(k, parts(it.doc[member])) })
}

// devopsAudit answers one page of the audit log between two times, in a form of its own.
func devopsAudit(k *restCall, all items) response {
	kept := all.Where(func(d map[string]any) bool { return k.within(scalar(d["timestamp"]), "startTime", "endTime") })
	size := max(k.number("batchSize"), 1)
	if k.c.options.PageSize > 0 {
		size = min(size, k.c.options.PageSize)
	}
	from := min(k.number("continuationToken"), kept.Len())
	w := window{From: from, To: min(from+size, kept.Len())}
	body := append(k.array([]byte(`{"decoratedAuditLogEntries":`), kept, w, native), `,"continuationToken":"`...)
	body = append(strconv.AppendInt(body, int64(w.To), 10), `","hasMore":`...)
	return devopsAnswer(k, http.StatusOK, append(strconv.AppendBool(body, w.To < kept.Len()), '}'))
}

// devopsChanges lists completed pull requests by when they were completed, the newest first. What is yet to happen is not
// there.
func devopsChanges(k *restCall) response {
	return devopsIn("pull-requests", func(k *restCall, all items) response {
		var out []item
		from, to := k.query.Get("searchCriteria.minTime"), k.query.Get("searchCriteria.maxTime")
		now := k.w.now.Format(time.RFC3339)
		for i := range all.Len() {
			it := all.At(i)
			if at := scalar(it.doc["closedDate"]); at >= from && (to == "" || at <= to) && at <= now {
				out = append(out, it)
			}
		}
		slices.SortStableFunc(out, func(a, b item) int {
			return strings.Compare(scalar(b.doc["closedDate"]), scalar(a.doc["closedDate"]))
		})
		return devopsSkip(k, memItems{all: out})
	})(k)
}
