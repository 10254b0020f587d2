package simcloud

import (
	"net/http"
	"strings"
)

func (c *Cloud) routeGCP(r *request) call { return c.gcp.route(c, r) }

func gcpAPI() restAPI {
	return restAPI{provider: "gcp", account: "project", fail: gcpFail,
		unknown: func(k *restCall) response {
			return gcpError(k, 404, "NOT_FOUND", "notFound", "", "The requested URL was not found on this server.")
		},
		refuse: func(k *restCall) response {
			return gcpError(k, 401, "UNAUTHENTICATED", "authError", "CREDENTIALS_MISSING",
				"Request is missing required authentication credential.")
		},
		ops: []restOp{
			{tokens, "POST", "/token", gcpToken},
			{"cloudresourcemanager.projects.get", "GET", "/v3/projects/{project}", gcpProject},
			{"cloudresourcemanager.projects.get", "GET", "/v1/projects/{project}", gcpProjectV1},
			{"cloudresourcemanager.projects.getIamPolicy", "POST", "/v3/projects/{project}:getIamPolicy", gcpPolicy},
			{"cloudresourcemanager.projects.getIamPolicy", "POST", "/v1/projects/{project}:getIamPolicy", gcpPolicy},
			{"openidconnect.userinfo", "GET", "/v1/userinfo", func(k *restCall) response {
				return k.object(map[string]any{"sub": "100000000000000000001", "email": gcpReader(k.w), "email_verified": true})
			}},
			{"storage.buckets.list", "GET", "/storage/v1/b", gcsBuckets},
			{"storage.buckets.getIamPolicy", "GET", "/storage/v1/b/{bucket}/iam", gcsPolicy},
			{"compute.firewalls.list", "GET", "/compute/v1/projects/{project}/global/firewalls", gcpFirewalls},
			{"logging.sinks.list", "GET", "/v2/projects/{project}/sinks", gcpSinks},
			{"logging.entries.list", "POST", "/v2/entries:list", gcpEntries},
			{"clouddeploy.targets.list", "GET", "/v1/projects/{project}/locations/-/targets", gcpDeploy("targets", "clouddeploy-targets")},
			{"clouddeploy.deliveryPipelines.list", "GET", "/v1/projects/{project}/locations/-/deliveryPipelines",
				gcpDeploy("deliveryPipelines", "clouddeploy-pipelines")},
			{"clouddeploy.releases.list", "GET", "/v1/projects/{project}/locations/{location}/deliveryPipelines/{pipeline}/releases",
				gcpDeploy("releases", "clouddeploy-releases")},
			{"clouddeploy.rollouts.list", "GET",
				"/v1/projects/{project}/locations/{location}/deliveryPipelines/{pipeline}/releases/-/rollouts",
				gcpDeploy("rollouts", "clouddeploy-rollouts")},
			{"cloudbuild.locations.list", "GET", "/v2/projects/{project}/locations", gcpBuildLocations},
			{"cloudbuild.triggers.list", "GET", "/v1/projects/{project}/locations/{location}/triggers", gcpTriggers},
		},
	}
}

func gcpProject(k *restCall) response {
	p := k.w.object("gcp", k.vars["project"], "project")
	if p == nil {
		return gcpDenied(k)
	}
	return k.object(p)
}

// gcpProjectV1 says the same in the older API's words.
func gcpProjectV1(k *restCall) response {
	p := k.w.object("gcp", k.vars["project"], "project")
	if p == nil {
		return gcpDenied(k)
	}
	out := map[string]any{"projectId": p["projectId"], "name": p["displayName"], "lifecycleState": p["state"],
		"createTime": p["createTime"], "projectNumber": strings.TrimPrefix(scalar(p["name"]), "projects/")}
	if kind, id, ok := strings.Cut(scalar(p["parent"]), "/"); ok {
		out["parent"] = map[string]any{"type": strings.TrimSuffix(kind, "s"), "id": id}
	}
	if p["labels"] != nil {
		out["labels"] = p["labels"]
	}
	return k.object(out)
}

func gcpPolicy(k *restCall) response {
	p := k.w.object("gcp", k.vars["project"], "iam-policy")
	if p == nil {
		return gcpDenied(k)
	}
	return k.object(p)
}

// gcpPage cuts a page and writes it as KIND's list. An empty list has no member for its items, as with Google.
func gcpPage(k *restCall, all items, head map[string]any, member, size string, usual, most int) response {
	w, ok := k.c.page(k.op, all.Len(), k.query.Get("pageToken"), k.number(size), usual, most)
	if !ok {
		return gcpError(k, 400, "INVALID_ARGUMENT", "invalid", "", "Invalid page token")
	}
	if w.Next != "" {
		head["nextPageToken"] = w.Next
	}
	b := jsonText(head)
	if w.To == w.From {
		return k.json(http.StatusOK, b)
	}
	b = b[:len(b)-1]
	if len(b) > 1 {
		b = append(b, ',')
	}
	b = append(append(append(b, '"'), member...), `":`...)
	b = k.array(b, all, w, native)
	return k.json(http.StatusOK, append(b, '}'))
}

func gcsBuckets(k *restCall) response {
	project := k.query.Get("project")
	if !k.known("gcp", project) {
		return gcpError(k, 404, "", "notFound", "", "Unknown project id: "+project)
	}
	all := k.w.list("gcp", project, "gcs-buckets")
	return gcpPage(k, all, map[string]any{"kind": "storage#buckets"}, "items", "maxResults", 1000, 1000)
}

func gcsPolicy(k *restCall) response {
	for _, project := range k.w.accounts["gcp"] {
		if it, ok := k.w.list("gcp", project, "gcs-buckets").Find(k.vars["bucket"]); ok {
			policy, _ := it.doc["IamPolicy"].(map[string]any)
			return k.object(policy)
		}
	}
	return gcpError(k, 404, "", "notFound", "", "The specified bucket does not exist.")
}

func gcpFirewalls(k *restCall) response {
	project := k.vars["project"]
	if !k.known("gcp", project) {
		return gcpError(k, 404, "", "notFound", "", "The resource 'projects/"+project+"' was not found")
	}
	head := map[string]any{"kind": "compute#firewallList", "id": "projects/" + project + "/global/firewalls",
		"selfLink": "https://www.googleapis.com/compute/v1/projects/" + project + "/global/firewalls"}
	return gcpPage(k, k.w.list("gcp", project, "firewalls"), head, "items", "maxResults", 500, 500)
}

func gcpSinks(k *restCall) response {
	if !k.known("gcp", k.vars["project"]) {
		return gcpDenied(k)
	}
	return gcpPage(k, k.w.list("gcp", k.vars["project"], "sinks"), map[string]any{}, "sinks", "pageSize", 100, 1000)
}

// gcpBuildLocations answers the places of Cloud Build that the company has triggers in, and one where it has none.
func gcpBuildLocations(k *restCall) response {
	if !k.known("gcp", k.vars["project"]) {
		return gcpDenied(k)
	}
	return k.object(map[string]any{"locations": []any{
		map[string]any{"locationId": "europe-west1", "name": "projects/" + k.vars["project"] + "/locations/europe-west1"},
		map[string]any{"locationId": "global", "name": "projects/" + k.vars["project"] + "/locations/global"},
	}})
}

func gcpTriggers(k *restCall) response {
	if !k.known("gcp", k.vars["project"]) {
		return gcpDenied(k)
	}
	all := k.w.list("gcp", k.vars["project"], "cloudbuild-triggers").Where(func(d map[string]any) bool {
		return strings.Contains(scalar(d["resourceName"]), "/locations/"+k.vars["location"]+"/")
	})
	return gcpPage(k, all, map[string]any{}, "triggers", "pageSize", 50, 1000)
}

// gcpFail answers a fault as the service of the operation does.
func gcpFail(k *restCall, kind FaultKind) response {
	switch kind {
	case Throttled:
		if strings.HasPrefix(k.op, "compute.") {
			return gcpError(k, 403, "", "rateLimitExceeded", "", "Rate Limit Exceeded")
		}
		return gcpError(k, 429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "RATE_LIMIT_EXCEEDED", "Quota exceeded.")
	case Unavailable:
		return gcpError(k, 503, "UNAVAILABLE", "backendError", "", "The service is currently unavailable.")
	case Expired:
		return gcpError(k, 401, "UNAUTHENTICATED", "authError", "ACCESS_TOKEN_EXPIRED",
			"Request had invalid authentication credentials.")
	case Disabled:
		service, _, _ := strings.Cut(k.op, ".")
		return gcpError(k, 403, "PERMISSION_DENIED", "accessNotConfigured", "SERVICE_DISABLED",
			service+".googleapis.com has not been used in project "+gcpProjectOf(k)+" before or it is disabled.")
	}
	return gcpDenied(k)
}

func gcpDenied(k *restCall) response {
	if strings.HasPrefix(k.op, "storage.") {
		return gcpError(k, 403, "", "forbidden", "", gcpReader(k.w)+" does not have "+k.op+" access.")
	}
	return gcpError(k, 403, "PERMISSION_DENIED", "forbidden", "IAM_PERMISSION_DENIED", "The caller does not have permission")
}

// gcpProjectOf returns the project that a call is about.
func gcpProjectOf(k *restCall) string {
	if p := k.vars["project"] + k.query.Get("project"); p != "" {
		return p
	}
	if all := k.w.accounts["gcp"]; len(all) > 0 {
		return all[0]
	}
	return ""
}

// gcpError writes Google's error: the older form's reason, and for newer services the status and the ErrorInfo detail.
func gcpError(k *restCall, code int, status, reason, info, message string) response {
	e := map[string]any{"code": code, "message": message,
		"errors": []any{map[string]any{"message": message, "domain": "global", "reason": reason}}}
	if status != "" {
		e["status"] = status
	}
	if info != "" {
		service, _, _ := strings.Cut(k.op, ".")
		e["details"] = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": info,
			"domain": "googleapis.com", "metadata": map[string]any{"service": service + ".googleapis.com",
				"consumer": "projects/" + gcpProjectOf(k)}}}
	}
	return k.json(code, jsonText(map[string]any{"error": e}))
}
