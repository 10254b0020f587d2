package simcloud

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (c *Cloud) routeGitLab(r *request) call {
	r.URL.Path, r.URL.RawPath = strings.TrimPrefix(r.URL.Path, "/api/v4"), strings.TrimPrefix(r.URL.RawPath, "/api/v4")
	return c.gitlab.route(c, r)
}

func gitlabAPI() restAPI {
	const project, change = "/projects/{project}", "/projects/{project}/merge_requests/{iid}"
	ops := []restOp{
		{"gitlab:Users.CurrentUser", "GET", "/user", func(k *restCall) response {
			return gitlabJSON(k, jsonText(map[string]any{"id": 4100001, "username": "group_5204_bot_exhibit", "name": "exhibit",
				"state": "active", "bot": true}))
		}},
		{"gitlab:Namespaces.GetNamespace", "GET", "/namespaces/{group}", gitlabNamespace},
		{"gitlab:Groups.ListDescendantGroups", "GET", "/groups/{group}/descendant_groups", gitlabDescendants},
		{"gitlab:Groups.GetGroup", "GET", "/groups/{group}", gitlabGroup(func(k *restCall, g item) response {
			return gitlabJSON(k, jsonText(native(g.doc)))
		})},
		{"gitlab:Groups.ListAllGroupMembers", "GET", "/groups/{group}/members/all", gitlabGroup(gitlabPart("Members"))},
		{"gitlab:GroupVariables.ListVariables", "GET", "/groups/{group}/variables", gitlabGroup(gitlabPart("Variables"))},
		{"gitlab:Groups.ListGroupProjects", "GET", "/groups/{group}/projects", gitlabGroup(gitlabProjects)},
		{"gitlab:MergeRequests.ListGroupMergeRequests", "GET", "/groups/{group}/merge_requests", gitlabGroup(gitlabChanges)},
		{"gitlab:ProtectedBranches.ListProtectedBranches", "GET", project + "/protected_branches",
			gitlabProject(gitlabPart("ProtectedBranches"))},
		{"gitlab:Projects.GetApprovalConfiguration", "GET", project + "/approvals",
			gitlabProject(gitlabOne("ApprovalConfiguration"))},
		{"gitlab:Projects.GetProjectApprovalRules", "GET", project + "/approval_rules",
			gitlabProject(gitlabPart("ApprovalRules"))},
		{"gitlab:MergeRequestApprovalSettings.GetProjectMergeRequestApprovalSettings", "GET",
			project + "/merge_request_approval_setting", gitlabProject(gitlabOne("ApprovalSettings"))},
		{"gitlab:Projects.GetProjectPushRules", "GET", project + "/push_rule", gitlabProject(gitlabOne("PushRules"))},
		{"gitlab:ProjectVariables.ListVariables", "GET", project + "/variables", gitlabProject(gitlabPart("Variables"))},
		{"gitlab:JobTokenScope.GetProjectJobTokenAccessSettings", "GET", project + "/job_token_scope",
			gitlabProject(gitlabOne("JobTokenScope"))},
		{"gitlab:MergeRequestApprovals.GetConfiguration", "GET", change + "/approvals",
			gitlabOf("merge-requests", "iid", gitlabOne("Approvals"))},
		{"gitlab:MergeRequests.GetMergeRequestCommits", "GET", change + "/commits",
			gitlabOf("merge-requests", "iid", gitlabPart("Commits"))},
		{"gitlab:Notes.ListMergeRequestNotes", "GET", change + "/notes",
			gitlabOf("merge-requests", "iid", gitlabPart("Notes"))},
		{"gitlab:Commits.ListCommits", "GET", project + "/repository/commits",
			gitlabProject(gitlabEvents("commits", "committed_date", "since", "until"))},
		{"gitlab:Deployments.ListProjectDeployments", "GET", project + "/deployments",
			gitlabProject(gitlabEvents("deployments", "updated_at", "updated_after", "updated_before",
				"approvals", "approval_summary", "pending_approval_count"))},
		{"gitlab:Deployments.GetProjectDeployment", "GET", project + "/deployments/{deployment}",
			gitlabOf("deployments", "deployment", func(k *restCall, d item) response { return gitlabJSON(k, jsonText(d.doc)) })},
		{"gitlab:Pipelines.ListProjectPipelines", "GET", project + "/pipelines",
			gitlabProject(gitlabEvents("ci-pipelines", "updated_at", "updated_after", "updated_before",
				"before_sha", "tag", "yaml_errors", "user", "started_at", "finished_at", "committed_at", "duration",
				"queued_duration", "coverage"))},
		{"gitlab:Pipelines.GetPipeline", "GET", project + "/pipelines/{pipeline}",
			gitlabOf("ci-pipelines", "pipeline", func(k *restCall, p item) response {
				return gitlabJSON(k, jsonText(native(p.doc)))
			})},
		{"gitlab:Pipelines.GetPipelineVariables", "GET", project + "/pipelines/{pipeline}/variables",
			gitlabOf("ci-pipelines", "pipeline", gitlabPart("Variables"))},
		{"gitlab:Environments.ListEnvironments", "GET", project + "/environments", gitlabProject(gitlabEnvironments)},
		{"gitlab:ProtectedEnvironments.ListProtectedEnvironments", "GET", project + "/protected_environments",
			gitlabProject(gitlabProtected)},
		{"gitlab:GroupProtectedEnvironments.ListGroupProtectedEnvironments", "GET", "/groups/{group}/protected_environments",
			gitlabGroup(gitlabPart("ProtectedEnvironments"))},
		{"gitlab:Runners.ListGroupsRunners", "GET", "/groups/{group}/runners", gitlabGroup(gitlabGroupRunners)},
		{"gitlab:Runners.ListProjectRunners", "GET", project + "/runners", gitlabProject(gitlabProjectRunners)},
		{"gitlab:Runners.GetRunnerDetails", "GET", "/runners/{runner}", gitlabRunner},
		{"gitlab:AuditEvents.ListGroupAuditEvents", "GET", "/groups/{group}/audit_events", gitlabGroup(gitlabGroupAudit)},
		{"gitlab:AuditEvents.ListProjectAuditEvents", "GET", project + "/audit_events",
			gitlabProject(gitlabEvents("audit-events", "created_at", "created_after", "created_before"))},
	}
	return restAPI{provider: "gitlab", account: "group", fail: gitlabFail, ops: ops,
		unknown: func(k *restCall) response { return gitlabError(k, 404, "404 Not Found") },
		refuse:  func(k *restCall) response { return gitlabError(k, 401, "401 Unauthorized") },
	}
}

func gitlabJSON(k *restCall, body []byte) response { return gitlabAnswer(k, http.StatusOK, body) }

// gitlabAnswer answers with the headers that every answer of the API has.
func gitlabAnswer(k *restCall, status int, body []byte) response {
	r := k.json(status, body)
	r.header = append(r.header, "X-Request-Id", k.c.requestID(), "RateLimit-Limit", "2000", "RateLimit-Remaining", "1999",
		"RateLimit-Reset", strconv.FormatInt(k.w.now.Unix(), 10))
	return r
}

func gitlabError(k *restCall, status int, message string) response {
	return gitlabAnswer(k, status, jsonText(map[string]any{"message": message}))
}

func gitlabFail(k *restCall, kind FaultKind) response {
	switch kind {
	case Throttled:
		r := gitlabAnswer(k, 429, []byte("Retry later\n"))
		r.header = append(r.header, "Content-Type", "text/plain", "RateLimit-Remaining", "0") // the last of two wins
		return r
	case Unavailable:
		return gitlabError(k, 503, "503 Service Unavailable")
	case Expired:
		return gitlabAnswer(k, 401, jsonText(map[string]any{"error": "invalid_token",
			"error_description": "Token is expired. You can either do re-authorization or token refresh."}))
	}
	return gitlabError(k, 403, "403 Forbidden") // what the plan does not offer is refused in the same words
}

// gitlabPage answers one page of an array and says which is the next, by number, or by cursor where that is asked for.
func gitlabPage(k *restCall, all items, fields func(map[string]any) map[string]any) response {
	size := k.number("per_page")
	if size <= 0 {
		size = 20
	}
	size = min(size, 100)
	if k.c.options.PageSize > 0 {
		size = min(size, k.c.options.PageSize)
	}
	page := max(k.number("page"), k.number("cursor"), 1)
	from := min((page-1)*size, all.Len())
	w := window{From: from, To: min(from+size, all.Len())}
	r := gitlabJSON(k, k.array(nil, all, w, fields))
	next := ""
	if w.To < all.Len() {
		next = strconv.Itoa(page + 1)
	}
	if k.query.Get("pagination") != "keyset" {
		r.header = append(r.header, "X-Page", strconv.Itoa(page), "X-Per-Page", strconv.Itoa(size), "X-Next-Page", next)
		return r
	}
	if next != "" {
		q := k.URL.Query()
		q.Set("cursor", next)
		address := k.base() + "/api/v4" + k.URL.EscapedPath() + "?" + q.Encode()
		r.header = append(r.header, "Link", fmt.Sprintf(`<%s>; rel="next"`, address))
	}
	return r
}

// gitlabPart answers a list inside a thing.
func gitlabPart(member string) func(*restCall, item) response {
	return func(k *restCall, it item) response {
		return gitlabPage(k, parts(it.doc[member]), func(d map[string]any) map[string]any { return d })
	}
}

// gitlabOne answers an object inside a thing. What was never set is not found, and neither is what the plan does not
// offer.
func gitlabOne(member string) func(*restCall, item) response {
	return func(k *restCall, it item) response {
		if v, ok := it.doc[member].(map[string]any); ok {
			return gitlabJSON(k, jsonText(v))
		}
		return gitlabError(k, 404, "404 Not Found")
	}
}

func gitlabNamespace(k *restCall) response {
	n := k.w.object("gitlab", k.vars["group"], "namespace")
	if n == nil {
		return gitlabError(k, 404, "404 Namespace Not Found")
	}
	return gitlabJSON(k, jsonText(n))
}

// root is the group that a call is about, up to the first slash: its files hold all beneath it.
func (k *restCall) root() string {
	root, _, _ := strings.Cut(k.vars["group"], "/")
	return root
}

// gitlabGroup answers for a group, or one beneath it.
func gitlabGroup(answer func(*restCall, item) response) func(*restCall) response {
	return func(k *restCall) response {
		it, ok := k.w.list("gitlab", k.root(), "subgroups").Find(k.vars["group"])
		if !ok {
			return gitlabError(k, 404, "404 Group Not Found")
		}
		return answer(k, it)
	}
}

// gitlabDescendants lists the groups beneath one.
func gitlabDescendants(k *restCall) response {
	all := k.w.list("gitlab", k.root(), "subgroups").Where(func(d map[string]any) bool {
		return strings.HasPrefix(scalar(d["full_path"]), k.vars["group"]+"/")
	})
	return gitlabPage(k, all, func(d map[string]any) map[string]any { return without(native(d), "shared_with_groups") })
}

func gitlabProjects(k *restCall, g item) response {
	all := k.w.list("gitlab", k.root(), "projects").Where(func(d map[string]any) bool {
		return strings.HasPrefix(scalar(d["path_with_namespace"]), scalar(g.doc["full_path"])+"/")
	})
	return gitlabPage(k, all, native)
}

// gitlabProject answers for a project, which calls name by its number.
func gitlabProject(answer func(*restCall, item) response) func(*restCall) response {
	return func(k *restCall) response {
		for _, group := range k.w.accounts["gitlab"] {
			if it, ok := k.w.list("gitlab", group, "projects").Find(k.vars["project"]); ok {
				k.vars["group"] = group
				return answer(k, it)
			}
		}
		return gitlabError(k, 404, "404 Project Not Found")
	}
}

// gitlabOf answers for one thing of a project's list, which variable of the path names.
func gitlabOf(kind, variable string, answer func(*restCall, item) response) func(*restCall) response {
	return gitlabProject(func(k *restCall, p item) response {
		it, ok := k.projectList(p, kind).Find(k.vars[variable])
		if !ok {
			return gitlabError(k, 404, "404 Not found")
		}
		return answer(k, it)
	})
}

// projectList returns a list of a project.
func (k *restCall) projectList(p item, kind string) items {
	return k.w.list("gitlab", k.root(), scalar(p.doc["path"]), kind)
}

// gitlabChanges lists the merge requests of a group's projects by state and time, the oldest first. What is yet to
// happen is not there.
func gitlabChanges(k *restCall, _ item) response {
	var out []item
	projects := k.w.list("gitlab", k.root(), "projects")
	for i := range projects.Len() {
		all := k.projectList(projects.At(i), "merge-requests")
		for j := range all.Len() {
			it := all.At(j)
			state, at := k.query.Get("state"), scalar(it.doc["updated_at"])
			if (state == "" || state == "all" || it.doc["state"] == state) && k.within(at, "updated_after", "updated_before") {
				out = append(out, it)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b item) int {
		return strings.Compare(scalar(a.doc["created_at"]), scalar(b.doc["created_at"]))
	})
	return gitlabPage(k, memItems{all: out}, native)
}

// within reports whether a time lies between those of the query, and not after the simulated day.
func (k *restCall) within(at, after, before string) bool {
	from, to := k.query.Get(after), k.query.Get(before)
	return at >= from && (to == "" || at <= to) && at <= k.w.now.Format(time.RFC3339)
}
